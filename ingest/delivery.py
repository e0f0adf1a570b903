"""Deliveries: batches of lines committed to the landing tables together with their bookmarks.

The commit to `order_lines` is the one moment that counts: it holds rows and bookmarks in one
snapshot. Rejects are committed with it where the catalog commits two tables at once, else just
before it; the checkpoint says which delivery was the last to have some. So what a delivery that
was never made has left in `rejects` is known by its sequence, and is removed before those lines
are read again.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, GreaterThan, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ingest.bookmarks import Bookmark, Checkpoint, Move
from ingest.destinations import Delivered
from ingest.lineage import landed_rows, rejected_rows
from ingest.log_reader import Batch
from lakehouse.catalog.locations import path_of
from lakehouse.errors import LakehouseError, LockedError
from lakehouse.tables.arrow_files import Encodings, remove_files, write_data_files
from lakehouse.tables.checkpoints import carried_checkpoints, checkpoint_key, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.fenced_append import Append, append_fenced, commits_together
from lakehouse.tables.growth import conform, grow_for
from lakehouse.tables.landing import REJECTS, REJECTS_SCHEMA, LandingTable


@dataclass
class _Staged(Delivered):
    """The delivery under way: written, not committed yet."""

    files: list[DataFile] = field(default_factory=list)
    reject_files: list[DataFile] = field(default_factory=list)
    moves: dict[Bookmark, Move] = field(default_factory=dict)  # by what they reached


class DeliveryStream:
    """One stream into its landing table. `reached` is told each step, for those who watch.

    Raises CatalogError when the stream's bookmark is lost.
    """

    def __init__(
        self,
        name: str,
        catalog: Catalog,
        table: LandingTable,
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._reached = reached
        self._encodings = Encodings(table.counters, table.runs)
        self._table = ensure_table(catalog, table.identifier, table.schema, table.spec)
        self._rejects = ensure_table(catalog, REJECTS, REJECTS_SCHEMA)
        self._base = read_checkpoint(self._table.metadata, name)
        self.checkpoint = Checkpoint.from_json(self._base)
        self._staged = _Staged()
        self._committing = False

    def recover(self) -> None:
        """Clear up after an ingester that did not finish its delivery, if there was one.

        The delivery is fenced off first: should that ingester be alive after all, on another
        machine, it can't commit any more. Raises LockedError when it just has.
        """
        rejects = any(True for _ in self._rejects.scan(self._undelivered()).plan_files())
        files = self._undelivered_files(self._table)
        if not rejects:
            files += self._undelivered_files(self._rejects)
        if not rejects and not files:
            return
        self._advance(self.checkpoint.claimed())
        if rejects:
            properties = carried_checkpoints(self._rejects.metadata) | {
                checkpoint_key(self.name): _stamp(self.checkpoint.last_rejects)
            }
            self._rejects.delete(self._undelivered(), snapshot_properties=properties)
        for file in files:
            file.unlink(missing_ok=True)

    def write(self, batches: Iterable[Batch]) -> None:
        """Write rows and rejects to files of the delivery under way; nothing is committed."""
        numbered = []
        for batch in batches:
            numbered.append((batch, self.checkpoint.next_record_id + self._staged.lines))
            self._count(batch)
        sequence = self.checkpoint.sequence + 1
        prefix = f"{self.name}-{sequence:08d}"
        rows = _joined([landed_rows(b, first, sequence) for b, first in numbered])
        grow_for(self._table, rows.schema)
        rows = conform(rows, self._table.schema())
        self._staged.files += write_data_files(self._table, rows, prefix, self._encodings)
        rejects = rejected_rows(numbered, self.name, sequence)
        self._staged.reject_files += write_data_files(self._rejects, rejects, prefix)
        self._reached("files written")

    @property
    def pending(self) -> bool:
        """Whether something is written and not committed."""
        return bool(self._staged.lines)

    def commit(self) -> Delivered:
        """Commit what is written, rows and bookmarks in one snapshot; what it was.

        Raises LockedError, with nothing landed, when another ingester has delivered meanwhile.
        """
        staged = self._staged
        checkpoint = self.checkpoint.after(
            staged.lines, staged.landed, staged.dropped, staged.moves.values()
        )
        self._committing = True
        try:
            self._advance(checkpoint)
        except LockedError:
            self._committing = False
            raise
        self._committing, self._staged = False, _Staged()
        self._reached("delivered")
        return Delivered(staged.landed, staged.rejected, staged.dropped)

    def discard(self) -> None:
        """Remove what is written and not committed, as far as that is certain.

        What stays behind is removed by `recover`.
        """
        staged, self._staged = self._staged, _Staged()
        if not self._committing or self._commit_has_failed():
            remove_files(self._table, [file.file_path for file in staged.files])
            remove_files(self._rejects, [file.file_path for file in staged.reject_files])

    def _commit_has_failed(self) -> bool:
        """Whether a commit that raised an error will certainly not be seen in the table."""
        if not commits_together(self._table):
            return False  # a remote catalog that did not answer may commit later
        try:
            return read_checkpoint(self._table.refresh().metadata, self.name) == self._base
        except (LakehouseError, OSError):
            return False

    def _count(self, batch: Batch) -> None:
        staged = self._staged
        parsed = batch.parsed
        staged.landed += len(parsed.rows)
        staged.dropped += parsed.count - len(parsed.rows) - len(parsed.rejects)
        staged.rejected.update(reject.reason.value for reject in parsed.rejects)
        # A log is told from another of its name by where it was left: one that was rotated away
        # is not the one that took its place.
        left = batch.left
        if left in staged.moves and left.log == batch.log:
            left = staged.moves.pop(left).left
        staged.moves[batch.reached] = Move(left, batch.reached)

    def _advance(self, checkpoint: Checkpoint) -> None:
        """Commit what is written and the checkpoint, the rejects first or at the same time."""
        text, sequence = checkpoint.to_json(), checkpoint.sequence
        staged = self._staged
        rows = Append(self._table, staged.files, self.name, self._base, text, sequence)
        if not staged.reject_files:
            append_fenced(rows)
        else:
            # Fenced too: of two ingesters, at most one gets rejects of a delivery committed.
            base = read_checkpoint(self._rejects.metadata, self.name)
            stamp = _stamp(sequence)
            rejects = Append(self._rejects, staged.reject_files, self.name, base, stamp, sequence)
            if commits_together(self._table):
                append_fenced(rejects, rows)
            else:
                append_fenced(rejects)
                staged.reject_files = []
                self._reached("rejects committed")
                append_fenced(rows)
        self._base, self.checkpoint = text, checkpoint

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
        return [f for f, match in matches if match and int(match[1]) > self.checkpoint.sequence]


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables; a column that was found late, or has become wider, is in all."""
    if all(table.schema.equals(tables[0].schema) for table in tables):
        return pa.concat_tables(tables)
    return pa.concat_tables(tables, promote_options="permissive")


def _stamp(sequence: int) -> str:
    """A checkpoint of the rejects; no two are the same."""
    return json.dumps({"seq": sequence, "id": uuid4().hex})
