"""The catalog page against the tables of the shop's lake."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from apps.bi import described
from lakehouse.athena.results import readable
from lakehouse.athena.session import open_athena
from lakehouse.catalog import open_catalog
from lakehouse.catalog.statistics import TableStatistics
from lakehouse.config import Settings
from lakehouse.query import lake_tables
from lakehouse.query.lineage import lineage_of
from lakehouse.query.published_watch import Watch
from tests.apps.conftest import Opened
from tests.apps.shop import Line
from tests.apps.test_customers import sentence


def test_every_table_is_listed_with_its_rows(
    open_app: Opened, shop_settings: Settings, lines: Sequence[Line]
) -> None:
    with open_catalog(shop_settings) as catalog:
        known = sorted(
            ".".join(table)
            for namespace in catalog.list_namespaces()
            for table in catalog.list_tables(namespace)
        )
    app = open_app(page="catalog")
    assert not app.exception
    listed = app.dataframe[0].value
    assert list(listed["table"]) == known
    assert dict(zip(listed["table"], listed["rows"], strict=True))["core.fct_order_lines"] == len(
        lines
    )
    assert f"**{len(known)} tables** in " in sentence(app)
    core = open_app(page="catalog", database="core").dataframe[0].value
    assert list(core["table"]) == [name for name in known if name.startswith("core.")]


def test_a_table_has_columns_snapshots_and_its_size(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    app = open_app(page="catalog", table="core.fct_orders")
    orders = len({line.order_id for line in lines})
    assert not app.exception
    assert f"fct\\_orders** has **{orders:,} rows** in 1 file" in sentence(app)
    columns, versions = (each.value for each in app.dataframe)
    assert list(columns["column"])[:2] == ["order_id", "customer_id"]
    assert list(versions["added_rows"]) == [orders]
    assert list(versions["current"]) == [True]


@pytest.mark.parametrize("name", ["core.fct_order", "nonsense", "a.b.c.d", "core.", "'; drop"])
def test_a_table_that_does_not_exist_is_named(open_app: Opened, name: str) -> None:
    app = open_app(page="catalog", table=name)
    assert not app.exception
    assert app.header[0].value.startswith("There is no table ")
    assert "None of the " in sentence(app)
    if name == "core.fct_order":
        next(each for each in app.button if each.label == "core.fct_orders").click().run()
        assert next(h.value for h in app.header) == "core\\.fct\\_orders"


def test_the_page_works_without_marts_and_without_a_lake(
    open_app: Opened, settings: Settings
) -> None:
    watch = Watch(settings)
    watch.look()
    app = open_app(watch, page="catalog")
    assert app.header[0].value == "Nothing has been built yet"
    open_catalog(settings).create_namespace("landing")
    watch.look()
    app = open_app(watch, page="catalog")
    assert app.header[0].value == "There is no table yet"
    assert app.code[0].value == "make build"
    assert not app.exception


def test_the_sql_of_the_cards_is_answered(shop_settings: Settings) -> None:
    shown = lake_tables.described(shop_settings, "core.fct_orders")
    assert shown is not None
    with open_athena(shop_settings) as session:
        for answer in (
            described.columns(shown),
            described.versions(shown),
            described.partitions(shown),
            described.tables(lake_tables.sizes(shop_settings)),
        ):
            result = readable(*session.run(answer.statement.text))
            rows = sum(page.num_rows for page in result.pages())
            assert rows == answer.table.num_rows, answer.statement.text


def test_lineage_sees_through_models_without_a_table(settings: Settings) -> None:
    def node(name: str, kind: str, parents: list[str], kept: str = "table") -> dict[str, object]:
        return {
            "unique_id": name,
            "name": name,
            "alias": name,
            "schema": "core",
            "resource_type": kind,
            "config": {"materialized": kept},
            "depends_on": {"nodes": parents, "macros": []},
        }

    source = {**node("raw", "source", []), "identifier": "raw"}
    nodes = [
        node("staged", "model", ["raw"], "ephemeral"),
        node("orders", "model", ["staged"]),
        node("named", "model", ["orders"], "ephemeral"),
        node("report", "model", ["named", "orders"]),
        node("last", "model", ["report"]),
        node("checked", "test", ["orders"]),
    ]
    target = settings.home / "dbt" / "target"
    assert lineage_of(settings, "core.orders") is None
    target.mkdir(parents=True)
    manifest = target / "manifest.json"
    manifest.write_text(
        json.dumps(
            {
                "sources": {"raw": source},
                "nodes": {str(n["name"]): n | {"raw_code": ""} for n in nodes},
                "macros": {},
            }
        )
    )
    found = lineage_of(settings, "core.orders")
    assert found is not None
    assert (found.upstream, found.downstream) == (("core.raw",), ("core.report",))
    assert lineage_of(settings, "core.unknown") is None
    manifest.write_text('{"sources": ')  # it is being written
    assert lineage_of(settings, "core.orders") is None


def test_sizes_read_in_three_figures() -> None:
    assert [described.size(n) for n in (0, 999, 1000, 99_949, 999_600, 32_100_000)] == [
        "0 bytes", "999 bytes", "1.0 kB", "99.9 kB", "1.0 MB", "32.1 MB",
    ]  # fmt: skip


def test_the_sentence_adds_up_all_tables() -> None:
    one = TableStatistics("core", "a", 5, 2, 1_000_000, 1)
    told = described.all_in_one([one, replace(one, table="b", rows=None, bytes=3_500_000)])
    assert told == (
        "**2 tables** in 1 database hold **5 rows** in 4 files (4.5 MB); the biggest is "
        "**core\\.b** with 3.5 MB."
    )
