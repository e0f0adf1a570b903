"""The rows of a query as Parquet files that a table can adopt, written by DuckDB."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from duckdb import DuckDBPyConnection
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata

from lakehouse.catalog.durability import sync_files
from lakehouse.catalog.locations import path_of
from lakehouse.errors import CatalogError
from lakehouse.quoting import identifier, literal
from lakehouse.tables.column_types import Column, field_ids
from lakehouse.tables.partitioning import Term

# DuckDB starts a new file here, so that a reader of a large table has several to share out.
_FILE_SIZE = "256MB"
_FOLDER = "__folder_"


@dataclass(frozen=True)
class Folder:
    """A folder of its own below a table's data, so that a failure is cleaned up whole."""

    location: str

    @property
    def target(self) -> str:
        """What DuckDB calls it: a path on this machine, else the location."""
        return str(path_of(self.location) or self.location)

    def sync(self) -> None:
        """Wait until everything in it is on the disk, its own name included; stores do that."""
        if path := path_of(self.location):
            sync_files((path, *path.rglob("*")))

    def remove(self, connection: DuckDBPyConnection, io: FileIO) -> None:
        """Delete everything in it."""
        if path := path_of(self.location):
            shutil.rmtree(path, ignore_errors=True)
            return
        # Locations in an object store have no characters that mean something in a pattern.
        for (file,) in connection.execute("from glob(?)", [f"{self.target}/**"]).fetchall():
            io.delete(file)


def new_folder(metadata: TableMetadata) -> Folder:
    """A folder for new files of the table, where its properties want them."""
    locations = load_location_provider(metadata.location, metadata.properties)
    return Folder(locations.new_data_location(str(uuid4())))


@dataclass(frozen=True)
class Rows:
    """The rows of a query, whose columns are known, spread over the folders of `terms`."""

    query: str
    columns: Sequence[Column]
    terms: Sequence[Term]


def write(
    connection: DuckDBPyConnection, rows: Rows, metadata: TableMetadata, folder: Folder
) -> list[str]:
    """Write the rows into `folder`; returns the locations of the files, which are on the disk.

    The files carry the field ids of the table's schema, and each lies in one partition.
    Raises duckdb.Error.
    """
    if path := path_of(folder.location):
        path.mkdir(parents=True)
    layout = (
        f"partition_by ({', '.join(identifier(_FOLDER + term.name) for term in rows.terms)})"
        if rows.terms
        else f"file_size_bytes '{_FILE_SIZE}'"
    )
    result = connection.execute(
        f"copy ({_select(rows)}) to {literal(folder.target)} (format parquet, "
        f"compression zstd, filename_pattern '{{uuid}}', return_files true, {layout}, "
        f"field_ids {field_ids(metadata.schema())})"
    ).fetchone()
    folder.sync()
    files = result[1] if result else []
    return [folder.location + file.removeprefix(folder.target) for file in files]


def adopt(io: FileIO, metadata: TableMetadata, locations: Sequence[str]) -> list[DataFile]:
    """The files as the table's manifests name them, with statistics; empty ones are left out.

    Raises CatalogError when the statistics of a file don't tell its partition.
    """
    files = (parquet_file_to_data_file(io, metadata, location) for location in locations)
    return [_checked(file, metadata) for file in files if file.record_count]


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
