"""What SQL in a session can reach outside the tables of the catalog: nothing.

DuckDB reads any file, attaches any database and opens any address unless it is told not to.
Tables lie in known folders, so everything else is closed, and the configuration is locked.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from lakehouse.config import Settings
from lakehouse.quoting import literal

# CREATE TABLE AS of duckdb-iceberg 1.5.5 also makes a folder of this name where the process
# stands, before the catalog has told it the table's location.
_STRAY = "data"


def contain(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    folders: Sequence[Path] = (),
    write: bool = False,
) -> None:
    """Close `con` to every file but those of the tables and in `folders`, for good.

    A catalog elsewhere that does not say where its warehouse lies can keep tables anywhere;
    files stay open then, and only the configuration is locked.
    """
    tables = _warehouse(settings.catalog) if settings.catalog else str(settings.warehouse)
    if tables is not None:
        allowed = [tables, *(str(folder.resolve()) for folder in folders)]
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


def _warehouse(catalog: Mapping[str, str]) -> str | None:
    warehouse = catalog.get("warehouse")
    if warehouse is None:
        return None
    from lakehouse.catalog.locations import path_of  # noqa: PLC0415 - brings all of pyiceberg

    return str(path_of(warehouse) or warehouse)
