"""Arrow rows to Parquet data files of an Iceberg table, without going through its append."""

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from lakehouse.catalog.durability import create_synced
from lakehouse.catalog.locations import path_of
from lakehouse.tables.arrow_partitions import split

# DuckDB reads a row group a thread; its own writer makes them this long.
ROW_GROUP_ROWS = 122_880


def write_data_files(
    table: Table, rows: pa.Table, *, prefix: str, counters: Collection[str] = ()
) -> list[DataFile]:
    """The data files that now hold `rows`, one a partition, synced, not yet in the table.

    `rows` has the columns of the table's schema; their order of arrival is kept. Columns named
    in `counters` hold ascending numbers and are stored as differences. Files are named
    `<prefix>-<unique>.parquet`. When writing fails, what was written is removed.
    """
    rows = rows.unify_dictionaries()
    parts = split(rows, table.schema(), table.spec())
    locations = [_location(table, record, prefix) for record, _ in parts]
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(_write, table, record, part, location, counters)
                for (record, part), location in zip(parts, locations, strict=True)
            ]
            files = [job.result() for job in jobs]
    except BaseException:
        remove_files(table, locations)
        raise
    return files


def remove_files(table: Table, locations: Sequence[str]) -> None:
    """Delete files that no snapshot refers to; those that are not there are fine."""
    for location in locations:
        if path := path_of(location):
            path.unlink(missing_ok=True)
        else:
            table.io.delete(location)


def _location(table: Table, record: Record, prefix: str) -> str:
    name = f"{prefix}-{uuid4().hex[:12]}.parquet"
    spec = table.spec()
    if not spec.is_unpartitioned():
        name = f"{spec.partition_to_path(record, table.schema())}/{name}"
    return table.location_provider().new_data_location(name)


def _write(
    table: Table, record: Record, rows: pa.Table, location: str, counters: Collection[str]
) -> DataFile:
    schema = _file_schema(table, rows)
    with (
        _create(table, location) as stream,
        pq.ParquetWriter(
            stream,
            schema,
            compression="zstd",
            use_dictionary=[name for name in schema.names if name not in counters],
            column_encoding=dict.fromkeys(counters, "DELTA_BINARY_PACKED"),
            store_decimal_as_integer=True,
            # The Arrow schema would tell readers of dictionaries that Iceberg does not know.
            store_schema=False,
        ) as writer,
    ):
        writer.write_table(rows.cast(schema), row_group_size=ROW_GROUP_ROWS)
        writer.close()
        metadata, size = writer.writer.metadata, stream.tell()
    return _data_file(table, record, location, size, metadata)


def _create(table: Table, location: str) -> pa.NativeFile:
    path = path_of(location)
    return create_synced(path) if path else table.io.new_output(location).create()


def _file_schema(table: Table, rows: pa.Table) -> pa.Schema:
    """The table's schema with its field ids, in the Arrow types that `rows` came in."""
    wanted = schema_to_pyarrow(table.schema())
    return pa.schema([field.with_type(rows.schema.field(field.name).type) for field in wanted])


def _data_file(
    table: Table, record: Record, location: str, size: int, metadata: pq.FileMetaData
) -> DataFile:
    schema = table.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=metadata,
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=record,
        file_size_in_bytes=size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    # Not part of what a manifest says of a file, so not an argument either.
    file.spec_id = table.spec().spec_id
    return file
