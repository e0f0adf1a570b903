"""Going back, as a person types it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyiceberg.table import Table

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError, LockedError
from lakehouse.locks import home_lock
from tests.order_logs import Lake, order_line, order_lines, write_log


@pytest.fixture
def table(settings: Settings) -> Table:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop")
        made = catalog.create_table("shop.facts", pa.schema({"id": pa.int64()}))
        for number in range(1, 4):
            made.append(pa.table({"id": [number]}))
        return made


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(lakehouse, ["--home", str(settings.home), "tables", *arguments])


def ids(table: Table) -> list[int]:
    return sorted(table.refresh().scan().to_arrow()["id"].to_pylist())


def snapshots(table: Table) -> list[int]:
    return [snapshot.snapshot_id for snapshot in table.refresh().metadata.snapshots]


def test_a_table_goes_back_and_forth(settings: Settings, table: Table) -> None:
    first, _, last = snapshots(table)
    planned = run(settings, "rollback", "shop.facts", str(first), "--dry-run", "--json")
    (plan,) = json.loads(planned.stdout)
    assert (plan["rows_before"], plan["rows_after"], plan["snapshot_after"]) == (3, 1, first)
    assert ids(table) == [1, 2, 3]
    assert run(settings, "rollback", "shop.facts", str(first), "--yes").exit_code == 0
    assert ids(table) == [1]
    assert run(settings, "rollback", "shop.facts", str(last), "--yes").exit_code == 0
    assert ids(table) == [1, 2, 3]


def test_a_table_goes_back_to_a_time_and_to_a_tag(settings: Settings, table: Table) -> None:
    second = table.metadata.snapshots[1]
    time = datetime.fromtimestamp(second.timestamp_ms / 1000, UTC).isoformat()
    assert run(settings, "tag", "shop.facts", "two", "--at", time).exit_code == 0
    assert run(settings, "rollback", "shop.facts", "two", "--yes").exit_code == 0
    assert ids(table) == [1, 2]


def test_nobody_is_asked_where_nobody_is(settings: Settings, table: Table) -> None:
    first = snapshots(table)[0]
    assert isinstance(run(settings, "rollback", "shop.facts", str(first)).exception, ConfigError)
    assert ids(table) == [1, 2, 3]


@pytest.mark.parametrize("to", ["1", "nothing", "1999-01-01", "main"])
def test_what_a_table_can_not_go_back_to(settings: Settings, table: Table, to: str) -> None:
    result = run(settings, "rollback", "shop.facts", to, "--yes")
    assert isinstance(result.exception, CatalogError)
    assert ids(table) == [1, 2, 3]


def test_tags_and_branches_are_made_and_deleted(settings: Settings, table: Table) -> None:
    first = snapshots(table)[0]
    run(settings, "tag", "shop.facts", "start", "--at", str(first), "--keep", "30d")
    run(settings, "branch", "shop.facts", "trial")
    run(settings, "tag", "shop.facts", "never", "--dry-run")
    refs = table.refresh().metadata.refs
    assert set(refs) == {"main", "start", "trial"}
    assert (refs["start"].snapshot_id, refs["start"].max_ref_age_ms) == (first, 30 * 86_400_000)
    assert isinstance(run(settings, "tag", "shop.facts", "start").exception, CatalogError)
    assert isinstance(
        run(settings, "branch", "shop.facts", "start", "--delete").exception, CatalogError
    )
    assert isinstance(
        run(settings, "branch", "shop.facts", "main", "--delete").exception, CatalogError
    )
    assert run(settings, "tag", "shop.facts", "x", "--keep", "soon").exit_code == 2
    run(settings, "tag", "shop.facts", "start", "--delete")
    run(settings, "branch", "shop.facts", "trial", "--delete")
    assert set(table.refresh().metadata.refs) == {"main"}


@pytest.fixture
def landed(settings: Settings, tmp_path: Path) -> tuple[Lake, Path]:
    """Two deliveries, of three lines and one."""
    lake, log = Lake(settings), tmp_path / "orders.csv"
    write_log(log, order_lines(1, 3))
    lake.land(log)
    with log.open("a") as file:
        file.write(order_line(4) + "\n")
    lake.land(log)
    return lake, log


def order_rows(lake: Lake) -> list[Any]:
    return sorted(row["record_id"] for row in lake.rows())


def test_a_landing_table_does_not_go_back_without_being_told_of_its_bookmark(
    settings: Settings, landed: tuple[Lake, Path]
) -> None:
    lake, _ = landed
    first = str(lake.catalog.load_table("landing.order_lines").metadata.snapshots[0].snapshot_id)
    result = run(settings, "rollback", "landing.order_lines", first, "--yes")
    assert isinstance(result.exception, CatalogError)
    assert "holds the bookmark of orders" in result.exception.message
    assert order_rows(lake) == [1, 2, 3, 4]
    with home_lock(settings.home, "ingest-orders", "testing"):
        arguments = ("rollback", "landing.order_lines", first, "--yes", "--bookmarks", "move")
        assert isinstance(run(settings, *arguments).exception, LockedError)


@pytest.mark.parametrize(("bookmarks", "after"), [("move", [1, 2, 3, 4]), ("keep", [1, 2, 3])])
def test_the_next_ingest_lands_again_what_the_bookmark_went_back_over(
    settings: Settings, landed: tuple[Lake, Path], bookmarks: str, after: list[int]
) -> None:
    lake, log = landed
    first = str(lake.catalog.load_table("landing.order_lines").metadata.snapshots[0].snapshot_id)
    arguments = ("rollback", "landing.order_lines", first, "--yes", "--bookmarks", bookmarks)
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.exception
    assert order_rows(lake) == [1, 2, 3]
    lake.land(log)
    assert order_rows(lake) == after
    with log.open("a") as file:
        file.write(order_line(5) + "\n")
    lake.land(log)
    assert order_rows(lake) == [*after, 5]
