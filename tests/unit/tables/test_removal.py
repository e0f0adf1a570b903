"""Rows that leave a table by their keys, in the commit that brings others and the checkpoint."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import DayTransform
from pyiceberg.types import DateType, DecimalType, LongType, NestedField, StringType

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LockedError
from lakehouse.tables.arrow_files import write_data_files
from lakehouse.tables.checkpoints import read_checkpoint
from lakehouse.tables.fenced_append import Append, append_fenced
from lakehouse.tables.removal import Removal

NAME = ("landing", "prices")
SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "shop", StringType()),
    NestedField(3, "day", DateType()),
    NestedField(4, "price", DecimalType(9, 2)),
)
TYPES = pa.schema(
    [
        ("id", pa.int64()),
        ("shop", pa.string()),
        ("day", pa.date32()),
        ("price", pa.decimal128(9, 2)),
    ]
)
BY_DAY = PartitionSpec(PartitionField(3, 1000, DayTransform(), "day_day"))
MONDAY, TUESDAY = dt.date(2026, 1, 5), dt.date(2026, 1, 6)


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


@pytest.fixture
def table(catalog: Catalog) -> Table:
    catalog.create_namespace("landing")
    return catalog.create_table(NAME, SCHEMA, partition_spec=BY_DAY)


def row(number: int, shop: str = "a", day: dt.date = MONDAY, price: str = "1.00") -> dict[str, Any]:
    return {"id": number, "shop": shop, "day": day, "price": Decimal(price)}


def rows_of(table: Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.scan().to_arrow().to_pylist()
    return sorted(found, key=lambda each: (each["id"], str(each)))


def files_of(settings: Settings) -> set[str]:
    return {path.name for path in settings.warehouse.rglob("*.parquet")}


def known_files(table: Table) -> set[str]:
    return {Path(task.file.file_path).name for task in table.scan().plan_files()}


def step(
    table: Table, number: int, rows: list[dict[str, Any]], keys: list[dict[str, Any]] | None = None
) -> Append:
    """The delivery of that number: rows that come, and the keys of those that go before."""
    content = pa.Table.from_pylist(rows, TYPES)
    files = write_data_files(table, content, f"s-{number}") if rows else []
    removal = None
    if keys:
        wanted = pa.schema([field for field in TYPES if field.name in keys[0]])
        removal = Removal(pa.Table.from_pylist(keys, wanted), f"s-{number}")
    base = str(number - 1) if number > 1 else None
    return Append(table, files, "s", base, str(number), number, removal=removal)


def test_rows_go_and_come_in_one_snapshot(table: Table, settings: Settings) -> None:
    append_fenced(step(table, 1, [row(1), row(2), row(3, day=TUESDAY)]))
    before = table.current_snapshot()
    append_fenced(step(table, 2, [row(2, price="9.00")], keys=[{"id": 2}]))
    assert rows_of(table) == [row(1), row(2, price="9.00"), row(3, day=TUESDAY)]
    assert len(table.snapshots()) == 2
    assert read_checkpoint(table.metadata, "s") == "2"
    assert before
    assert len(table.scan(snapshot_id=before.snapshot_id).to_arrow()) == 3


def test_files_without_such_rows_stay_as_they_are(table: Table) -> None:
    append_fenced(step(table, 1, [row(1), row(2, day=TUESDAY)]))
    before = known_files(table)
    append_fenced(step(table, 2, [], keys=[{"id": 2}]))
    assert rows_of(table) == [row(1)]
    assert known_files(table) < before


def test_nothing_that_goes_is_an_append(table: Table) -> None:
    append_fenced(step(table, 1, [row(1)]))
    append_fenced(step(table, 2, [row(2)], keys=[{"id": 7}]))
    assert rows_of(table) == [row(1), row(2)]
    snapshot = table.current_snapshot()
    assert snapshot
    assert snapshot.summary
    assert snapshot.summary.operation.value == "append"


def test_keys_of_several_columns(table: Table) -> None:
    append_fenced(step(table, 1, [row(1, "a"), row(1, "b"), row(2, "a"), row(2, "b")]))
    append_fenced(step(table, 2, [], keys=[{"id": 1, "shop": "b"}, {"id": 2, "shop": "a"}]))
    assert rows_of(table) == [row(1, "a"), row(2, "b")]


def test_keys_of_other_types_and_rows_without_key(table: Table) -> None:
    rows = [row(1), row(2, day=TUESDAY), {**row(3), "shop": None, "day": None}]
    append_fenced(step(table, 1, rows))
    append_fenced(step(table, 2, [], keys=[{"day": TUESDAY}]))
    append_fenced(step(table, 3, [], keys=[{"price": Decimal("1.00"), "shop": "a"}]))
    assert rows_of(table) == [{**row(3), "shop": None, "day": None}]


def test_more_keys_than_statistics_are_asked_for(table: Table) -> None:
    append_fenced(step(table, 1, [row(n) for n in range(1000)]))
    append_fenced(step(table, 2, [], keys=[{"id": n} for n in range(0, 1000, 2)]))
    assert [each["id"] for each in rows_of(table)] == list(range(1, 1000, 2))


def test_an_empty_table(table: Table) -> None:
    append_fenced(step(table, 1, [row(1)], keys=[{"id": 1}]))
    assert rows_of(table) == [row(1)]


def test_a_commit_in_between_is_taken_in(
    catalog: Catalog, table: Table, settings: Settings
) -> None:
    """Somebody has rewritten the table, and added a row that goes, after it was looked at."""
    append_fenced(step(table, 1, [row(1), row(2)]))
    mine = catalog.load_table(NAME)
    delivery = step(mine, 2, [row(1, price="9.00")], keys=[{"id": 1}])
    assert delivery.removal
    delivery.removal.plan(mine)
    foreign = catalog.load_table(NAME)
    other = Append(
        foreign,
        write_data_files(foreign, pa.Table.from_pylist([row(1, "foreign")], TYPES), "x"),
        "other",
        None,
        "1",
        1,
        removal=Removal(pa.table({"id": pa.array([2])}), "x"),
    )
    append_fenced(other)
    append_fenced(delivery)
    assert rows_of(catalog.load_table(NAME)) == [row(1, price="9.00")]
    assert known_files(mine) <= files_of(settings)


def test_what_was_written_for_nothing_is_removed(
    catalog: Catalog, table: Table, settings: Settings
) -> None:
    append_fenced(step(table, 1, [row(1), row(2)]))
    mine = catalog.load_table(NAME)
    delivery = step(mine, 2, [], keys=[{"id": 1}])
    append_fenced(step(table, 2, [], keys=[{"id": 2}]))
    assert delivery.removal
    before = files_of(settings)
    with pytest.raises(LockedError):
        append_fenced(delivery)
    delivery.removal.settle(mine, None)
    assert files_of(settings) == before
    assert rows_of(table) == [row(1)]


@settings_of(max_examples=5)
@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=4),
            st.sets(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=4),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_steps_do_what_lists_do(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[list[tuple[int, str]], set[tuple[int, str]]]],
) -> None:
    settings = load_settings(folder=tmp_path_factory.mktemp("home"), environment={})
    catalog = open_catalog(settings)
    catalog.create_namespace("landing")
    table = catalog.create_table(NAME, SCHEMA, partition_spec=BY_DAY)
    expected: list[tuple[int, str]] = []
    for number, (come, go) in enumerate(steps, 1):
        expected = [each for each in expected if each not in go] + come
        keys = [{"id": n, "shop": shop} for n, shop in sorted(go)]
        append_fenced(step(table, number, [row(n, shop) for n, shop in come], keys))
    assert [(each["id"], each["shop"]) for each in rows_of(table)] == sorted(expected)
    assert known_files(table) <= files_of(settings)
