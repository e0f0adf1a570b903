"""Deliveries: batches of lines committed to their destination together with their bookmarks.

The commit to the last table of the target is the one moment that counts: it holds the checkpoint.
Rejects are committed with it where the catalog commits several tables at once, else before it;
the checkpoint says which delivery was the last to have some. So what a delivery that was never
made has left in `rejects` is known by its sequence, and is removed before those lines are read
again. Objects are staged before it and published after it: the checkpoint names their shipment.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import And, BooleanExpression, EqualTo, GreaterThan, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import Table

from ingest.bookmarks import Bookmark, Checkpoint, Lag, Move, Receipt
from ingest.destinations import Delivered, unchanged
from ingest.lineage import rejected_rows
from ingest.log_reader import Batch
from ingest.objects.side_outputs import ObjectOutputs
from ingest.rejects import Reject
from ingest.targets import Numbered, Target, from_delivery, stamp, stamped
from lakehouse.catalog.locations import path_of
from lakehouse.errors import LakehouseError, LockedError
from lakehouse.tables.arrow_files import DataFiles
from lakehouse.tables.checkpoints import (
    carried_checkpoints,
    checkpoint_key,
    delivering_snapshot,
    read_checkpoint,
    refuse_paused,
)
from lakehouse.tables.expiry import History
from lakehouse.tables.fenced_append import append_fenced, commits_together

_ATTEMPTS = 10  # to change a table that others change too


@dataclass(frozen=True)
class Standing:
    """Where a stream stands: its checkpoint, also as its table has it (None: it has none yet)."""

    stream: str
    base: str | None
    checkpoint: Checkpoint


@dataclass
class _Staged(Delivered):
    """The delivery under way: written, not committed yet."""

    reject_files: DataFiles | None = None
    moves: dict[Bookmark, Move] = field(default_factory=dict)  # by what they reached

    def receipt(self, base: int, lag: Lag | None) -> Receipt:
        """What it does, on top of delivery `base`."""
        moves = tuple(self.moves.values())
        now = time.time_ns() // 1_000_000
        return Receipt(base, now, self.landed, self.dropped, dict(self.rejected), moves, lag)


class DeliveryStream:
    """One stream into its target. `reached` is told each step, for those who watch."""

    def __init__(  # noqa: PLR0913, PLR0917 - as in open_destination
        self,
        standing: Standing,
        target: Target,
        rejects: Table,
        objects: ObjectOutputs,
        history: History,
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = standing.stream
        self.checkpoint = standing.checkpoint
        self._base = standing.base
        self._target = target
        self._table = target.tables[-1]
        self._rejects = rejects
        self._side_outputs = objects.beside
        self._shipments = objects.shipments
        self._history = history
        self._reached = reached
        self._staged = _Staged()
        self._committing = False

    def recover(self) -> None:
        """Clear up after an ingester that did not finish its delivery, if there was one.

        The delivery is fenced off first: should that ingester be alive after all, on another
        machine, it can't commit any more. Raises LockedError when it just has, PausedError when
        the stream is paused.
        """
        refuse_paused(self._table.metadata, self.name)
        self._shipments.publish(self.checkpoint.shipment)
        rejects = any(True for _ in self._rejects.scan(self._undelivered()).plan_files())
        ahead = self._target.ahead(self.checkpoint.next_sequence)
        written = [table for table in self._target.tables if table not in ahead]
        written += [] if rejects else [self._rejects]
        files = [file for table in written for file in self._undelivered_files(table)]
        shipments = self._shipments.undelivered(self.checkpoint.shipment)
        if not rejects and not ahead and not files and not shipments:
            return
        self._advance(self.checkpoint.claimed())
        if rejects:
            self._take_back(self._rejects, self._undelivered())
        for table in ahead:
            self._take_back(table, from_delivery(self.checkpoint.next_sequence))
        for file in files:
            file.unlink(missing_ok=True)
        self._shipments.discard_all(shipments)

    def write(self, batches: Iterable[Batch]) -> None:
        """Write rows, rejects and objects of the delivery under way; nothing is committed."""
        first = self.checkpoint.next_record_id + self._staged.lines
        numbered: list[Numbered] = []
        for batch in batches:
            numbered.append((batch, first))
            first += batch.parsed.count
        sequence = self.checkpoint.next_sequence
        refused = self._target.write(numbered, self.name, sequence, self._shipments)
        numbered = [
            (self._count(batch, more), number)
            for (batch, number), more in zip(numbered, refused, strict=True)
        ]
        if rejects := rejected_rows(numbered, self.name, sequence):
            staged = self._staged
            prefix = f"{self.name}-{sequence:08d}"
            staged.reject_files = staged.reject_files or DataFiles(self._rejects, prefix)
            staged.reject_files.add(rejects)
        for output in self._side_outputs:
            output.write([batch for batch, _ in numbered], self._shipments)
        self._reached("files written")

    @property
    def gradual(self) -> bool:
        """Whether it makes no difference if batches are written one by one: no objects are made."""
        return self._target.gradual and not self._side_outputs

    @property
    def snapshot_id(self) -> int | None:
        """The snapshot that holds the last delivery; None when it can't be told any more."""
        return delivering_snapshot(self._table.metadata, self.name)

    @property
    def pending(self) -> bool:
        """Whether something is written and not committed."""
        return bool(self._staged.lines)

    def commit(
        self, lag: Lag | None = None, settle: Callable[[Checkpoint], Checkpoint] = unchanged
    ) -> Delivered:
        """Commit what is written, rows and bookmarks in one snapshot; what it was.

        Its receipt tells the `lag`; its checkpoint is what `settle` makes of it. Raises
        LockedError, with nothing landed, when another ingester has delivered meanwhile.
        """
        staged = self._staged
        receipt = staged.receipt(self.checkpoint.sequence, lag)
        checkpoint = settle(self.checkpoint.after(receipt))
        self._committing = True
        try:
            self._shipments.seal()
            self._advance(replace(checkpoint, shipment=self._shipments.name))
        except LockedError:
            self._committing = False
            raise
        self._committing, self._staged = False, _Staged()
        self._target.forget()
        self._shipments.leave()
        self._reached("committed")
        self._shipments.publish(self.checkpoint.shipment)
        self._reached("delivered")
        return Delivered(staged.landed, staged.rejected, staged.dropped)

    def discard(self) -> None:
        """Remove what is written and not committed, as far as that is certain.

        What stays behind is removed by `recover`.
        """
        staged, self._staged = self._staged, _Staged()
        if not self._committing or self._commit_has_failed():
            self._target.discard()
            self._shipments.discard()
            if staged.reject_files:
                staged.reject_files.discard()
        else:
            self._target.forget()
            self._shipments.leave()

    def _commit_has_failed(self) -> bool:
        """Whether a commit that raised an error will certainly not be seen in the table."""
        if not commits_together(self._table):
            return False  # a remote catalog that did not answer may commit later
        try:
            return read_checkpoint(self._table.refresh().metadata, self.name) == self._base
        except (LakehouseError, OSError):
            return False

    def _count(self, batch: Batch, more: tuple[Reject, ...]) -> Batch:
        """Count what becomes of the batch's lines; it has the target's rejects now too."""
        staged, parsed = self._staged, batch.parsed
        rejects = (*parsed.rejects, *more)
        staged.landed += parsed.landed - len(more)
        staged.dropped += parsed.count - parsed.landed - len(parsed.rejects)
        staged.rejected.update(reject.reason.value for reject in rejects)
        # A log is told from another of its name by where it was left: one that was rotated away
        # is not the one that took its place.
        left = batch.left
        if left in staged.moves and left.log == batch.log:
            left = staged.moves.pop(left).left
        if batch.reached:
            staged.moves[batch.reached] = Move(left, batch.reached)
        return replace(batch, parsed=replace(parsed, rejects=rejects)) if more else batch

    def _advance(self, checkpoint: Checkpoint) -> None:
        """Commit what is written and the checkpoint, the rejects first or at the same time."""
        text, sequence = checkpoint.to_json(), checkpoint.next_sequence - 1
        staged = self._staged
        appends = self._target.appends(self.name, self._base, text, sequence)
        if staged.reject_files:
            files = staged.reject_files.close()
            appends.insert(0, stamped(self._rejects, files, self.name, sequence))
        appends = [replace(append, history=self._history) for append in appends]
        if len(appends) == 1 or commits_together(self._table):
            append_fenced(*appends)
        else:
            # Fenced too: of two ingesters, at most one gets rejects of a delivery committed.
            for append in appends[:-1]:
                append_fenced(append)
            staged.reject_files = None
            self._reached("rejects committed")
            append_fenced(appends[-1])
        self._base, self.checkpoint = text, checkpoint

    def _take_back(self, table: Table, rows: BooleanExpression) -> None:
        """Remove rows; again when another stream has changed the table meanwhile."""
        for left in reversed(range(_ATTEMPTS)):
            table.refresh()
            properties = carried_checkpoints(table.metadata) | {
                checkpoint_key(self.name): stamp(self.checkpoint.sequence)
            }
            try:
                table.delete(rows, snapshot_properties=properties)
            except CommitFailedException:
                if not left:
                    raise
            else:
                return

    def _undelivered(self) -> And:
        """Rejects of deliveries that were never made."""
        last = self.checkpoint.last_rejects
        return And(
            EqualTo(term=Reference("stream"), value=literal(self.name)),
            GreaterThan(term=Reference("ingest_seq"), value=literal(last)),
        )

    def _undelivered_files(self, table: Table) -> list[Path]:
        """Files of deliveries that were never made, where they can be listed: on this machine."""
        folder = path_of(table.location_provider().new_data_location(""))
        name = re.compile(rf"{re.escape(self.name)}-(\d+)-[0-9a-f]+\.parquet")
        found = folder.rglob("*.parquet") if folder else ()
        matches = ((file, name.fullmatch(file.name)) for file in found)
        return [
            f for f, match in matches if match and int(match[1]) >= self.checkpoint.next_sequence
        ]
