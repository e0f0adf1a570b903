"""How a table's data files are written: encodings, row groups, field ids, statistics."""

import math
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    StatisticsCollector,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.typedef import Record
from pyiceberg.types import DoubleType, FloatType

from lakehouse.catalog.durability import create_synced
from lakehouse.catalog.locations import path_of

# DuckDB reads a row group a thread; its own writer makes them this long.
ROW_GROUP_ROWS = 122_880
# Rows encoded at once: PyArrow's 1,024 take a fifth longer.
_BATCH_ROWS = 16_384


@dataclass(frozen=True)
class Encodings:
    """Columns that are better not stored PyArrow's way, as dictionaries with statistics.

    `counters` hold numbers that go up by one: differences take a hundredth of the space.
    `runs` repeat the value of the row before: as they are, compressed, they take a third.
    `scattered` hold texts in no order at all: to find a file's bounds takes a fifth of the work of
    writing it, and every file has the same ones.
    """

    counters: Collection[str] = ()
    runs: Collection[str] = ()
    scattered: Collection[str] = ()

    def plain(self, name: str) -> bool:
        """Whether a column is stored without a dictionary."""
        return name in self.counters or name in self.runs

    def statistics(self, table: Table) -> dict[int, StatisticsCollector]:
        """What manifests are to say of the columns, by their field ids."""
        none = {f"write.metadata.metrics.column.{name}": "none" for name in self.scattered}
        return compute_statistics_plan(table.schema(), {**table.properties, **none})


USUAL = Encodings()


class Layout:
    """What all files of a write have in common. Rows come in the types of `came`, or similar."""

    def __init__(
        self, table: Table, came: pa.Schema, encodings: Encodings, order_id: int | None
    ) -> None:
        self.table = table
        self.schema = table.schema()
        # The table's schema with its field ids, in the Arrow types that the rows came in; those
        # of nested columns have field ids inside.
        self._stored = pa.schema(
            [
                f if pa.types.is_nested(f.type) else f.with_type(came.field(f.name).type)
                for f in schema_to_pyarrow(self.schema)
            ]
        )
        self._came = came
        self._encodings = encodings
        self._order_id = order_id
        self._statistics = encodings.statistics(table)
        self._ids = parquet_path_to_id_mapping(self.schema)
        self._floats = {
            f.name: f.field_id
            for f in self.schema.fields
            if isinstance(f.field_type, FloatType | DoubleType)
        }

    def adapted(self, rows: pa.Table) -> pa.Table:
        """The rows in the types that the first ones had: text has several."""
        return rows if rows.schema.equals(self._came) else rows.cast(self._came)

    def stored(self, rows: pa.Table) -> pa.Table:
        """The rows of a row group as they are written, with one dictionary a column.

        Where that changes within a row group, Parquet gives the dictionary up.
        """
        for position, name in enumerate(rows.column_names):
            if not self._encodings.plain(name):
                rows = rows.set_column(position, name, rows.column(position).unify_dictionaries())
        return rows.cast(self._stored)

    def writer(self, stream: pa.NativeFile) -> pq.ParquetWriter:
        """Writes a file of this layout."""
        names = self._stored.names
        return pq.ParquetWriter(
            stream,
            self._stored,
            compression="zstd",
            use_dictionary=[name for name in names if not self._encodings.plain(name)],
            write_statistics=[name for name in names if name not in self._encodings.scattered],
            column_encoding=dict.fromkeys(self._encodings.counters, "DELTA_BINARY_PACKED"),
            store_decimal_as_integer=True,
            # The Arrow schema would tell readers of dictionaries that Iceberg does not know.
            store_schema=False,
            write_batch_size=_BATCH_ROWS,
            # One page a column: 17 % smaller than PyArrow's 20,000 rows, and less work.
            max_rows_per_page=ROW_GROUP_ROWS,
        )

    def nans(self, rows: pa.Table) -> dict[int, int]:
        """How many there are, by the field ids of the columns that may have some."""
        return {i: pc.sum(pc.is_nan(rows[name])).as_py() or 0 for name, i in self._floats.items()}

    def data_file(self, record: Record, file: "_Open", metadata: pq.FileMetaData) -> DataFile:
        """What a manifest says of a file that was written."""
        statistics = data_file_statistics_from_parquet_metadata(
            parquet_metadata=metadata,
            stats_columns=self._statistics,
            parquet_column_mapping=self._ids,
        )
        written = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=file.location,
            file_format=FileFormat.PARQUET,
            partition=record,
            file_size_in_bytes=file.stream.tell(),
            sort_order_id=self._order_id,
            equality_ids=None,
            key_metadata=None,
            **{**statistics.to_serialized_dict(), "nan_value_counts": file.nans},
        )
        # Not part of what a manifest says of a file, so not an argument either.
        written.spec_id = self.table.spec().spec_id
        return written


@dataclass
class _Open:
    """A file under way."""

    location: str
    stream: pa.NativeFile
    writer: pq.ParquetWriter
    nans: dict[int, int] = field(default_factory=dict)


class PartitionFiles:
    """Files of one partition, one after the other, each made with the first rows for it.

    `place` tells where the next one goes; one that has `size` bytes is closed.
    """

    def __init__(
        self, layout: Layout, record: Record, place: Callable[[], str], size: float = math.inf
    ) -> None:
        self._layout = layout
        self._record = record
        self._place = place
        self._size = size
        self._open: _Open | None = None
        self._done: list[DataFile] = []

    def write(self, rows: pa.Table) -> None:
        """Write rows, in row groups of their own."""
        for start in range(0, len(rows), ROW_GROUP_ROWS):
            self._open = self._open or self._new()
            group = self._layout.stored(rows.slice(start, ROW_GROUP_ROWS))
            self._open.writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            for field_id, count in self._layout.nans(group).items():
                self._open.nans[field_id] = self._open.nans.get(field_id, 0) + count
            if self._open.stream.tell() >= self._size:
                self._close()

    def finish(self, rows: pa.Table) -> list[DataFile]:
        """Write the last rows; all files, which are on the disk then."""
        self.write(rows)
        self._close()
        return self._done

    def abandon(self) -> None:
        """Leave the file under way as it is."""
        if self._open:
            self._open.writer.is_open = False  # or it would write its end when it is forgotten
            with suppress(OSError):
                self._open.stream.close()

    def _new(self) -> _Open:
        location = self._place()
        path = path_of(location)
        output = self._layout.table.io.new_output
        stream = create_synced(path) if path else output(location).create()
        return _Open(location, stream, self._layout.writer(stream))

    def _close(self) -> None:
        if file := self._open:
            with file.stream:
                file.writer.close()
                done = self._layout.data_file(self._record, file, file.writer.writer.metadata)
            self._open = None
            self._done.append(done)
