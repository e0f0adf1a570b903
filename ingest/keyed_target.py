"""Tables as the destination of records that add, replace and remove rows by unique keys."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ingest.lineage import with_lineage
from ingest.objects.shipments import Shipments
from ingest.records import Part
from ingest.rejects import Reject
from ingest.routing import Operation
from ingest.targets import Numbered, from_delivery, joined, stamped
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.fenced_append import Append, commits_together
from lakehouse.tables.growth import conform, grow_for
from lakehouse.tables.ops import ROUTED_SCHEMA
from lakehouse.tables.parquet_layout import Encodings
from lakehouse.tables.removal import Removal

_ORDER = "record_id"


@dataclass
class _Changes:
    """What a delivery does to one table."""

    rows: list[pa.Table] = field(default_factory=list)
    keys: list[pa.Table] = field(default_factory=list)  # of updates and deletes, with record ids
    counts: dict[Operation, int] = field(default_factory=lambda: dict.fromkeys(Operation, 0))


@dataclass(frozen=True)
class KeyedTable:
    """A table that a stream writes, and the columns that tell its rows apart (none: inserts)."""

    table: Table
    keys: tuple[str, ...]
    encodings: Encodings


class KeyedTarget:
    """Applies records to their tables, each delivery as a whole and in the order of the stream.

    Within a delivery the last update or deletion of a key holds, and what was inserted with that
    key after it. `control` is the table that carries the checkpoint, and tells of each delivery
    what it did to which table; None for a stream with a single table, which carries it itself.
    """

    gradual = False

    def __init__(self, tables: Mapping[str, KeyedTable], control: Table | None) -> None:
        self._tables = tables
        self._control = control
        self._changes: dict[str, _Changes] = defaultdict(_Changes)
        self._written: list[tuple[Table, list[DataFile], Removal | None]] = []

    @property
    def tables(self) -> Sequence[Table]:
        """The tables; the last one carries the checkpoint."""
        tables = [each.table for each in self._tables.values()]
        return [*tables, self._control] if self._control else tables

    def ahead(self, sequence: int) -> Sequence[Table]:
        """Tables that were committed to before the checkpoint, where that is the only way."""
        if self._control is None or commits_together(self._control):
            return []
        tables = [each.table for each in self._tables.values()]
        rows = from_delivery(sequence)
        return [table for table in tables if any(True for _ in table.scan(rows).plan_files())]

    def write(
        self, batches: Sequence[Numbered], stream: str, sequence: int, shipments: Shipments
    ) -> Sequence[tuple[Reject, ...]]:
        """Hold the records; they are written with the commit, when it is known what stays."""
        for batch, first in batches:
            for part in batch.parsed.parts:
                self._take(part, with_lineage(part.rows, part.lines, batch, first, sequence))
        return [()] * len(batches)

    def appends(self, stream: str, base: str | None, text: str, sequence: int) -> list[Append]:
        """The files and removals of each table, and the checkpoint."""
        prefix = f"{stream}-{sequence:08d}"
        appends = []
        for name, changes in self._changes.items():
            keyed = self._tables[name]
            files, removal = self._files(keyed, changes, prefix)
            self._written.append((keyed.table, files, removal))
            if self._control:
                appends.append(stamped(keyed.table, files, stream, sequence, removal))
            else:
                appends.append(
                    Append(keyed.table, files, stream, base, text, sequence, removal=removal)
                )
        if self._control:
            files = self._told(stream, sequence, prefix)
            self._written.append((self._control, files, None))
            appends.append(Append(self._control, files, stream, base, text, sequence))
        elif not appends:
            appends.append(Append(self.tables[-1], [], stream, base, text, sequence))
        return appends

    def forget(self) -> None:
        """Nothing is staged any more."""
        self._changes.clear()
        self._written = []

    def discard(self) -> None:
        """Remove what `appends` has written."""
        for table, files, removal in self._written:
            remove_files(table, [file.file_path for file in files])
            if removal:
                removal.settle(table, None)
        self.forget()

    def _take(self, part: Part, rows: pa.Table) -> None:
        changes = self._changes[part.table]
        changes.counts[part.operation] += len(rows)
        if part.operation is not Operation.DELETE:
            changes.rows.append(rows)
        if part.operation is not Operation.INSERT:
            changes.keys.append(rows.select([*self._tables[part.table].keys, _ORDER]))

    def _files(
        self, keyed: KeyedTable, changes: _Changes, prefix: str
    ) -> tuple[list[DataFile], Removal | None]:
        """The files of the rows that come, and the removal of those that go before them."""
        table, removal = keyed.table, None
        rows = joined(changes.rows).sort_by(_ORDER) if changes.rows else None
        if rows is not None:
            grow_for(table, rows.schema)
        if changes.keys:
            types = schema_to_pyarrow(table.schema(), include_field_ids=False)
            wanted = pa.schema([types.field(key) for key in keyed.keys] + [types.field(_ORDER)])
            keys = pa.concat_tables([each.cast(wanted) for each in changes.keys])
            if rows is not None:
                rows = _staying(conform(rows, table.schema()), keys, keyed.keys)
            removal = Removal(keys.select(list(keyed.keys)), prefix, keyed.encodings)
        if rows is None or not len(rows):
            return [], removal
        rows = conform(rows, table.schema())
        return write_data_files(table, rows, prefix, keyed.encodings), removal

    def _told(self, stream: str, sequence: int, prefix: str) -> list[DataFile]:
        rows = [
            {"stream": stream, "sequence": sequence, "table": name}
            | {f"{operation.value}s": changes.counts[operation] for operation in Operation}
            for name, changes in self._changes.items()
        ]
        if not rows or not self._control:
            return []
        content = pa.Table.from_pylist(rows, schema=schema_to_pyarrow(ROUTED_SCHEMA))
        return write_data_files(self._control, content, prefix)


def _staying(rows: pa.Table, keys: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows that no later update or deletion of their key takes away."""
    last = pl.DataFrame(keys).group_by(list(names)).agg(pl.col(_ORDER).max().alias("_last"))
    order = pl.DataFrame(rows.select([*names, _ORDER])).with_row_index("_place")
    found = order.join(last, on=list(names), how="left", maintain_order="left")
    stays = found.filter(pl.col("_last").is_null() | (pl.col(_ORDER) >= pl.col("_last")))
    return rows if len(stays) == len(rows) else rows.take(stays["_place"].to_arrow())
