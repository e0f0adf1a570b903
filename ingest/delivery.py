"""Deliveries: batches of lines committed to the landing tables together with their bookmarks.

The commit to `order_lines` is the one moment that counts: it holds rows and bookmarks in one
snapshot. Rejects are committed just before it. A process that dies in between leaves rejects of
a delivery that never happened; the next one removes them before it reads those lines again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, GreaterThan, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ingest.bookmarks import Bookmark, Checkpoint, Move
from ingest.order_lines import Parsed
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


@dataclass(frozen=True)
class Batch:
    """Consecutive lines of one log, parsed, and where they begin and end."""

    log: str
    first_line: int
    parsed: Parsed
    left: Bookmark | None
    reached: Bookmark


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

    def commit(self) -> Delivered:
        """Commit what is written, rows and bookmarks in one snapshot; what it was.

        Raises LockedError when another ingester has delivered meanwhile.
        """
        staged = self._staged
        checkpoint = self.checkpoint.after(staged.lines, staged.moves.values())
        if staged.reject_files:
            with (
                self._rejects.transaction() as transaction,
                transaction.update_snapshot().merge_append() as append,
            ):
                for file in staged.reject_files:
                    append.append_data_file(file)
            self._reached("rejects committed")
        text = checkpoint.to_json()
        advance = Advance(self.name, self._base, text, checkpoint.sequence)
        append_fenced(self._table, staged.files, advance)
        self._base, self.checkpoint, self._staged = text, checkpoint, _Staged()
        self._reached("delivered")
        return Delivered(staged.landed, staged.rejected)

    def discard(self) -> None:
        """Remove what is written and not committed."""
        staged, self._staged = self._staged, _Staged()
        remove_files(self._table, [file.file_path for file in staged.files])
        remove_files(self._rejects, [file.file_path for file in staged.reject_files])

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
