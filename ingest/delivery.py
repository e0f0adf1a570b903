"""Deliveries: batches of lines committed to the landing tables together with their bookmarks.

The commit to `order_lines` is the one moment that counts: it holds rows and bookmarks in one
snapshot. Rejects are committed just before it. A process that dies in between leaves rejects of
a delivery that never happened; the next one removes them before it reads those lines again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, GreaterThan, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ingest.bookmarks import Checkpoint, Move
from ingest.log_reader import Batch
from lakehouse.errors import LockedError
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.checkpoints import read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.fenced_append import Advance, append_fenced
from lakehouse.tables.landing import (
    ORDER_LINES,
    ORDER_LINES_PARTITIONS,
    ORDER_LINES_SCHEMA,
    REJECTS,
    REJECTS_SCHEMA,
)

_COUNTERS = ("record_id", "source_line")


@dataclass
class Delivered:
    """What a delivery holds."""

    landed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """Lines read, each of them landed or rejected."""
        return self.landed + self.rejected.total()


@dataclass
class _Staged(Delivered):
    """The delivery under way: written, not committed yet."""

    files: list[DataFile] = field(default_factory=list)
    reject_files: list[DataFile] = field(default_factory=list)
    moves: dict[str, Move] = field(default_factory=dict)


class DeliveryStream:
    """One stream into the landing tables. `reached` is told each step, for those who watch.

    Raises CatalogError when the stream's bookmark is lost.
    """

    def __init__(
        self, name: str, catalog: Catalog, reached: Callable[[str], None] = lambda _: None
    ) -> None:
        self.name = name
        self._reached = reached
        self._table = ensure_table(catalog, ORDER_LINES, ORDER_LINES_SCHEMA, ORDER_LINES_PARTITIONS)
        self._rejects = ensure_table(catalog, REJECTS, REJECTS_SCHEMA)
        self._base = read_checkpoint(self._table.metadata, name)
        self.checkpoint = Checkpoint.from_json(self._base)
        self._staged = _Staged()
        self._remove_unfinished_rejects()

    def write(self, batches: Iterable[Batch]) -> None:
        """Write rows and rejects to files of the delivery under way; nothing is committed."""
        rows: list[pa.Table] = []
        rejects: list[dict[str, object]] = []
        for batch in batches:
            first = self.checkpoint.next_record_id + self._staged.lines
            rows.append(self._rows(batch, first))
            rejects.extend(self._reject_rows(batch, first))
            self._count(batch)
        self._staged.files += self._write(self._table, pa.concat_tables(rows), _COUNTERS)
        if rejects:
            table = pa.Table.from_pylist(rejects, schema_to_pyarrow(REJECTS_SCHEMA))
            self._staged.reject_files += self._write(self._rejects, table)
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
        checkpoint = self.checkpoint.after(staged.lines, staged.moves.values())
        text = checkpoint.to_json()
        rejects, staged.reject_files = staged.reject_files, []
        if rejects:
            self._commit_rejects(added=rejects)
            self._reached("rejects committed")
        try:
            advance = Advance(self.name, self._base, text, checkpoint.sequence)
            append_fenced(self._table, staged.files, advance)
        except LockedError:
            if rejects:
                self._commit_rejects(removed=rejects)
            raise
        self._base, self.checkpoint, self._staged = text, checkpoint, _Staged()
        self._reached("delivered")
        return Delivered(staged.landed, staged.rejected)

    def discard(self) -> None:
        """Remove what is written and not committed."""
        staged, self._staged = self._staged, _Staged()
        remove_files(self._rejects, [file.file_path for file in staged.reject_files])
        # After a commit that failed half-way, only the catalog knows whether it counts.
        if read_checkpoint(self._table.refresh().metadata, self.name) == self._base:
            remove_files(self._table, [file.file_path for file in staged.files])

    def _commit_rejects(
        self, added: Sequence[DataFile] = (), removed: Sequence[DataFile] = ()
    ) -> None:
        with self._rejects.transaction() as transaction:
            update = transaction.update_snapshot()
            with update.overwrite() if removed else update.merge_append() as change:
                for file in added:
                    change.append_data_file(file)
                for file in removed:
                    change.delete_data_file(file)

    def _write(
        self, table: Table, rows: pa.Table, counters: tuple[str, ...] = ()
    ) -> list[DataFile]:
        prefix = f"{self.name}-{self.checkpoint.sequence + 1:08d}"
        return write_data_files(table, rows, prefix=prefix, counters=counters)

    def _rows(self, batch: Batch, first_record: int) -> pa.Table:
        """The batch's rows with their lineage."""
        rows, lines = batch.parsed.rows, batch.parsed.lines
        lines = np.arange(batch.parsed.count) if lines is None else lines
        lineage = {
            "record_id": pa.array(lines + first_record),
            "source_file": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(lines), dtype=np.int32)), [batch.log]
            ),
            "source_line": pa.array(lines + batch.first_line),
            "ingest_seq": pa.array(np.full(len(lines), self.checkpoint.sequence + 1)),
        }
        for name, values in lineage.items():
            rows = rows.append_column(name, values)
        return rows

    def _reject_rows(self, batch: Batch, first_record: int) -> Iterable[dict[str, object]]:
        for reject in batch.parsed.rejects:
            yield {
                "stream": self.name,
                "record_id": first_record + reject.line,
                "source_file": batch.log,
                "source_line": batch.first_line + reject.line,
                "ingest_seq": self.checkpoint.sequence + 1,
                "reason": reject.reason.value,
                "detail": reject.detail,
                "raw": reject.raw,
            }

    def _count(self, batch: Batch) -> None:
        staged = self._staged
        staged.landed += len(batch.parsed.rows)
        staged.rejected.update(reject.reason.value for reject in batch.parsed.rejects)
        moved = staged.moves.get(batch.log)
        left = moved.left if moved else batch.left
        staged.moves[batch.log] = Move(left, batch.reached)

    def _remove_unfinished_rejects(self) -> None:
        unfinished = And(
            EqualTo(term=Reference("stream"), value=literal(self.name)),
            GreaterThan(term=Reference("ingest_seq"), value=literal(self.checkpoint.sequence)),
        )
        if any(True for _ in self._rejects.scan(unfinished).plan_files()):
            self._rejects.delete(unfinished)
