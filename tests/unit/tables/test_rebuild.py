"""A rebuild replaces a table whole: content, columns, partitioning, or nothing at all."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.types import DecimalType, IntegerType, LongType, StringType

from lakehouse.catalog import open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, QueryError
from lakehouse.tables.rebuild import Rebuilt, TableContent, rebuild

NAME = ("core", "products")


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


@pytest.fixture
def duck() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


class Bench:
    """The two things every test needs, and the one thing it does with them."""

    def __init__(self, duck: DuckDBPyConnection, catalog: Catalog) -> None:
        self.duck = duck
        self.catalog = catalog

    def build(self, query: str, **options: Any) -> Rebuilt:
        return rebuild(self.duck, self.catalog, TableContent(NAME, query, **options))

    @property
    def table(self) -> Table:
        return self.catalog.load_table(NAME)

    def rows(self, snapshot_id: int | None = None) -> list[tuple[Any, ...]]:
        found = self.table.scan(snapshot_id=snapshot_id).to_arrow()
        return sorted(zip(*found.to_pydict().values(), strict=True), key=str)

    def ids(self) -> dict[str, int]:
        return {field.name: field.field_id for field in self.table.schema().fields}

    def files(self) -> set[Path]:
        folder = path_of(self.table.location())
        assert folder is not None
        return {file for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def bench(duck: DuckDBPyConnection, catalog: Catalog) -> Bench:
    return Bench(duck, catalog)


def test_creates_a_table_with_types_partitions_and_descriptions(bench: Bench) -> None:
    built = bench.build(
        "select 1::bigint as id, 2.5::decimal(18, 4) as price, date '2011-03-04' as sold -- last",
        partitioned_by=["month(sold)"],
        doc="One row per product.",
        column_docs={"price": "Pounds a unit"},
    )
    table = bench.table
    assert built == Rebuilt(rows=1, files=1, snapshot_id=table.metadata.current_snapshot_id)
    assert bench.rows() == [(1, Decimal("2.5000"), dt.date(2011, 3, 4))]
    assert [str(field.field_type) for field in table.schema().fields] == [
        "long",
        "decimal(18, 4)",
        "date",
    ]
    assert table.schema().find_field("price").doc == "Pounds a unit"
    assert table.properties["comment"] == "One row per product."
    assert [(f.name, str(f.transform)) for f in table.spec().fields] == [("sold_month", "month")]
    [task] = table.scan().plan_files()
    assert task.file.partition[0] == (2011 - 1970) * 12 + 2


def test_replaces_the_content_in_one_snapshot(bench: Bench) -> None:
    first = bench.build("select range as id from range(5)")
    second = bench.build("select range + 100 as id from range(3)")
    assert bench.rows() == [(100,), (101,), (102,)]
    assert bench.rows(first.snapshot_id) == [(0,), (1,), (2,), (3,), (4,)]
    snapshots = bench.table.snapshots()
    assert [s.snapshot_id for s in snapshots] == [first.snapshot_id, second.snapshot_id]
    summary = snapshots[-1].summary
    assert summary is not None
    expected = {"deleted-records": "5", "added-records": "3", "total-records": "3"}
    assert {name: summary[name] for name in expected} == expected
    assert summary["total-data-files"] == "1"


def test_columns_come_go_and_move_while_those_that_stay_keep_their_ids(bench: Bench) -> None:
    bench.build("select 1::bigint as a, 'x' as b, 2::bigint as c")
    before = bench.ids()
    bench.build("select true as d, 3::bigint as c, 4::bigint as a")
    after = bench.ids()
    assert list(after) == ["d", "c", "a"]
    assert (after["c"], after["a"]) == (before["c"], before["a"])
    assert after["d"] not in before.values()
    assert bench.rows() == [(True, 3, 4)]


def test_a_column_dropped_and_added_again_is_another_one(bench: Bench) -> None:
    bench.build("select 1 as a, 'old' as b")
    old = bench.ids()["b"]
    bench.build("select 1 as a")
    bench.build("select 1 as a, 'new' as b")
    assert bench.ids()["b"] != old


@pytest.mark.parametrize(
    ("before", "after", "type_", "keeps_id"),
    [
        ("1::integer", "2::bigint", LongType(), True),
        ("1::decimal(10, 2)", "2::decimal(18, 2)", DecimalType(18, 2), True),
        ("1::bigint", "2::integer", IntegerType(), False),
        ("1::decimal(18, 2)", "2::decimal(18, 4)", DecimalType(18, 4), False),
        ("1::bigint", "'two'", StringType(), False),
        ("[1]", "['a']", None, False),
        ("[1]", "[2]", None, True),
    ],
)
def test_types_change(bench: Bench, before: str, after: str, type_: object, keeps_id: bool) -> None:
    first = bench.build(f"select {before} as a")
    old_rows, old = bench.rows(), bench.ids()["a"]
    bench.build(f"select {after} as a")
    assert (bench.ids()["a"] == old) is keeps_id
    assert type_ is None or bench.table.schema().find_field("a").field_type == type_
    assert bench.rows() == [tuple(bench.duck.execute(f"select {after}").fetchone() or ())]
    assert bench.rows(first.snapshot_id) == old_rows


def test_partitioning_changes(bench: Bench) -> None:
    query = "select date '2011-01-31' + range::int as sold, 'UK' as country from range(2)"
    for terms in (["month(sold)"], ["country", "year(sold)"], [], ["day(sold)"], ["month(sold)"]):
        bench.build(query, partitioned_by=terms)
        spec = [(str(f.transform), f.name) for f in bench.table.spec().fields]
        assert len(spec) == len(terms)
        assert len(bench.rows()) == 2
    assert spec == [("month", "sold_month")]


def test_the_source_of_a_partitioning_may_go(bench: Bench) -> None:
    bench.build("select 1 as a, date '2011-01-31' as sold", partitioned_by=["month(sold)"])
    bench.build("select 2 as a")
    assert bench.rows() == [(2,)]
    assert bench.table.spec().is_unpartitioned()


def test_the_source_of_a_partitioning_may_change_its_type(bench: Bench) -> None:
    bench.build("select date '2011-01-31' as sold", partitioned_by=["month(sold)"])
    bench.build("select timestamp '2011-02-01' as sold", partitioned_by=["month(sold)"])
    assert bench.rows() == [(dt.datetime.fromisoformat("2011-02-01"),)]


def test_a_column_that_is_a_partition_may_not_change_its_type(bench: Bench) -> None:
    bench.build("select 1 as a", partitioned_by=["a"])
    with pytest.raises(CatalogError, match="can't change like this") as caught:
        bench.build("select 'x' as a")
    assert "drop the table" in caught.value.hint
    assert bench.rows() == [(1,)]


def test_any_value_may_name_a_partition(bench: Bench) -> None:
    values = ["a b", "a_b", "a#b", "", "é/ü", "100%", "it's", "a=b", None, "x" * 200]
    bench.duck.execute("create table t (v varchar)")
    bench.duck.executemany("insert into t values (?)", [[value] for value in values])
    built = bench.build("select v from t", partitioned_by=["v"])
    assert built.files == len(values)
    assert bench.rows() == sorted(((value,) for value in values), key=str)
    partitions = [task.file.partition[0] for task in bench.table.scan().plan_files()]
    assert sorted(partitions, key=str) == sorted(values, key=str)


@pytest.mark.parametrize("terms", [[], ["month(sold)"]])
def test_no_rows_is_a_table_too(bench: Bench, terms: list[str]) -> None:
    query = "select date '2011-01-31' as sold"
    built = bench.build(f"{query} where false", partitioned_by=terms)
    assert (built.rows, built.files, bench.rows()) == (0, 0, [])
    assert bench.table.current_snapshot() is not None
    assert not [file for file in bench.files() if file.suffix == ".parquet"]
    assert bench.build(query, partitioned_by=terms).rows == 1
    assert bench.build(f"{query} where false", partitioned_by=terms).rows == 0
    assert bench.rows() == []


def test_every_type_comes_back(bench: Bench) -> None:
    bench.build(
        "select true as a, 1::utinyint as b, 2::hugeint as c, 3::ubigint as d, 1.5::float as e,"
        " 'x' as f, 'y'::enum('y') as g, date '2011-01-01' as h, time '01:02:03' as i,"
        " timestamp_s '2011-01-01 00:00:01' as j, '\\x01'::blob as k,"
        " {'p': 1, 'q r': ['s']} as l, map {'m': 1::uinteger} as m, null as n"
    )
    [row] = bench.rows()
    assert row == (
        True, 1, Decimal(2), Decimal(3), 1.5, "x", "y", dt.date(2011, 1, 1), dt.time(1, 2, 3),
        dt.datetime.fromisoformat("2011-01-01 00:00:01"), b"\x01", {"p": 1, "q r": ["s"]},
        [("m", 1)], None,
    )  # fmt: skip


def test_a_failing_query_changes_nothing_and_leaves_no_files(bench: Bench) -> None:
    bench.build("select 1::bigint as a")
    before = (bench.table.metadata, bench.files())
    # The error comes after the first files were written.
    query = "select case when range = 900000 then error('boom') else range end as a, 'new' as b"
    for terms in ([], ["b"]):
        with pytest.raises(duckdb.Error, match="boom"):
            bench.build(f"{query} from range(1000000)", partitioned_by=terms)
        assert (bench.table.metadata, bench.files()) == before


def test_a_failing_query_creates_nothing(bench: Bench, settings: Settings) -> None:
    with pytest.raises(duckdb.Error, match="boom"):
        bench.build("select case when range = 900000 then error('boom') end from range(1000000)")
    assert not bench.catalog.table_exists(NAME)
    assert not [file for file in settings.warehouse.rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    ("query", "terms", "message"),
    [
        ("select interval 1 day as a", [], "'a' is of type INTERVAL"),
        ("select 1 as a", ["bucket(4, a)"], "no partition term"),
        ("select 1 as a", ["month(b)"], "no column 'b'"),
    ],
)
def test_what_no_table_can_be_is_refused(
    bench: Bench, query: str, terms: list[str], message: str
) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        bench.build(query, partitioned_by=terms)
    assert caught.value.hint
    assert not bench.catalog.table_exists(NAME)


def meddling(bench: Bench, meddle: Any) -> str:
    """A query that, while it runs, lets somebody else do something to the catalog."""

    def called(value: int) -> int:
        meddle()
        return value

    bench.duck.create_function("meddle", called, ["BIGINT"], "BIGINT", side_effects=True)
    return "select meddle(7::bigint) as a"


def test_a_rebuild_wins_over_rows_appended_meanwhile(bench: Bench, settings: Settings) -> None:
    bench.build("select 1::bigint as a")
    rows = pa.table({"a": pa.array([2], pa.int64())})
    bench.build(meddling(bench, lambda: open_catalog(settings).load_table(NAME).append(rows)))
    assert bench.rows() == [(7,)]
    assert len(bench.table.snapshots()) == 3


def test_losing_to_another_creator_leaves_his_table_alone(bench: Bench, settings: Settings) -> None:
    other = TableContent(NAME, "select 'his' as b")

    def create() -> None:
        with duckdb.connect() as connection:
            rebuild(connection, open_catalog(settings), other)

    with pytest.raises(CatalogError, match=r"core\.products was changed") as caught:
        bench.build(meddling(bench, create))
    assert caught.value.hint
    assert bench.rows() == [("his",)]
    assert len([file for file in bench.files() if file.suffix == ".parquet"]) == 1


def test_a_table_dropped_meanwhile_is_an_error(bench: Bench, settings: Settings) -> None:
    bench.build("select 1::bigint as a")
    files = bench.files()
    query = meddling(bench, lambda: open_catalog(settings).drop_table(NAME))
    folder = path_of(bench.table.location())
    with pytest.raises(CatalogError, match=r"core\.products was changed"):
        bench.build(query)
    assert folder is not None
    assert {file for file in folder.rglob("*") if file.is_file()} == files
