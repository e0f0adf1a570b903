"""A DuckDB session on the catalog, for SQL that people type."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
import pyarrow as pa

from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.query.containment import contain, no_stray_folder
from lakehouse.query.diagnosis import explained, message_of
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.interruption import Interruptible
from lakehouse.query.limits import set_limits
from lakehouse.query.rendering import LOSSLESS
from lakehouse.query.results import BATCH_ROWS, Column, Result
from lakehouse.query.statements import Statement, admit

if TYPE_CHECKING:
    from lakehouse.catalog import Endpoint

# Where a table without a namespace is looked for.
NAMESPACE = "core"
CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "errors_as_json": "true",
    **LOSSLESS,
}
_TABLES = """
    SELECT schema_name || '.' || table_name
    FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY ALL"""


class Session:
    """Runs statements one after the other; each sees the newest snapshot of every table."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, run: Interruptible, *, write: bool = False
    ) -> None:
        self._con = con
        self._run = run
        self._write = write

    def run(self, sql: str) -> Result:
        """The result of the one statement in `sql`, in DuckDB's dialect.

        Rows are computed while they are read; the next statement ends what is still unread.

        Raises QueryError for SQL that is wrong or may not run, CatalogError when the catalog
        does not answer, KeyboardInterrupt on Ctrl-C, which cancels the statement.
        """
        told = partial(explained, sql=sql, tables=self.tables)
        try:
            statement = admit(self._con, sql, write=self._write)
        except duckdb.Error as e:
            raise told(e) from e
        return self.answer(statement, told)

    def answer(self, statement: Statement, told: Callable[[Exception], LakehouseError]) -> Result:
        """The result of an admitted statement; `told` makes a person's error of the engine's.

        Raises what `told` gives, and KeyboardInterrupt on Ctrl-C, which cancels the statement.
        """
        try:
            return self._execute(statement, told)
        except duckdb.Error as e:
            raise told(e) from e

    def tables(self) -> list[str]:
        """Every `namespace.table` of the catalog, in order of name."""
        with suppress(duckdb.Error):
            return [name for (name,) in self._con.execute(_TABLES).fetchall()]
        return []

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The contained connection, for a dialect that has to look at the catalog."""
        return self._con

    def _execute(self, statement: Statement, told: Callable[[Exception], LakehouseError]) -> Result:
        if statement.writes:
            with no_stray_folder():
                self._run(lambda: self._con.execute(statement.sql))
            counted = self._con.fetchone()
            return Result((), pa.schema([]), iter(()), changed=counted[0] if counted else None)
        self._run(lambda: self._con.execute(statement.sql))
        columns = tuple(Column(name, kind) for name, kind, *_ in self._con.description)
        reader = self._con.to_arrow_reader(BATCH_ROWS)
        rows = self._stream(reader, told)
        return Result(columns, reader.schema, rows, plan=statement.explains)

    def _stream(
        self, reader: pa.RecordBatchReader, told: Callable[[Exception], LakehouseError]
    ) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = self._run(lambda: next(reader, None))
            except (duckdb.Error, OSError, pa.ArrowException) as e:
                raise told(e) from e
            if batch is None:
                return
            yield batch


def _nothing(con: duckdb.DuckDBPyConnection) -> None:
    pass


@contextmanager
def open_session(
    settings: Settings,
    *,
    write: bool = False,
    folders: Sequence[Path] = (),
    ready: Callable[[duckdb.DuckDBPyConnection], None] = _nothing,
) -> Iterator[Session]:
    """A session on the tables of the catalog, until the block ends.

    It reads, and makes nothing where no lakehouse is yet; `write` also allows statements that
    write to the catalog's tables. Files can be
    read in `folders` and nowhere else. A table is named namespace.table; a bare name means core.
    `ready` may add to the connection what a dialect needs, before it is closed to the outside.

    Raises CatalogError when the catalog can't be used, and what `catalog_endpoint` raises.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="query") as thread:
        # The engine and the catalog take about as long to start: each does it meanwhile.
        # Two sessions that spill into one folder would take each other's files.
        spill = settings.home / "tmp" / f"sql-{uuid4().hex}"
        connecting = thread.submit(_connect, settings, spill)
        try:
            from lakehouse.catalog import catalog_endpoint  # noqa: PLC0415

            with catalog_endpoint(settings, create=write) as endpoint:
                # DuckDB makes the last folder when it has to spill, and removes it at the end.
                with suppress(OSError):  # where nothing can be written, only spilling fails
                    spill.parent.mkdir(parents=True, exist_ok=True)
                con = connecting.result()
                run = Interruptible(con, thread)
                run(partial(_attach, con, endpoint, write=write))
                ready(con)
                contain(con, settings, folders=folders, write=write)
                yield Session(con, run, write=write)
        finally:
            connecting.result().close()


def _connect(settings: Settings, spill: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config=dict(CONFIG))
    set_limits(con, settings.query, spill)
    load_extensions(con)
    con.execute("SET TimeZone = 'UTC'")
    return con


def _attach(con: duckdb.DuckDBPyConnection, endpoint: "Endpoint", *, write: bool) -> None:
    try:
        attach_lake(con, endpoint, default_namespace=NAMESPACE, read_only=not write)
        con.execute("USE lake")
        # Or a table could be written to a database that ends with the session.
        con.execute("DETACH memory")
    except duckdb.Error as e:
        hint = "is the service that [catalog] names running, and its token right?"
        raise CatalogError(f"the catalog can't be used: {message_of(e)}", hint=hint) from e
