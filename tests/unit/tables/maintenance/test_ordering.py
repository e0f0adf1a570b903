"""Rows are put in the order that the table wants them in."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import (
    FixedType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from lakehouse.catalog.locations import path_of
from lakehouse.errors import ConfigError
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, Lake

MAKE = (
    "create table lake.shop.sales (id bigint, day date, country varchar, price double)"
    " partitioned by (month(day))"
)


def sell(lake: Lake, count: int, seed: int) -> None:
    draw = random.Random(seed)
    rows = [
        (seed * 1000 + n, date(2024, 1 + n % 2, draw.randrange(1, 28)), draw.choice("ab"), 0.5)
        for n in range(count)
    ]
    rows.append((seed * 1000 + count, date(2024, 1, 5), None, float("nan")))
    lake.con.executemany("insert into lake.shop.sales values (?, ?, ?, ?)", rows[:1])
    values = ", ".join(["(?, ?, ?, ?)"] * (len(rows) - 1))
    flat = [value for row in rows[1:] for value in row]
    lake.con.execute(f"insert into lake.shop.sales values {values}", flat)


def stored(lake: Lake, name: str = "shop.sales") -> dict[str, list[dict[str, Any]]]:
    """The rows of each file, as they lie in it."""
    return {
        task.file.file_path: pq.read_table(path_of(task.file.file_path)).to_pylist()
        for task in lake.table(name).scan().plan_files()
    }


def by_country_and_day(row: dict[str, Any]) -> tuple[bool, int, bool, date]:
    falling = -ord(row["country"]) if row["country"] else 0
    return (row["country"] is None, falling, row["day"] is None, row["day"])


def order_ids(lake: Lake) -> set[int | None]:
    return {task.file.sort_order_id for task in lake.table("shop.sales").scan().plan_files()}


def test_a_table_is_put_in_order_and_stays_so(lake: Lake) -> None:
    lake.sql(MAKE)
    sell(lake, 30, 1)
    before = lake.rows("shop.sales")
    asked: dict[str, Any] = {"settings": KEEPS_ALL, "full": True, "sort_by": "country desc, day"}
    would = lake.maintain("shop.sales", dry_run=True, **asked)
    assert [each.action for each in would["shop.sales"].actions] == ["compact"]
    assert "files out of order" in would["shop.sales"].actions[0].reason
    assert lake.table("shop.sales").sort_order().is_unsorted

    lake.maintain("shop.sales", **asked)
    files = stored(lake)
    assert len(files) == 2
    for rows in files.values():
        assert rows == sorted(rows, key=by_country_and_day)
    assert lake.rows("shop.sales") == before
    assert order_ids(lake) == {1}
    again = lake.maintain("shop.sales", settings=KEEPS_ALL, full=True, sort_by="country DESC, day")
    assert again["shop.sales"].actions == ()

    for seed in range(2, 6):  # DuckDB goes on writing rows as they come
        sell(lake, 10, seed)
    lake.sql("update lake.shop.sales set country = 'c' where id % 7 = 0")
    before = lake.rows("shop.sales")
    lake.maintain("shop.sales", settings=KEEPS_ALL)
    assert lake.rows("shop.sales") == before
    assert order_ids(lake) == {1}
    for rows in stored(lake).values():
        assert rows == sorted(rows, key=by_country_and_day)
    lake.maintain("shop.sales", settings=KEEPS_ALL, full=True, sort_by="none")
    assert lake.table("shop.sales").sort_order().is_unsorted
    assert list(lake.settings.home.glob("maintenance/sorting-*")) == []


def test_an_order_that_makes_no_sense_is_refused(lake: Lake) -> None:
    lake.sql(MAKE)
    for wrong in (",", "price up", "nothing", "id, , day", "id desc last"):
        done = lake.maintain("shop.sales", full=True, sort_by=wrong)
        error = done["shop.sales"].error
        assert isinstance(error, ConfigError)
        assert "country" in error.hint
    assert lake.table("shop.sales").sort_order().is_unsorted


def test_every_type_survives_being_sorted_in_the_order_of_another_engine(lake: Lake) -> None:
    schema = Schema(
        NestedField(1, "at", TimestamptzType()),
        NestedField(2, "key", UUIDType()),
        NestedField(3, "clock", TimeType()),
        NestedField(4, "code", FixedType(2)),
        NestedField(5, "tags", ListType(50, StringType(), element_required=False)),
        NestedField(6, "map", MapType(51, StringType(), 52, LongType(), value_required=False)),
        NestedField(7, "inner", StructType(NestedField(53, "deep", StringType()))),
        NestedField(8, 'a "name"', LongType()),
    )
    table = lake.catalog.create_table("shop.hard", schema)
    noon = datetime.fromisoformat("2024-02-29T12:00:00.000001+00:00")
    rows = [
        {
            "at": noon - timedelta(days=n) if n else None,
            "key": UUID(int=n).bytes,
            "clock": noon.time(),
            "code": bytes([n, 255]),
            "tags": ["x", None] if n else None,
            "map": [("k", n)],
            "inner": {"deep": None} if n else None,
            'a "name"': n,
        }
        for n in range(6)
    ]
    for row in rows:
        table.append(pa.Table.from_pylist([row], schema=table.schema().as_arrow()))
    with table.update_sort_order() as update:
        update.desc("at", DayTransform()).asc('a "name"', IdentityTransform())
    before = sorted(map(repr, table.scan().to_arrow().to_pylist()))
    lake.maintain("shop.hard", settings=KEEPS_ALL)
    table.refresh()
    (task,) = table.scan().plan_files()
    assert task.file.sort_order_id == table.sort_order().order_id
    assert sorted(map(repr, table.scan().to_arrow().to_pylist())) == before
    found = [row['a "name"'] for row in table.scan().to_arrow().to_pylist()]
    assert found == [1, 2, 3, 4, 5, 0]
    with table.update_sort_order() as update:  # an order that can't be had here is left to others
        update.asc('a "name"', BucketTransform(4))
    assert lake.maintain("shop.hard", settings=KEEPS_ALL, full=True)["shop.hard"].actions == ()
