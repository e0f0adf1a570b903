"""What SQL in a session can reach outside the tables of the catalog: nothing.

DuckDB reads any file, attaches any database and opens any address unless it is told not to.
Tables lie in known folders, so everything else is closed, and the configuration is locked.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from lakehouse.quoting import literal

if TYPE_CHECKING:  # a worker starts without pydantic
    from lakehouse.config import Settings

# CREATE TABLE AS of duckdb-iceberg 1.5.5 also makes a folder of this name where the process
# stands, before the catalog has told it the table's location.
_STRAY = "data"
# What the httpfs extension opens with keys.
_OBJECT_STORES = ("s3://", "s3a://", "s3n://", "gs://", "gcs://", "r2://")


def open_places(settings: "Settings", folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Where the tables lie, and `folders`: what a session may read.

    The tables of a configured catalog may lie anywhere in object stores, which guard themselves
    by their keys; on this machine's disks they must lie in the catalog's `warehouse`.
    """
    return (*_tables(settings), *(str(folder.resolve()) for folder in folders))


def contain(con: duckdb.DuckDBPyConnection, allowed: Sequence[str], *, write: bool = False) -> None:
    """Close `con` to every file outside the places that are `allowed`, for good."""
    con.execute(f"SET allowed_directories = [{', '.join(map(literal, allowed))}]")
    if write:
        con.execute(f"SET allowed_paths = [{literal(_STRAY)}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")


@contextmanager
def no_stray_folder() -> Iterator[None]:
    """Remove the empty folder that CREATE TABLE AS makes in the working folder."""
    stray = Path(_STRAY)
    there = stray.exists()
    try:
        yield
    finally:
        if not there:
            with suppress(OSError):  # there is none, or somebody put something into it
                stray.rmdir()


def _tables(settings: "Settings") -> list[str]:
    if not settings.catalog:
        return [str(settings.warehouse)]
    from lakehouse.catalog.locations import path_of  # noqa: PLC0415 - brings all of pyiceberg

    # To a REST service `warehouse` may also be a mere name.
    path = path_of(settings.catalog.get("warehouse", ""))
    return [*_OBJECT_STORES, *([str(path)] if path else [])]
