"""The SQLite file of the default catalog: opened safely by several processes, checked, stamped."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, ExceptionContext, QueuePool, create_engine, event

from lakehouse.catalog.moved_home import refuse_moved_home
from lakehouse.errors import CatalogError, MachineError

# Written to the file's user_version. 0 is a file that PyIceberg made itself.
SCHEMA_VERSION: Final = 1
# How long a writer waits for the lock that another one holds; a commit holds it for milliseconds.
BUSY_SECONDS: Final = 30.0

# PyIceberg's own tables (pyiceberg.catalog.sql, schema v1), created in one transaction so that
# two processes opening a new home at once don't trip over each other.
_TABLES = (
    """CREATE TABLE IF NOT EXISTS iceberg_tables (
        catalog_name VARCHAR(255) NOT NULL,
        table_namespace VARCHAR(255) NOT NULL,
        table_name VARCHAR(255) NOT NULL,
        metadata_location VARCHAR(1000),
        previous_metadata_location VARCHAR(1000),
        iceberg_type VARCHAR(5),
        PRIMARY KEY (catalog_name, table_namespace, table_name))""",
    """CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
        catalog_name VARCHAR(255) NOT NULL,
        namespace VARCHAR(255) NOT NULL,
        property_key VARCHAR(255) NOT NULL,
        property_value VARCHAR(1000) NOT NULL,
        PRIMARY KEY (catalog_name, namespace, property_key))""",
)
_PLACES = "SELECT metadata_location FROM iceberg_tables WHERE metadata_location IS NOT NULL"


def open_file(file: Path) -> Engine:
    """An engine on the catalog file, which is created when it is missing.

    Raises CatalogError when the file is damaged, was made by a newer version or was copied or
    moved with its home, MachineError when the operating system does not let it be opened or
    written.
    """
    _check_file(file)
    try:
        with closing(_connect(file)) as connection:
            _check_content(connection, file)
            _prepare(connection)
            refuse_moved_home(file.parent, [place for (place,) in connection.execute(_PLACES)])
    except sqlite3.Error as e:
        raise translated(e, file) from e
    engine = create_engine("sqlite://", creator=lambda: _connect(file), poolclass=QueuePool)

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        error = context.original_exception
        # A constraint says "exists already", which the catalog knows how to put.
        if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
            raise translated(error, file) from error

    return engine


def translated(error: sqlite3.Error, file: Path) -> CatalogError | MachineError:
    """What an error of SQLite on this file means to a person."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    match code & 0xFF:  # the low byte is the class of the error
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return damaged(file, str(error))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            hint = "check who owns it and whether it and its folder may be written"
            return MachineError(f"the catalog {file} can't be opened: {error}", hint=hint)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            hint = f"another process held it for {BUSY_SECONDS:.0f} s; try again when it is done"
            return MachineError(f"the catalog {file} is locked", hint=hint)
        case sqlite3.SQLITE_FULL:
            message = f"the catalog {file}: No space left on device"
            return MachineError(message, hint="free some space and run it again")
        case sqlite3.SQLITE_IOERR:
            return MachineError(f"the catalog {file}: {error}", hint="check free space")
        case _:
            return damaged(file, str(error))


def rolled_back(error: BaseException) -> bool:
    """Whether what SQLite was asked to commit is certainly not committed.

    https://www.sqlite.org/rescode.html#full: the disk was full before the end was written.
    """
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode == sqlite3.SQLITE_FULL


def damaged(file: Path, reason: str) -> CatalogError:
    """The error for a catalog file that is no catalog any more."""
    return CatalogError(
        f"the catalog {file} is damaged: {reason}",
        hint="restore it from a backup, or move it away with the home and build again",
    )


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, check_same_thread=False)
    # A commit must survive a power cut: the metadata files it made obsolete may be gone.
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _check_file(file: Path) -> None:
    if file.is_dir():
        raise damaged(file, "it is a directory")
    # SQLite takes a missing or empty file for a new database, and every table would be forgotten.
    known = file.exists() and file.stat().st_size > 0
    if not known and holds_tables(file.parent / "warehouse"):
        raise damaged(file, "it is missing or empty, yet the warehouse beside it holds tables")


def _check_content(connection: sqlite3.Connection, file: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise CatalogError(
            f"the catalog {file} has schema {version}; this version knows {SCHEMA_VERSION}",
            hint="upgrade lakehouse",
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(file, verdict.replace("\n", " "))


def _prepare(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
        return
    # Readers go on while somebody commits, and a commit costs one fsync instead of several.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.isolation_level = None
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES:
        connection.execute(statement)
    columns = {row[1] for row in connection.execute("PRAGMA table_info(iceberg_tables)")}
    if "iceberg_type" not in columns:
        connection.execute("ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def holds_tables(warehouse: Path) -> bool:
    """Whether there are tables of some catalog below a warehouse."""
    return any(warehouse.glob("*/*/metadata/*.metadata.json"))
