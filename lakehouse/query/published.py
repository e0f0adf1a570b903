"""A published state: the tables of one moment, the dashboard's marts among them at hand.

A page asks one `Marts` for everything it shows. Marts that every page needs were copied when the
state was opened, and stay in memory as they are read (`published_copy`); every other table is read
where it lies, as it was at the same moment. So no build can mix two states on a page, block it, or
pull a file from under it.
"""

import re
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog

from lakehouse.catalog import Endpoint, catalog_endpoint, open_catalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings
from lakehouse.errors import MachineError
from lakehouse.query.answers_kept import AnswersKept
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.published_copy import KEPT, LAST_ORDERS, copy_kept, unreadable
from lakehouse.query.published_moment import Moment, MomentCatalog, UnpublishedError
from lakehouse.quoting import identifier, literal

if TYPE_CHECKING:
    from lakehouse.query.published_seen import Views

# The database whose views queries name, and the file behind those of them that are KEPT.
HERE = "marts"
_KEPT = "kept"
_ALLOCATOR = {
    "allocator_flush_threshold": "'1MB'",
    "allocator_bulk_deallocation_flush_threshold": "'1MB'",
    "allocator_background_threads": "true",
}
_TABLES_NAMED = re.compile(r"\b(?:from|join)\s+([a-z_]\w*\.[a-z_]\w*)", re.IGNORECASE)


class Marts:
    """One published state. Many threads may ask it at once."""

    def __init__(
        self,
        moment: Moment,
        connection: duckdb.DuckDBPyConnection,
        endpoint: Endpoint,
        resources: ExitStack,
    ) -> None:
        self.moment = moment
        self._connection = connection
        self._lake = endpoint
        self._reached = False
        self._defining = threading.Lock()
        self._defined: set[str] = set()
        self._answers = AnswersKept()
        # What those share who see the same of it (`published_seen`), by the digest of their rules.
        self.views: dict[str, Views] = {}
        # Pages that still show this state hold it; with the last of them its service ends.
        self._end = weakref.finalize(self, resources.close)

    @property
    def key(self) -> object:
        """What may be remembered of the state is remembered by it."""
        return self

    def close(self) -> None:
        """End the service by which the state reads what is not in memory; ask it nothing more."""
        self._end()

    @property
    def version(self) -> str:
        """Seven characters: the same for the same state of the tables, and only then."""
        return self.moment.version

    @property
    def published_at(self) -> datetime:
        """When the state became the current one (UTC)."""
        return self.moment.published_at

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one SELECT over tables of the lake, named as there: core.fct_orders.

        Raises UnpublishedError when the state has no such table, CatalogError when one can't be
        read.
        """
        values = dict(parameters or {})
        named = tables_named(sql)
        # Of tables that are read where they lie, some are no part of the state.
        unchanging = bool(named) and KEPT.keys() >= set(named)
        if unchanging and (known := self._answers.find(sql, values)) is not None:
            return known
        for table in named:
            self.define(table)
        try:
            answer = self.asked(sql, values)
        except duckdb.Error as e:
            raise unreadable(e) from e
        if unchanging:
            self._answers.keep(sql, values, answer)
        return answer

    def last_order_on(self, day: date) -> datetime | None:
        """When the last order of a day was placed. Raises CatalogError."""
        asked = f"select ordered_at from {_KEPT}.{LAST_ORDERS} where order_date = $day"
        found = self.asked(asked, {"day": day}).to_pylist()
        return found[0]["ordered_at"] if found else None

    def asked(
        self, sql: str, parameters: Mapping[str, Any] | None = None, database: str = HERE
    ) -> pa.Table:
        """The result of one SELECT over the tables that are defined in a database of the state.

        No answer is kept: what is asked of one database is no other's. Raises
        duckdb.BinderException, CatalogError for any other error.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"use {identifier(database)}")
                return _plain(cursor.execute(sql, dict(parameters or {})).to_arrow_table())
        except duckdb.BinderException:
            raise
        except duckdb.Error as e:
            raise unreadable(e) from e

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of our own. Raises CatalogError."""
        try:
            with self._connection.cursor() as cursor:
                return cursor.execute(sql).fetchall()
        except duckdb.Error as e:
            raise unreadable(e) from e

    def define(self, table: str) -> None:
        """Make a table of the state known to queries. Raises UnpublishedError, CatalogError."""
        with self._defining:
            if table in self._defined:
                return
            if table not in self.moment.tables:
                raise UnpublishedError([table])
            namespace, name = (identifier(part) for part in table.split("."))
            try:
                there = f"{self._database_of(table)}.{namespace}.{name}"
                if table not in KEPT:
                    there += f" {self.moment.clause(table)}"
                self._connection.execute(f"create schema if not exists {namespace}")
                self._connection.execute(f"create view {namespace}.{name} as from {there}")
            except duckdb.Error as e:
                raise unreadable(e) from e
            self._defined.add(table)

    def _database_of(self, table: str) -> str:
        """Where a table is read; the lake is attached when it is needed first."""
        if table in KEPT:
            return _KEPT
        if not self._reached:
            load_extensions(self._connection)
            attach_lake(self._connection, self._lake, read_only=True)
            self._reached = True
        return "lake"


def tables_named(sql: str) -> list[str]:
    """The tables that a statement of ours names behind FROM and JOIN, in lower case."""
    return [table.lower() for table in _TABLES_NAMED.findall(sql)]


def open_marts(settings: Settings, publication: int | None = None) -> Marts:
    """The newest whole state, or that after an earlier publication, opened and loaded.

    Raises UnpublishedError when there is none, CatalogError when a table can't be read,
    MachineError when there is no room for the copy.
    """
    with ExitStack() as stack:
        catalog, endpoint = stack.enter_context(_served(settings))
        moment = Moment.of(catalog, publication)
        connection = stack.enter_context(duckdb.connect(":memory:"))
        # What a query took goes back to the system, and is not kept for the next one.
        for name, value in _ALLOCATOR.items():
            connection.execute(f"set {name} = {value}")
        _attach_copy(connection, endpoint, moment)
        connection.execute(f"attach ':memory:' as {HERE}")
        connection.execute(f"use {HERE}")
        return Marts(moment, connection, endpoint, stack.pop_all())


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[Catalog, Endpoint]]:
    """The catalog as it is now and stays, behind an endpoint of its own."""
    # Imported late: the server takes 0.3 s.
    from lakehouse.catalog.rest import serving  # noqa: PLC0415

    with open_catalog(settings, create=False) as catalog:
        if isinstance(catalog, LakeSqlCatalog):
            steady = MomentCatalog(catalog)
            with serving(steady) as endpoint:
                yield steady, endpoint
        else:
            with catalog_endpoint(settings, create=False) as endpoint:
                yield catalog, endpoint


def _attach_copy(connection: duckdb.DuckDBPyConnection, endpoint: Endpoint, moment: Moment) -> None:
    """Copy the tables that are KEPT, and attach the copy. Raises CatalogError, MachineError."""
    try:
        with tempfile.TemporaryDirectory(prefix="lakehouse-") as folder:
            file = Path(folder, "marts.duckdb")
            copy_kept(endpoint, moment, file)
            # Open, it needs no name: however this process ends, nothing of it is left.
            connection.execute(f"attach {literal(str(file))} as {_KEPT} (read_only)")
    except duckdb.Error as e:
        raise unreadable(e) from e
    except OSError as e:
        message = f"the marts can't be copied to a temporary folder: {e}"
        raise MachineError(message, hint="make room in it, or name another as TMPDIR") from e


def _plain(table: pa.Table) -> pa.Table:
    """Encoded columns as the text they stand for."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            text = table[index].cast(field.type.value_type)
            table = table.set_column(index, field.name, text)
    return table
