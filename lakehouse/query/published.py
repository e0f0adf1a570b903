"""The published state: the dashboard's marts, of snapshots that belong together, in memory.

A page asks one `Marts` for everything it shows. Its tables were read at pinned snapshots and
never change, so no build can mix two states on a page, block it, or pull a file from under it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

from lakehouse.catalog import catalog_endpoint
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions

SOURCE = "core.fct_order_lines"
CALENDAR = "core.dim_dates"
# What a page may ask for: the name it uses, the table behind it, and what is kept of it.
_KEPT = {
    "daily_sales": (
        "reports.rpt_daily_sales",
        """select order_date, coalesce(country, 'Unspecified') as country, net_amount,
                  gross_amount, return_amount, order_count, line_count
           from {table}""",
    ),
    "daily_product_sales": (
        "reports.rpt_daily_product_sales",
        """select order_date, coalesce(country, 'Unspecified') as country, product_id,
                  coalesce(description, product_id) as description, net_amount, unit_count
           from {table}""",
    ),
    "trading_days": (CALENDAR, "select date_day from {table} where is_in_trading_period"),
    # A clock that was wrong, in 2099 for one, must not say when the last order came.
    "last_order": (
        SOURCE,
        """select max(ordered_at) as ordered_at from {table}
           where ordered_at::date in (from trading_days)""",
    ),
}
REPORTS = tuple(table for table, _ in _KEPT.values() if table not in {SOURCE, CALENDAR})


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a table, and when it became the current one (UTC)."""

    snapshot_id: int
    current_since: datetime


class UnpublishedError(LookupError):
    """No state can be published: `tables` are not there, or older than what they come from."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(", ".join(tables))
        self.tables = tuple(tables)


@dataclass(frozen=True)
class Marts:
    """One published state. Many threads may ask it at once."""

    snapshots: Mapping[str, Snapshot]
    connection: duckdb.DuckDBPyConnection

    @property
    def version(self) -> str:
        """Seven characters: the same for the same set of snapshots, and only then."""
        return version_of(self.snapshots)

    @property
    def published_at(self) -> datetime:
        """When the last of the snapshots became current (UTC)."""
        return max(snapshot.current_since for snapshot in self.snapshots.values())

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one SELECT over the tables that are kept, by the names pages use."""
        with self.connection.cursor() as cursor:
            return cursor.execute(sql, dict(parameters or {})).to_arrow_table()


def version_of(snapshots: Mapping[str, Snapshot]) -> str:
    """The short name of a set of snapshots, whatever their order."""
    ids = ",".join(f"{table}@{snapshots[table].snapshot_id}" for table in sorted(snapshots))
    return hashlib.sha256(ids.encode()).hexdigest()[:7]


def published_snapshots(catalog: Catalog) -> dict[str, Snapshot]:
    """The newest snapshots of source and reports that belong together, by table.

    Raises UnpublishedError when there are none.
    """
    if isinstance(catalog, LakeSqlCatalog):
        # Else a build could be published between two looks.
        catalog = SteadyCatalog(catalog)
    histories = {table: _history(catalog, table) for table in (SOURCE, *REPORTS, CALENDAR)}
    if missing := [table for table, history in histories.items() if not history]:
        raise UnpublishedError(missing)
    calendar, source = histories.pop(CALENDAR), histories.pop(SOURCE)
    whole = newest_whole(source, histories)
    return whole | {CALENDAR: _in_force(calendar, source, whole[SOURCE])}


def newest_whole(
    source: Sequence[Snapshot], reports: Mapping[str, Sequence[Snapshot]]
) -> dict[str, Snapshot]:
    """The newest snapshot of the source that every report was built from, and those reports.

    Histories run from old to new. A build commits the source first and the reports one after
    the other, so a report that became current between two snapshots of the source was built
    from the earlier one. While a build is under way the state before it is still whole, and
    its snapshots are still there.

    Raises UnpublishedError when no state is whole.
    """
    until = datetime.max.replace(tzinfo=UTC)
    for built_from in reversed(source):
        since = built_from.current_since
        found = {
            table: [report for report in history if since <= report.current_since < until]
            for table, history in reports.items()
        }
        if all(found.values()):
            return {SOURCE: built_from} | {table: built[-1] for table, built in found.items()}
        until = since
    newest = source[-1].current_since
    raise UnpublishedError([t for t, h in reports.items() if h[-1].current_since < newest])


def _in_force(
    calendar: Sequence[Snapshot], source: Sequence[Snapshot], built_from: Snapshot
) -> Snapshot:
    """The calendar as a build left it: it is written only when a day of it changed."""
    later = [s.current_since for s in source if s.current_since > built_from.current_since]
    until = min(later, default=datetime.max.replace(tzinfo=UTC))
    return next((c for c in reversed(calendar) if c.current_since < until), calendar[0])


def load_marts(settings: Settings, snapshots: Mapping[str, Snapshot]) -> Marts:
    """The tables at `snapshots`, copied into a DuckDB database in memory.

    Raises duckdb.Error when a snapshot can't be read, or a table lacks a column.
    """
    connection = duckdb.connect(":memory:")
    load_extensions(connection)
    with catalog_endpoint(settings) as endpoint:
        attach_lake(connection, endpoint, read_only=True)
        for name, (table, kept) in _KEPT.items():
            pinned = f"lake.{table} at (version => {snapshots[table].snapshot_id})"
            connection.execute(f"create table {name} as {kept.format(table=pinned)}")
        connection.execute("detach lake")
    return Marts(dict(snapshots), connection)


def _history(catalog: Catalog, name: str) -> list[Snapshot]:
    """The snapshots that were current one after the other and still exist; none of no table."""
    try:
        table = catalog.load_table(name)
    except (NoSuchTableError, NoSuchNamespaceError):
        return []
    return [
        Snapshot(entry.snapshot_id, datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC))
        for entry in table.history()
        if table.snapshot_by_id(entry.snapshot_id) is not None
    ]
