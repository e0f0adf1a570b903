"""The rows of a query as Parquet files that a table can adopt, written by DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.table.metadata import TableMetadata

from lakehouse.errors import CatalogError
from lakehouse.quoting import identifier, literal
from lakehouse.tables.column_types import Column, field_ids
from lakehouse.tables.folders import Folder
from lakehouse.tables.partitioning import Term
from lakehouse.tables.refusals import refusals_of_the_system

# DuckDB starts a new file here, so that a reader of a large table has several to share out.
_FILE_SIZE = "256MB"
_FOLDER = "__folder_"


@dataclass(frozen=True)
class Rows:
    """The rows of a query, whose columns are known, spread over the folders of `terms`."""

    query: str
    columns: Sequence[Column]
    terms: Sequence[Term]


def write(rows: Rows, metadata: TableMetadata, folder: Folder) -> list[DataFile]:
    """Write the rows into `folder`; returns the files, which are on the disk, for a manifest.

    The files carry the field ids of the table's schema, and each lies in one partition. Raises
    duckdb.Error, OSError when the disk is full, and CatalogError when the statistics of a file
    don't tell its partition.
    """
    folder.prepare()
    layout = (
        f"partition_by ({', '.join(identifier(_FOLDER + term.name) for term in rows.terms)})"
        if rows.terms
        else f"file_size_bytes '{_FILE_SIZE}'"
    )
    with refusals_of_the_system(folder.connection):
        [(_, written)] = folder.connection.execute(
            f"copy ({_select(rows)}) to {literal(folder.target)} (format parquet, "
            # Level 1: no larger than 3, DuckDB's own, on order lines, for a fifth less work.
            f"compression zstd, compression_level 1, filename_pattern '{{uuid}}', "
            f"return_files true, {layout}, field_ids {field_ids(metadata.schema())})"
        ).fetchall()
    locations = [folder.location + name.removeprefix(folder.target) for name in written]
    files = [parquet_file_to_data_file(folder.io, metadata, location) for location in locations]
    if not any(file.record_count for file in files):
        folder.remove()  # DuckDB writes a file even for no rows
        return []
    folder.sync()
    return [_checked(file, metadata) for file in files]


def _select(rows: Rows) -> str:
    """The query, cast to what the table holds, with a column for each level of folders."""
    values = [
        f"cast({identifier(c.name)} as {c.cast}) as {identifier(c.name)}" for c in rows.columns
    ]
    folders = [f"{term.folder} as {identifier(_FOLDER + term.name)}" for term in rows.terms]
    return f"select {', '.join(values + folders)} from ({rows.query}\n)"


def _checked(file: DataFile, metadata: TableMetadata) -> DataFile:
    """PyIceberg takes a column without minimum for one that is all NULL: make sure it is."""
    for position, partition in enumerate(metadata.spec().fields):
        nulls = file.null_value_counts.get(partition.source_id, 0)
        if file.partition[position] is None and nulls != file.record_count:
            raise CatalogError(
                f"{file.file_path} does not tell its {partition.name}: Parquet has no minimum",
                hint="partition by a column of shorter values",
            )
    return file
