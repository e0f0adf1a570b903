"""Statements of somebody whom rules keep from some rows and columns, and every way around them."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lakehouse.athena.executing import open_executions
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError
from lakehouse.query.access.rulebook import RuleBook
from lakehouse.query.access.viewer import Person, Viewer
from lakehouse.query.executions import Executions, State
from lakehouse.query.executions.journal import Journal
from lakehouse.tables.access import add_column_rules, add_row_rule

# id, country, product, customer, note
ORDERS = [
    (1, "France", "A", "c1", "12"), (2, "France", "B", "c1", "13"),
    (3, "Norway", "A", "c2", "fjord"), (4, "Norway", "C", "c3", "hidden in the north"),
    (5, None, "A", None, "nowhere"),
]  # fmt: skip
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    settings = load_settings(folder=folder, environment={})
    raw = settings.home / "raw"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_text("France,12\nNorway,fjord\n")
    place = "'" + str(raw).replace("'", "\\'") + "'"
    rows = ", ".join(
        "(" + ", ".join("NULL" if v is None else repr(v) for v in row) + ")" for row in ORDERS
    )
    with open_executions(settings, write=True) as owner:
        for sql in (
            "create database core", "create database secret",
            "create table core.orders (id bigint, country string, product_id string, "
            "customer_id string, note string) partitioned by (country) "
            "tblproperties ('table_type'='iceberg')",
            f"insert into core.orders values {rows}",
            "create table core.dim_customers (customer_id string, country string) "
            "tblproperties ('table_type'='iceberg')",
            "insert into core.dim_customers values ('c1', 'France'), ('c2', 'Norway')",
            "create table core.lists (customer_id string, item string) "
            "tblproperties ('table_type'='iceberg')",
            "insert into core.lists values ('c1', 'x'), ('c2', 'fjord'), (NULL, 'nowhere')",
            "create table secret.partners (part string) tblproperties ('table_type'='iceberg')",
            "insert into secret.partners values ('secret')",
            "create view core.notes as select note, country from core.orders",
            "create view core.all_partners as select part from secret.partners",
            f"create external table core.raw (country string, note string) row format delimited "
            f"fields terminated by ',' location {place}",
            "prepare kept from select 'secret'",
        ):  # fmt: skip
            owner.complete(sql)
    with open_catalog(settings) as catalog:
        add_row_rule(catalog, user="ada", group=None, values={"country": ["France"]})
        add_row_rule(catalog, user="cyd", group=None, values={"country": ["Norway"]})
        add_row_rule(catalog, user=None, group="board", values={})
        add_row_rule(catalog, user="dan", group=None, values={})
        add_column_rules(catalog, "core.orders", "note", ["ada", "cyd"], ["board"])
    return settings


@pytest.fixture(scope="module")
def executions(home: Settings) -> Iterator[Executions]:
    with open_executions(home) as opened:
        yield opened


def viewer(home: Settings, name: str, *groups: str) -> Viewer:
    return RuleBook(home).viewer(Person(name, frozenset(groups)))


def rows(executions: Executions, seen: Viewer | None, sql: str) -> list[tuple]:
    handle = executions.start(sql, viewer=seen)
    handle.ended()
    return [tuple(row.values()) for row in handle.page().to_pylist()]


FRENCH = [row for row in ORDERS if row[1] == "France"]


@pytest.mark.parametrize(
    "sql",
    [
        "select id, country, product_id, customer_id, note from core.orders order by id",
        "select * from orders order by id",
        "select * from awsdatacatalog.core.orders order by 1",
        "select * from lake.core.orders order by 1",
        'select * from "core"."orders" order by 1',
        "with o as (select * from orders) select * from o order by id",
        "with orders as (select * from core.orders) select * from orders order by id",
        "select * from (select * from orders) order by id",
        "select o.* from (values 1) v(x) cross join orders o order by id",
        "select a.* from orders a join orders b on a.id = b.id order by 1",
        "select a.* from orders a left join orders b on b.country = 'Norway' where b.id is null "
        "order by 1",
        "(select * from orders union select * from orders) order by 1",
        "select * from orders where country = 'Norway' or 1 = 1 order by 1",
        "table orders order by 1",
        "execute immediate 'select * from orders order by id'",
        "select * from orders o where exists (select 1 from orders p where p.id = o.id) order by 1",
    ],
)
def test_every_way_of_reading_shows_her_rows(
    home: Settings, executions: Executions, sql: str
) -> None:
    assert rows(executions, viewer(home, "ada"), sql) == FRENCH


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select count(*), max(id), min(note) from orders", [(2, 2, "12")]),
        ("select (select count(*) from orders)", [(2,)]),
        ("select note from notes order by 1", [("12",), ("13",)]),
        ("select note from raw", [("12",)]),
        ("select customer_id, item from lists", [("c1", "x")]),
        ("select * from dim_customers", [("c1", "France")]),
        ("select count(*) from orders where cast(note as integer) > 0", [(2,)]),
        ("select country from orders group by rollup (country) order by 1", [("France",), (None,)]),
        ("select sum(cast(note as integer)) from orders where length(note) < 9", [(25,)]),
        (
            "show tables in core",
            [(n,) for n in ("dim_customers", "lists", "notes", "orders", "raw")],
        ),
        ("show views in core", [("notes",)]),
        (
            "select table_name from information_schema.tables where table_schema <> 'core'",
            [],
        ),
        (
            "select table_name from information_schema.tables order by 1",
            [(n,) for n in ("dim_customers", "lists", "notes", "orders", "raw")],
        ),
        ("select view_definition from information_schema.views where table_name <> 'notes'", []),
    ],
)
def test_what_is_derived_is_derived_of_her_rows(
    home: Settings, executions: Executions, sql: str, expected: list[tuple]
) -> None:
    assert rows(executions, viewer(home, "ada"), sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select * from secret.partners", "select * from core.all_partners",
        'select * from "orders$partitions"', 'select * from "orders$files"',
        'select * from core."orders$snapshots"', 'select * from awsdatacatalog.core."orders$files"',
        'select "$path" from orders', 'select "$path" from raw', "select filename from orders",
        "select * from orders for timestamp as of timestamp '2099-01-01 00:00:00 UTC'",
        "select * from orders for version as of 1",
        "select * from access.row_rules", "select * from access.column_rules",
        "select * from ops.query_executions",
        "show partitions orders", "show create table orders", "show create view all_partners",
        "show tblproperties orders", "explain select * from orders",
        "explain analyze select * from orders where note = 'fjord'",
        "explain (type io) select * from orders", "execute kept",
        "prepare x from select 1", "deallocate prepare kept",
        "describe secret.partners", "show columns in secret.partners",
        "select * from read_parquet('x')", "select * from temp.main.\"information_schema.tables\"",
        "select * from duckdb_tables()", "select * from lake.duckdb_tables()",
        "select * from iceberg_snapshots(lake.core.orders)",
        "insert into orders values (9, 'France', 'A', 'c1', 'x')", "drop table core.orders",
        "create view core.mine as select * from orders", "delete from core.orders",
        "msck repair table raw", "optimize core.orders rewrite data using bin_pack",
        "unload (select * from orders) to 'x' with (format = 'parquet')",
    ],
)  # fmt: skip
def test_every_way_around_is_closed(home: Settings, executions: Executions, sql: str) -> None:
    handle = executions.start(sql, viewer=viewer(home, "ada"))
    with pytest.raises(LakehouseError) as refused:
        handle.result()
    assert handle.state is State.FAILED
    told = refused.value.message + refused.value.hint
    assert not any(
        secret in told.replace(sql, "") for secret in ("fjord", "in the north", "nowhere")
    )


def test_a_hidden_column_is_not_there(home: Settings, executions: Executions) -> None:
    dan = viewer(home, "dan")  # all rows, but not the notes
    assert rows(executions, dan, "select count(*) from orders") == [(5,)]
    assert rows(executions, dan, "select * from orders where id = 1") == [(1, "France", "A", "c1")]
    columns = "select column_name from information_schema.columns where table_name = 'orders'"
    assert {c for (c,) in rows(executions, dan, columns)} == {
        "id", "country", "product_id", "customer_id",
    }  # fmt: skip
    assert ("note",) not in rows(executions, dan, "show columns in orders")
    described = rows(executions, dan, "describe orders")
    assert not any("note" in str(row[0]) for row in described)
    for sql in (
        "select note from orders", "select o.note from orders o",
        "select 1 from orders where note = 'x'",
        "select * from orders order by note", "select note from notes",
    ):  # fmt: skip
        assert executions.start(sql, viewer=dan).wait().state is State.FAILED, sql


def test_who_sees_everything_asks_as_the_owner_does(home: Settings, executions: Executions) -> None:
    board = viewer(home, "bea", "board")
    for seen in (board, None):
        assert rows(executions, seen, "select count(*) from orders") == [(5,)]
        assert rows(executions, seen, 'select count(*) from "orders$snapshots"') == [(1,)]
        assert executions.start("explain select * from orders", viewer=seen).wait().rows
    # One session serves all, and none keeps what another may.
    assert rows(executions, viewer(home, "ada"), "select count(*) from orders") == [(2,)]


def test_nobody_is_let_in_without_a_rule(home: Settings, executions: Executions) -> None:
    eve = viewer(home, "eve")
    found = executions.start("select 1 from orders", viewer=eve).wait()
    assert (found.state, found.error_code) == (State.FAILED, "PERMISSION_DENIED")
    assert rows(executions, eve, "show tables in core") == []


def test_answers_are_used_again_by_those_who_see_the_same(
    home: Settings, executions: Executions
) -> None:
    def asked(name: str | None) -> tuple[bool, int]:
        seen = viewer(home, name) if name else None
        handle = executions.start("select sum(id) from orders", reuse=HOUR, viewer=seen)
        ended = handle.ended()
        return ended.reused, handle.page().column(0)[0].as_py()

    assert asked(None) == (False, 15)
    assert asked("ada") == (False, 3)
    assert asked("cyd") == (False, 7)
    assert [asked(None), asked("ada"), asked("cyd")] == [(True, 15), (True, 3), (True, 7)]
    # Other rules make another question.
    with open_catalog(home) as catalog:
        add_row_rule(catalog, user="ada", group=None, values={"product_id": ["C"]})
    assert asked("ada") == (False, 7)


def test_the_engines_own_dialect_is_not_for_them(home: Settings) -> None:
    with open_executions(home, dialect="duckdb") as duck:
        sql = "select count(*) from core.orders"
        assert duck.start(sql, viewer=viewer(home, "ada")).wait().state is State.FAILED
        assert duck.start(sql).page().column(0)[0].as_py() == 5


def test_who_asked_is_recorded_also_in_an_older_journal(tmp_path: Path, home: Settings) -> None:
    seen = viewer(home, "cyd")
    with open_executions(home) as opened:
        found = opened.start("select 1", viewer=seen).wait()
    assert (found.person, found.rules) == ("cyd", seen.scope.digest)
    # A journal as version 1 made it.
    journal = Journal(tmp_path / "queries")
    journal.submit(found, "nobody")
    journal.close()
    with sqlite3.connect(tmp_path / "queries" / "journal.db") as db:
        db.execute("ALTER TABLE executions DROP COLUMN person")
        db.execute("ALTER TABLE executions DROP COLUMN rules")
        db.execute("PRAGMA user_version = 1")
    again = Journal(tmp_path / "queries")
    old = again.find(found.id)
    assert old is not None
    assert (old.person, old.rules, old.sql) == ("", "", "select 1")
    again.close()
