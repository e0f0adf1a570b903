"""Rows that leave a table by their keys: the files that hold some are written anew without them.

PyIceberg writes no delete files, so this is Iceberg's copy-on-write. Firehose writes deletes that
readers apply (merge-on-read); what a reader sees is the same.
"""

from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    LessThanOrEqual,
    Reference,
)
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.parquet_layout import Encodings

# Beyond this many values, readers of statistics look at none of them.
_MOST_VALUES = 200


@dataclass(frozen=True)
class Rewriting:
    """Data files that go, and those that hold what stays of them."""

    removed: tuple[DataFile, ...]
    added: tuple[DataFile, ...]


@dataclass
class Removal:
    """The rows that go: those whose key columns hold one of `keys`, which has no nulls.

    Files that replace others are named `<prefix>-<unique>.parquet`. The same removal may be
    planned again and again, on whatever the table has become; `settle` ends that.
    """

    keys: pa.Table
    prefix: str
    encodings: Encodings = field(default_factory=Encodings)
    _done: dict[str, tuple[DataFile, ...] | None] = field(default_factory=dict)
    _written: list[str] = field(default_factory=list)

    def plan(self, table: Table) -> Rewriting:
        """What it takes in the table as it is now; new files are written, nothing is committed."""
        removed: list[DataFile] = []
        added: list[DataFile] = []
        for task in table.scan(self._may_hold()).plan_files():
            if (kept := self._without(table, task)) is not None:
                removed.append(task.file)
                added += kept
        return Rewriting(tuple(removed), tuple(added))

    def settle(self, table: Table, committed: Rewriting | None) -> None:
        """Remove the files that were written and not committed; None: none of them was."""
        kept = {file.file_path for file in committed.added} if committed else set()
        remove_files(table, [path for path in self._written if path not in kept])
        self._written = sorted(kept)

    def _may_hold(self) -> BooleanExpression:
        """What holds for every row that goes, and can be told from statistics."""
        found: BooleanExpression = AlwaysTrue()
        for name, column in zip(self.keys.column_names, self.keys.columns, strict=True):
            values = column.unique().to_pylist()
            term = Reference(name)
            if len(values) <= _MOST_VALUES:
                found = And(found, In(term=term, values={literal(value) for value in values}))
            else:
                found = And(found, GreaterThanOrEqual(term=term, value=literal(min(values))))
                found = And(found, LessThanOrEqual(term=term, value=literal(max(values))))
        return found

    def _without(self, table: Table, task: FileScanTask) -> tuple[DataFile, ...] | None:
        """What takes the file's place; None when it may stay."""
        # A file with deletes of its own is read again: there may be more of them by now.
        path = task.file.file_path
        if path not in self._done or task.delete_files:
            rows = _read(table, task)
            kept = self._kept(rows)
            if len(kept) == len(rows):
                self._done[path] = None
            else:
                new = write_data_files(table, kept, self.prefix, self.encodings) if kept else []
                self._written += [file.file_path for file in new]
                self._done[path] = tuple(new)
        return self._done[path]

    def _kept(self, rows: pa.Table) -> pa.Table:
        names = self.keys.column_names
        keys = pl.DataFrame(self.keys).unique()
        places = pl.DataFrame(rows.select(names)).with_row_index("_place")
        kept = places.join(keys, on=names, how="anti", maintain_order="left")["_place"]
        return rows if len(kept) == len(rows) else rows.take(kept.to_arrow())


def _read(table: Table, task: FileScanTask) -> pa.Table:
    """All rows of a file, but for those that delete files take away."""
    whole = FileScanTask(task.file, task.delete_files, AlwaysTrue())
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    return scan.to_table([whole])
