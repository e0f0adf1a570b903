"""A table that is written to by PyIceberg and DuckDB, and read by every engine."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.catalog.statistics import table_names
from lakehouse.config import Settings, load_settings
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.tables.maintenance.run import Maintained, Maintenance
from lakehouse.tables.maintenance.site import Order

NOTHING_STAYS = MaintenanceSettings(
    snapshot_retention=timedelta(0), keep_snapshots=1, orphan_age=timedelta(0)
)
KEEPS_ALL = MaintenanceSettings(keep_snapshots=1_000_000)


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Lake:
    """A lake with a connection of DuckDB."""

    settings: Settings
    catalog: Catalog
    con: duckdb.DuckDBPyConnection

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        for statement in statements:
            found = self.con.execute(statement).fetchall()
        return found

    def table(self, name: str) -> Table:
        return self.catalog.load_table(name)

    def rows(self, name: str) -> list[str]:
        """The rows of a table, which DuckDB, PyIceberg and polars agree about."""
        table = self.table(name)
        columns = table.schema().column_names
        by_duckdb = self.con.execute(f"select * from lake.{name}").fetchall()
        by_pyiceberg = [tuple(row.values()) for row in table.scan().to_arrow().to_pylist()]
        by_polars = pl.scan_iceberg(table).select(columns).collect().rows()
        first, *others = (sorted(map(repr, rows)) for rows in (by_duckdb, by_pyiceberg, by_polars))
        for other in others:
            assert other == first
        return first

    def maintain(
        self,
        *tables: str,
        settings: MaintenanceSettings = NOTHING_STAYS,
        dry_run: bool = False,
        full: bool = False,
        sort_by: str = "",
    ) -> dict[str, Maintained]:
        names = [tuple(name.split(".")) for name in tables]
        notes = self.settings.home / "maintenance"
        order = Order(settings, dry_run=dry_run, full=full, sort_by=sort_by)
        run = Maintenance(self.catalog, order, notes, utc_now).run(names)
        return {each.table: each for each in run}

    def files(self, name: str) -> int:
        return len(list(self.table(name).scan().plan_files()))


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    settings = load_settings(folder=tmp_path_factory.mktemp("lake"), environment={})
    with (
        catalog_endpoint(settings) as endpoint,
        open_catalog(settings) as catalog,
        duckdb.connect() as con,
    ):
        load_extensions(con)
        attach_lake(con, endpoint)
        con.execute("create schema lake.shop")
        yield Lake(settings, catalog, con)


@pytest.fixture
def lake(shared_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """A lake without tables."""
    # Else polars warns that it has no planner of its own installed.
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
    yield shared_lake
    for name in list(table_names(shared_lake.catalog)):
        shared_lake.catalog.drop_table(name)
    shutil.rmtree(shared_lake.settings.warehouse)
    shared_lake.settings.warehouse.mkdir()
