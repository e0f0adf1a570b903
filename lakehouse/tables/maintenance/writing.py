"""Rows that come a batch at a time, into Parquet files of the table's present layout."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
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
from lakehouse.tables.arrow_files import remove_files
from lakehouse.tables.arrow_partitions import split
from lakehouse.tables.parquet_layout import ROW_GROUP_ROWS, Encodings

# Rows that wait for their row group, in all partitions together.
_MOST_WAITING = 16 * ROW_GROUP_ROWS
PREFIX = "maintain"


@dataclass(frozen=True)
class Wanted:
    """What files are to be like: their bytes, about, and how their columns are encoded.

    `order_id` is that of the table's sort order which the rows come in, if they do.
    """

    file_size: int
    encodings: Encodings
    order_id: int | None = None


def write_rows(
    table: Table,
    batches: Iterable[pa.RecordBatch],
    wanted: Wanted,
    writing: Callable[[str], None],
) -> list[DataFile]:
    """The data files that now hold the rows, synced, each of one partition.

    Rows of a partition keep their order. `writing` is told the location of each file before it
    is there. When anything fails, what was written is removed.
    """
    layout = _Layout(table, wanted, writing)
    writers: dict[Record, _PartitionWriter] = {}
    try:
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            for record, part in split(rows, table.schema(), table.spec()):
                if record not in writers:
                    writers[record] = _PartitionWriter(layout, record)
                writers[record].add(part)
            _make_room(writers.values())
        return [file for writer in writers.values() for file in writer.finish()]
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        raise


def _make_room(writers: Iterable["_PartitionWriter"]) -> None:
    if sum(writer.waiting for writer in writers) > _MOST_WAITING:
        max(writers, key=lambda writer: writer.waiting).flush()


class _Layout:
    """What all files of the rewrite have in common."""

    def __init__(self, table: Table, wanted: Wanted, writing: Callable[[str], None]) -> None:
        self.table = table
        self.writing = writing
        self.file_size = wanted.file_size
        self.order_id = wanted.order_id
        encodings = wanted.encodings
        schema = table.schema()
        self.schema = schema_to_pyarrow(schema)
        self.statistics = encodings.statistics(table)
        self.ids = parquet_path_to_id_mapping(schema)
        self.floats = {
            f.name: f.field_id
            for f in schema.fields
            if isinstance(f.field_type, FloatType | DoubleType)
        }
        names = self.schema.names
        self.options = {
            "compression": "zstd",
            "use_dictionary": [name for name in names if not encodings.plain(name)],
            "write_statistics": [name for name in names if name not in encodings.scattered],
            "column_encoding": dict.fromkeys(encodings.counters, "DELTA_BINARY_PACKED"),
            "store_decimal_as_integer": True,
            "store_schema": False,
        }

    def location(self, record: Record) -> str:
        """Where the next file of a partition goes."""
        spec = self.table.spec()
        name = f"{PREFIX}-{uuid4().hex}.parquet"
        if not spec.is_unpartitioned():
            name = f"{spec.partition_to_path(record, self.table.schema())}/{name}"
        return self.table.location_provider().new_data_location(name)


@dataclass
class _Open:
    """A file under way."""

    location: str
    stream: pa.NativeFile
    writer: pq.ParquetWriter
    stack: ExitStack
    nans: dict[int, int] = field(default_factory=dict)


class _PartitionWriter:
    """Writes the rows of one partition, a file after the other."""

    def __init__(self, layout: _Layout, record: Record) -> None:
        self._layout = layout
        self._record = record
        self._rows: list[pa.Table] = []
        self.waiting = 0
        self._open: _Open | None = None
        self._locations: list[str] = []
        self._files: list[DataFile] = []

    def add(self, rows: pa.Table) -> None:
        """Take rows; whole row groups of them are written."""
        self._rows.append(rows)
        self.waiting += len(rows)
        if self.waiting >= ROW_GROUP_ROWS:
            whole = self.waiting - self.waiting % ROW_GROUP_ROWS
            waiting = pa.concat_tables(self._rows)
            self._write(waiting.slice(0, whole))
            rest = waiting.slice(whole)
            self._rows, self.waiting = [rest], len(rest)

    def flush(self) -> None:
        """Write what waits."""
        if self.waiting:
            self._write(pa.concat_tables(self._rows))
        self._rows, self.waiting = [], 0

    def finish(self) -> list[DataFile]:
        """Write what is left; all files of the partition."""
        self.flush()
        self._close()
        return self._files

    def abandon(self) -> None:
        """Remove the files."""
        if self._open is not None:
            self._open.stack.close()
        remove_files(self._layout.table, self._locations)

    def _write(self, rows: pa.Table) -> None:
        for start in range(0, len(rows), ROW_GROUP_ROWS):
            part = rows.slice(start, ROW_GROUP_ROWS)
            if self._open is None:
                self._open = self._create()
            file = self._open
            file.writer.write_table(part, row_group_size=ROW_GROUP_ROWS)
            for name, field_id in self._layout.floats.items():
                nans = pc.sum(pc.is_nan(part[name])).as_py() or 0
                file.nans[field_id] = file.nans.get(field_id, 0) + nans
            if file.stream.tell() >= self._layout.file_size:
                self._close()

    def _create(self) -> _Open:
        layout = self._layout
        location = layout.location(self._record)
        self._locations.append(location)
        layout.writing(location)
        path, stack = path_of(location), ExitStack()
        stream = stack.enter_context(
            create_synced(path) if path else layout.table.io.new_output(location).create()
        )
        writer = stack.enter_context(pq.ParquetWriter(stream, layout.schema, **layout.options))
        return _Open(location, stream, writer, stack)

    def _close(self) -> None:
        if self._open is None:
            return
        file, self._open = self._open, None
        with file.stack:
            file.writer.close()
            metadata, size = file.writer.writer.metadata, file.stream.tell()
        self._files.append(self._data_file(file, metadata, size))

    def _data_file(self, file: _Open, metadata: pq.FileMetaData, size: int) -> DataFile:
        table = self._layout.table
        statistics = data_file_statistics_from_parquet_metadata(
            parquet_metadata=metadata,
            stats_columns=self._layout.statistics,
            parquet_column_mapping=self._layout.ids,
        )
        written = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=file.location,
            file_format=FileFormat.PARQUET,
            partition=self._record,
            file_size_in_bytes=size,
            sort_order_id=self._layout.order_id,
            equality_ids=None,
            key_metadata=None,
            **{**statistics.to_serialized_dict(), "nan_value_counts": file.nans},
        )
        # Not part of what a manifest says of a file, so not an argument either.
        written.spec_id = table.spec().spec_id
        return written
