"""`lakehouse diff` on publications made without dbt: rows by key, measures, what has expired."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from lakehouse.catalog import open_catalog
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.publishing import discard
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import CatalogError
from lakehouse.tables.publications import publish_draft
from lakehouse.tables.rebuild import TableContent, rebuild

ORDERS, DAYS = "core.orders", "reports.days"
COLUMNS = "r(id, country, net_amount, line_count)"
FIRST = f"from (values (1, 'FR', 1.50, 2), (2, 'FR', 2.00, 1), (3, 'DE', 0.10, 1)) {COLUMNS}"
SECOND = f"from (values (1, 'FR', 1.50, 2), (2, 'DE', 2.25, 1), (4, 'DE', 7.00, 5)) {COLUMNS}"


class Builds:
    """Builds that publish what they are given, one publication after the other."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.number = 0

    def publish(self, keyed: bool = True, **queries: str) -> None:
        self.number += 1
        with open_catalog(self.settings) as published, duckdb.connect() as duck:
            assert isinstance(published, LakeSqlCatalog)
            draft = DraftCatalog(published, self.settings.home)
            draft.open()
            discard(draft)
            draft.run = f"run {self.number}"
            rows = {}
            for name, query in queries.items():
                table = tuple(name.split("__"))
                key = ["id"] if keyed else []
                rows[table] = rebuild(duck, draft, TableContent(table, query, key=key)).rows
            now = dt.datetime(2026, 1, self.number, tzinfo=dt.UTC)
            publish_draft(draft, draft.run or "", now, lambda table: rows[table])  # type: ignore[index]

    def diff(self, *arguments: object) -> Result:
        given = ["--home", str(self.settings.home), "diff", *map(str, arguments)]
        return CliRunner().invoke(lakehouse, given)

    def told(self, *arguments: object) -> Any:
        done = self.diff(*arguments, "--json")
        assert done.exit_code == 0, done.output + str(done.exception)
        return json.loads(done.stdout)


@pytest.fixture
def builds(settings: Settings) -> Builds:
    return Builds(settings)


def test_rows_by_key_and_measures(builds: Builds) -> None:
    builds.publish(core__orders=FIRST, reports__days="select 1 as id")
    builds.publish(core__orders=SECOND)
    told = builds.told()
    assert [told["before"]["publication"], told["after"]["publication"]] == [1, 2]
    assert told["after"]["published_at"] == "2026-01-02T00:00:00+00:00"
    orders, days = told["marts"]
    assert (days["table"], days["status"]) == (DAYS, "same")
    assert (orders["status"], orders["rows_before"], orders["rows_after"]) == ("changed", 3, 3)
    assert (orders["added"], orders["removed"], orders["changed"]) == (1, 1, 1)
    measures = {m["name"]: (m["before"], m["after"]) for m in orders["measures"]}
    assert {name: tuple(map(Decimal, pair)) for name, pair in measures.items()} == {
        "net_amount": (Decimal("3.60"), Decimal("10.75")),
        "line_count": (4, 8),
    }


def test_the_rows_themselves(builds: Builds) -> None:
    builds.publish(core__orders=FIRST)
    builds.publish(core__orders=SECOND)
    rows = builds.told("--table", ORDERS, "--rows")["rows"]
    assert [(row["kind"], row["key"]) for row in rows] == [
        ("changed", {"id": 2}),
        ("removed", {"id": 3}),
        ("added", {"id": 4}),
    ]
    assert rows[0]["before"] == {"country": "FR", "net_amount": "2.00"}
    assert rows[0]["after"] == {"country": "DE", "net_amount": "2.25"}
    assert rows[1]["after"] == rows[2]["before"] == {}
    shown = builds.diff("--table", ORDERS, "--rows")
    assert "country=FR, net_amount=2.00" in " ".join(shown.stdout.split())


def test_any_two_publications_and_the_state_before_all(builds: Builds) -> None:
    builds.publish(core__orders=FIRST)
    builds.publish(core__orders=SECOND)
    builds.publish(core__orders=FIRST)
    assert builds.told(1, 3)["marts"][0]["status"] == "same"
    assert builds.told(3, 2)["marts"][0]["added"] == 1
    [new] = builds.told(0, 1)["marts"]
    assert (new["status"], new["added"], new["removed"]) == ("new", 3, 0)
    assert builds.told(1)["after"]["publication"] == 3


def test_without_a_key_whole_rows_are_compared(builds: Builds) -> None:
    builds.publish(keyed=False, core__orders=FIRST)
    builds.publish(keyed=False, core__orders=SECOND)
    [orders] = builds.told()["marts"]
    assert (orders["added"], orders["removed"], orders["changed"]) == (2, 2, 0)
    refused = builds.diff("--table", ORDERS, "--rows")
    assert isinstance(refused.exception, CatalogError)
    assert "no key" in refused.exception.message


def test_columns_that_come_and_go(builds: Builds) -> None:
    builds.publish(core__orders="select 1 as id, 5 as unit_count, 'x' as gone")
    builds.publish(core__orders="select 1 as id, 5 as unit_count, 1.5 as net_amount")
    [orders] = builds.told()["marts"]
    assert (orders["status"], orders["changed"]) == ("changed", 0)
    measures = {m["name"]: (m["before"], m["after"]) for m in orders["measures"]}
    assert measures["net_amount"] == (None, "1.5")


def test_what_has_expired_is_said(builds: Builds) -> None:
    builds.publish(core__orders=FIRST, reports__days="select 1 as id")
    builds.publish(core__orders=SECOND, reports__days="select 2 as id")
    with open_catalog(builds.settings) as catalog:
        table = catalog.load_table(ORDERS)
        old = table.snapshots()[0].snapshot_id
        table.maintenance.expire_snapshots().by_id(old).commit()
    orders, days = builds.told()["marts"]
    assert (orders["status"], orders["added"], orders["rows_before"]) == ("expired", None, 3)
    assert days["status"] == "changed"
    assert "expired" in builds.diff().stderr
    refused = builds.diff("--table", ORDERS, "--rows")
    assert isinstance(refused.exception, CatalogError)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([7], "no publication 7"),
        ([1, 9], "no publication 9"),
        (["--table", "core.nothing"], "has a mart 'core.nothing'"),
        (["--table", "core.nothing", "--json"], "core.orders"),
    ],
)
def test_what_is_not_there_is_told(builds: Builds, arguments: list[object], said: str) -> None:
    builds.publish(core__orders=FIRST)
    error = builds.diff(*arguments).exception
    assert isinstance(error, CatalogError)
    assert said in error.message + error.hint


def test_before_the_first_publication(builds: Builds, settings: Settings) -> None:
    error = builds.diff().exception
    assert isinstance(error, CatalogError)
    assert "no lakehouse" in error.message
    assert not settings.home.exists()
    open_catalog(settings).close()
    error = builds.diff().exception
    assert isinstance(error, CatalogError)
    assert "nothing was published yet" in error.message
    assert builds.diff("--rows").exit_code == 2
