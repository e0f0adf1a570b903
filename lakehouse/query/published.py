"""A published state: the tables of one moment, the dashboard's marts among them in memory.

A page asks one `Marts` for everything it shows. Marts that every page needs were copied into
memory when the state was opened; every other table is read where it lies, as it was at the same
moment. So no build can mix two states on a page, block it, or pull a file from under it.
"""

import re
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog

from lakehouse.catalog import Endpoint, catalog_endpoint, open_catalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError
from lakehouse.query.answers_kept import AnswersKept
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.published_moment import Moment, MomentCatalog, UnpublishedError
from lakehouse.quoting import identifier

if TYPE_CHECKING:
    from lakehouse.query.published_seen import Views

# What is kept in memory, and which columns. Text of few values is kept as numbers (ENUM).
KEPT: Mapping[str, str] = {
    "reports.rpt_daily_sales": """order_date, country, net_amount, gross_amount, return_amount,
        order_count, line_count, unit_count""",
    "reports.rpt_daily_product_sales": """order_date, country, product_id, net_amount,
        gross_amount, return_amount, unit_count""",
    "reports.rpt_daily_segment_sales": """order_date, country, segment, net_amount, gross_amount,
        return_amount, order_count, unit_count""",
    "reports.rpt_daily_segment_product_sales": """order_date, country, segment, product_id,
        net_amount, gross_amount, return_amount, unit_count""",
    "core.dim_dates": "date_day, is_in_trading_period",
    "core.dim_products": """product_id, description, product_kind, is_service, first_sold_date,
        last_sold_date, list_price, list_price_since, price_count, sold_unit_count, net_amount,
        gross_amount, return_amount, product_amount""",
    "core.dim_customers": """customer_id, country, first_order_date, last_order_date, order_count,
        cancellation_count, net_amount, gross_amount, return_amount""",
    "core.fct_orders": """order_id, customer_id, country, ordered_at, order_date, is_order,
        is_cancellation, line_count, unit_count, net_amount, gross_amount, return_amount""",
    "marketing.dim_customer_segments": """customer_id, as_of_date, recency_days, order_count,
        demand_amount, recency_score, frequency_score, monetary_score, segment""",
    "marketing.fct_cohort_retention": """cohort_month, months_since, month_date, customer_count,
        active_customer_count, retention_rate, order_count, net_amount""",
}
# The database that holds them.
HERE = "marts"
_ENCODED = {
    ("reports.rpt_daily_sales", "country"),
    ("reports.rpt_daily_product_sales", "country"),
    ("reports.rpt_daily_product_sales", "product_id"),
    ("reports.rpt_daily_segment_sales", "country"),
    ("reports.rpt_daily_segment_sales", "segment"),
    ("reports.rpt_daily_segment_product_sales", "country"),
    ("reports.rpt_daily_segment_product_sales", "segment"),
    ("reports.rpt_daily_segment_product_sales", "product_id"),
    ("core.fct_orders", "country"),
    ("core.fct_orders", "customer_id"),
}
_TABLES_NAMED = re.compile(r"\b(?:from|join)\s+([a-z_]\w*\.[a-z_]\w*)", re.IGNORECASE)


class Marts:
    """One published state. Many threads may ask it at once."""

    def __init__(
        self, moment: Moment, connection: duckdb.DuckDBPyConnection, resources: ExitStack
    ) -> None:
        self.moment = moment
        self._connection = connection
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
            raise _unreadable(e) from e
        if unchanging:
            self._answers.keep(sql, values, answer)
        return answer

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
            raise _unreadable(e) from e

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of our own. Raises CatalogError."""
        try:
            with self._connection.cursor() as cursor:
                return cursor.execute(sql).fetchall()
        except duckdb.Error as e:
            raise _unreadable(e) from e

    def define(self, table: str, columns: str | None = None) -> None:
        """Make a table of the state known to queries; in memory if its `columns` are named."""
        with self._defining:
            if table in self._defined:
                return
            if table not in self.moment.tables:
                raise UnpublishedError([table])
            namespace, name = table.split(".")
            self._connection.execute(f"create schema if not exists {identifier(namespace)}")
            there = f"lake.{identifier(namespace, name)} {self.moment.clause(table)}"
            if columns is None:
                made = f"create view {identifier(namespace, name)} as select * from {there}"
            else:
                made = _copy(self._connection, table, columns, there)
            try:
                self._connection.execute(made)
            except duckdb.Error as e:
                raise _unreadable(e) from e
            self._defined.add(table)


def tables_named(sql: str) -> list[str]:
    """The tables that a statement of ours names behind FROM and JOIN, in lower case."""
    return [table.lower() for table in _TABLES_NAMED.findall(sql)]


def open_marts(settings: Settings, publication: int | None = None) -> Marts:
    """The newest whole state, or that after an earlier publication, opened and loaded.

    Raises UnpublishedError when there is none, CatalogError when a table can't be read.
    """
    with ExitStack() as stack:
        catalog, endpoint = stack.enter_context(_served(settings))
        moment = Moment.of(catalog, publication)
        connection = stack.enter_context(duckdb.connect(":memory:"))
        load_extensions(connection)
        # What loading took goes back to the system, and is not kept for the next time.
        for kept in ("allocator_flush_threshold", "allocator_bulk_deallocation_flush_threshold"):
            connection.execute(f"set {kept} = '1MB'")
        attach_lake(connection, endpoint, read_only=True)
        # Compressed, the marts take a fifth of the memory, and answer as fast.
        connection.execute(f"attach ':memory:' as {HERE} (compress)")
        connection.execute(f"use {HERE}")
        marts = Marts(moment, connection, stack.pop_all())
    for table, columns in KEPT.items():
        if table in moment.tables:
            marts.define(table, columns)
    connection.execute(f"checkpoint {HERE}")
    return marts


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


def _copy(connection: duckdb.DuckDBPyConnection, table: str, columns: str, there: str) -> str:
    """The statement that copies `columns` of a table, those of few values encoded."""
    kept = []
    for column in re.findall(r"\w+", columns):
        values = f"from {there} where {column} is not null"
        if (table, column) in _ENCODED and connection.execute(f"select 1 {values}").fetchone():
            kind = identifier(f"{column} of {table}")
            connection.execute(f"create type {kind} as enum (select distinct {column} {values})")
            kept.append(f"cast({column} as {kind}) as {column}")
        else:
            kept.append(column)
    order = " order by order_date" if "order_date" in kept else ""
    name = identifier(*table.split("."))
    return f"create table {name} as select {', '.join(kept)} from {there}{order}"


def _plain(table: pa.Table) -> pa.Table:
    """Encoded columns as the text they stand for."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            text = table[index].cast(field.type.value_type)
            table = table.set_column(index, field.name, text)
    return table


def _unreadable(error: duckdb.Error) -> CatalogError:
    reason = str(error).splitlines()[0]
    return CatalogError(f"the marts can't be read: {reason}", hint="run `lakehouse build` again")
