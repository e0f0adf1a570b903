"""Rewritten files hold the same rows, laid out as the table is now."""

import struct
from datetime import date
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile
from pyiceberg.table.snapshots import Operation
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    UUIDType,
)

from lakehouse.catalog.locations import path_of
from lakehouse.tables.checkpoints import checkpoint_key, read_checkpoint, sequence_key
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, Lake

SALES = (
    "create table lake.shop.sales partitioned by (month(day)) as"
    " select 0::bigint as id, date '2024-01-01' as day, 0.5::double as price, 'first' as name"
)


def sell(lake: Lake, number: int, *, table: str = "shop.sales") -> None:
    """Ten rows, in January and February."""
    lake.sql(
        f"insert into lake.{table} select {number * 10} + i, date '2024-01-28' + i::int,"
        f" i / 2.0, 'name ' || i from range(10) r(i)"
    )


def data_files(lake: Lake, name: str = "shop.sales") -> list[DataFile]:
    return [task.file for task in lake.table(name).scan().plan_files()]


def test_small_files_become_one_a_partition(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 6):
        sell(lake, number)
    before = lake.rows("shop.sales")
    done = lake.maintain("shop.sales", settings=KEEPS_ALL)["shop.sales"]
    (action,) = done.actions
    # The first row lies in January too: 1 + 5 files there, 5 in February.
    assert (action.action, action.files_before, action.files_after) == ("compact", 11, 2)
    assert lake.rows("shop.sales") == before
    assert sorted(file.record_count for file in data_files(lake)) == [21, 30]
    snapshot = lake.table("shop.sales").current_snapshot()
    assert snapshot is not None
    assert snapshot.summary is not None
    assert snapshot.summary.operation == Operation.REPLACE
    assert snapshot.summary["total-data-files"] == "2"
    assert snapshot.summary["total-records"] == "51"


def test_a_table_in_order_is_left_alone(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 6):
        sell(lake, number)
    lake.maintain("shop.sales", settings=KEEPS_ALL)
    metadata = lake.table("shop.sales").metadata_location
    assert lake.maintain("shop.sales", settings=KEEPS_ALL)["shop.sales"].actions == ()
    assert lake.table("shop.sales").metadata_location == metadata


def test_a_few_small_files_are_not_worth_it(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 4):
        sell(lake, number)
    assert lake.maintain("shop.sales", settings=KEEPS_ALL)["shop.sales"].actions == ()
    lake.maintain("shop.sales", settings=KEEPS_ALL, full=True)
    assert lake.files("shop.sales") == 2


def test_deleted_rows_leave_the_files(lake: Lake) -> None:
    lake.sql(SALES)
    sell(lake, 1)
    sell(lake, 2)
    lake.sql("delete from lake.shop.sales where id % 10 in (3, 5)")
    lake.sql("update lake.shop.sales set name = 'changed' where id = 14")
    before = lake.rows("shop.sales")
    assert len(before) == 17
    lake.maintain("shop.sales", settings=KEEPS_ALL)
    assert lake.rows("shop.sales") == before
    tasks = list(lake.table("shop.sales").scan().plan_files())
    assert not any(task.delete_files for task in tasks)
    assert sum(task.file.record_count for task in tasks) == 17
    snapshot = lake.table("shop.sales").current_snapshot()
    assert snapshot is not None
    assert snapshot.summary is not None
    assert snapshot.summary["total-delete-files"] == "0"
    assert snapshot.summary["total-position-deletes"] == "0"


def test_a_table_whose_rows_are_all_deleted_has_no_files_left(lake: Lake) -> None:
    lake.sql(SALES)
    sell(lake, 1)
    lake.sql("delete from lake.shop.sales")
    lake.maintain("shop.sales", settings=KEEPS_ALL)
    assert lake.rows("shop.sales") == []
    assert data_files(lake) == []


def test_what_is_said_of_a_file_is_true(lake: Lake) -> None:
    lake.sql(
        "create table lake.shop.facts as select * from (values"
        " (1::bigint, 'nan'::double, 'b'), (2, null, 'ä' || repeat('x', 40)), (3, 2.5, null))"
        " t(id, price, name)"
    )
    for _ in range(4):
        lake.sql("insert into lake.shop.facts values (4, 'nan', 'c'), (5, -1.5, 'd')")
    lake.maintain("shop.facts", settings=KEEPS_ALL)
    (file,) = data_files(lake, "shop.facts")
    ids = {field.name: field.field_id for field in lake.table("shop.facts").schema().fields}
    assert dict(file.value_counts) == dict.fromkeys(ids.values(), 11)
    assert dict(file.null_value_counts) == {ids["id"]: 0, ids["price"]: 1, ids["name"]: 1}
    assert dict(file.nan_value_counts) == {ids["price"]: 5}
    lower, upper = file.lower_bounds, file.upper_bounds
    assert (lower[ids["id"]], upper[ids["id"]]) == (struct.pack("<q", 1), struct.pack("<q", 5))
    assert (lower[ids["price"]], upper[ids["price"]]) == (
        struct.pack("<d", -1.5),
        struct.pack("<d", 2.5),
    )
    assert lower[ids["name"]] == b"b"
    assert upper[ids["name"]].decode() > "ä" + "x" * 40
    path = path_of(file.file_path)
    assert path is not None
    assert file.file_size_in_bytes == path.stat().st_size
    written = pq.read_schema(path)
    assert {f.name: int(f.metadata[b"PARQUET:field_id"]) for f in written} == ids


def test_old_rows_take_the_columns_that_the_table_has_now(lake: Lake) -> None:
    lake.sql("create table lake.shop.goods as select 1::int as id, 'red' as colour, 9 as size")
    for number in range(2, 5):
        lake.sql(f"insert into lake.shop.goods values ({number}, 'blue', 9)")
    with lake.table("shop.goods").update_schema() as update:
        update.rename_column("colour", "shade")
        update.delete_column("size")
        update.update_column("id", LongType())
    with lake.table("shop.goods").update_schema() as update:
        update.move_first("shade")
    with lake.table("shop.goods").update_schema() as update:
        # The name is taken again, by a column that the old rows don't have.
        update.add_column("size", StringType())
    lake.sql("insert into lake.shop.goods values ('green', 5000000000, 'XL')")
    before = lake.rows("shop.goods")
    lake.maintain("shop.goods", settings=KEEPS_ALL)
    assert lake.rows("shop.goods") == before
    assert lake.files("shop.goods") == 1
    assert lake.sql("select shade, id, size from lake.shop.goods order by id")[-2:] == [
        ("blue", 4, None),
        ("green", 5_000_000_000, "XL"),
    ]


def test_files_of_an_old_partitioning_move_to_the_present_one(lake: Lake) -> None:
    lake.sql(
        "create table lake.shop.sales partitioned by (name) as"
        " select i::bigint as id, date '2024-01-30' + i::int as day, 'n' || i % 2 as name"
        " from range(5) r(i)"
    )
    before = lake.rows("shop.sales")
    table = lake.table("shop.sales")
    with table.update_spec() as update:
        update.remove_field(table.spec().fields[0].name)
        update.add_field("day", "month", "day_month")
    with table.update_schema() as schema:
        schema.delete_column("name")
    done = lake.maintain("shop.sales", settings=KEEPS_ALL)["shop.sales"]
    assert "old partitioning" in done.actions[0].reason
    assert lake.rows("shop.sales") == sorted(
        repr((i, date(2024, 1, 30 + i) if i < 2 else date(2024, 2, i - 1))) for i in range(5)
    )
    assert len(before) == 5
    # Months since 1970, in a table whose only other partition field is retired.
    assert sorted(file.record_count for file in data_files(lake)) == [2, 3]
    assert {file.spec_id for file in data_files(lake)} == {lake.table("shop.sales").spec().spec_id}


def test_hard_types_survive(lake: Lake) -> None:
    one = UUID("12345678-1234-5678-1234-567812345678")
    lake.sql(
        "create table lake.shop.hard as select"
        " 1.5::decimal(38,4) as amount, timestamp '2024-02-29 23:59:59.999999' as at,"
        " time '12:00:00.000001' as clock, 'a'::blob as bytes, true as flag, 1.5::float as f"
    )
    table = lake.table("shop.hard")
    with table.update_schema() as update:
        update.add_column("key", UUIDType())
        update.add_column("tags", ListType(100, StringType(), element_required=False))
        update.add_column("map", MapType(101, StringType(), 102, LongType(), value_required=False))
        update.add_column("inner", StructType(NestedField(103, "deep", StringType())))
    schema = table.schema().as_arrow()
    row = {
        "amount": None,
        "at": None,
        "clock": None,
        "bytes": b"\0\xff",
        "flag": None,
        "f": float("inf"),
        "key": one.bytes,
        "tags": ["x", None],
        "map": [("k", 1)],
        "inner": {"deep": "down"},
    }
    for _ in range(4):
        table.append(pa.Table.from_pylist([row], schema=schema))
    before = lake.sql("select * from lake.shop.hard order by all")
    lake.maintain("shop.hard", settings=KEEPS_ALL)
    assert lake.files("shop.hard") == 1
    assert lake.sql("select * from lake.shop.hard order by all") == before
    assert lake.table("shop.hard").scan().to_arrow()["key"].to_pylist().count(one) == 4


def test_a_partition_value_with_hard_characters_is_kept(lake: Lake) -> None:
    lake.catalog.create_table(
        "shop.places",
        pa.schema([pa.field("place", pa.string()), pa.field("id", pa.int64())]),
    )
    table = lake.table("shop.places")
    with table.update_spec() as update:
        update.add_field("place", IdentityTransform(), "place")
    places = ["Zürich/Süd", "a b%20c", "", None, "50%"]
    for number in range(5):
        rows = [{"place": place, "id": number} for place in places]
        table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    before = lake.rows("shop.places")
    lake.maintain("shop.places", settings=KEEPS_ALL)
    assert lake.rows("shop.places") == before
    assert sorted(str(file.partition[0]) for file in data_files(lake, "shop.places")) == sorted(
        map(str, places)
    )
    assert lake.files("shop.places") == len(places)


def test_the_checkpoint_of_a_stream_goes_on_with_the_rewritten_files(lake: Lake) -> None:
    lake.sql(SALES)
    table = lake.table("shop.sales")
    with table.transaction() as transaction:
        transaction.set_properties({sequence_key("orders"): "7"})
        append = transaction.update_snapshot({checkpoint_key("orders"): "the bookmark"})
        append.fast_append().commit()
    for number in range(1, 6):
        sell(lake, number)  # DuckDB carries no checkpoints
    lake.maintain("shop.sales")
    metadata = lake.table("shop.sales").metadata
    assert len(metadata.snapshots) == 1
    assert read_checkpoint(metadata, "orders") == "the bookmark"


def test_expiry_does_not_lose_a_checkpoint_that_others_buried(lake: Lake) -> None:
    lake.sql(SALES)
    table = lake.table("shop.sales")
    with table.transaction() as transaction:
        transaction.set_properties({sequence_key("orders"): "7"})
        append = transaction.update_snapshot({checkpoint_key("orders"): "the bookmark"})
        append.fast_append().commit()
    sell(lake, 1)  # too little to be compacted
    lake.maintain("shop.sales")
    metadata = lake.table("shop.sales").metadata
    assert read_checkpoint(metadata, "orders") == "the bookmark"
    # The table was made by a snapshot of its own, which went.
    assert len(metadata.snapshots) == 2


def test_expired_snapshots_take_their_files_along(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 6):
        sell(lake, number)
    before = lake.rows("shop.sales")
    actions = {a.action: a for a in lake.maintain("shop.sales")["shop.sales"].actions}
    assert set(actions) == {"compact", "expire"}
    assert lake.rows("shop.sales") == before
    table = lake.table("shop.sales")
    folder = path_of(table.location())
    assert folder is not None
    left = {path.name for path in folder.rglob("*.parquet")}
    assert left == {Path(file.file_path).name for file in data_files(lake)}
    snapshot = table.current_snapshot()
    assert snapshot is not None
    manifests = {Path(manifest.manifest_path).name for manifest in snapshot.manifests(table.io)}
    lists = {Path(snapshot.manifest_list).name}
    assert {path.name for path in folder.rglob("*.avro")} == manifests | lists
    # 11 data files, their 6 manifests and lists, those of the compaction stay.
    assert actions["expire"].files_before == 11 + 6 + 6


def test_a_dry_run_tells_and_changes_nothing(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 6):
        sell(lake, number)
    metadata = lake.table("shop.sales").metadata_location
    files = sorted(lake.settings.warehouse.rglob("*"))
    planned = lake.maintain("shop.sales", dry_run=True)["shop.sales"].actions
    assert [(each.action, each.files_before, each.files_after) for each in planned] == [
        ("compact", 11, None),
        ("expire", 5, None),  # what was replaced is not only theirs yet: five manifest lists
    ]
    assert lake.table("shop.sales").metadata_location == metadata
    assert sorted(lake.settings.warehouse.rglob("*")) == files


def test_a_tag_keeps_its_snapshot(lake: Lake) -> None:
    lake.sql(SALES)
    tagged = lake.table("shop.sales").metadata.current_snapshot_id
    assert tagged is not None
    lake.table("shop.sales").manage_snapshots().create_tag(tagged, "first").commit()
    for number in range(1, 6):
        sell(lake, number)
    lake.maintain("shop.sales")
    table = lake.table("shop.sales")
    assert len(table.metadata.snapshots) == 2
    assert table.scan(snapshot_id=tagged).to_arrow()["name"].to_pylist() == ["first"]


def test_what_was_done_is_recorded(lake: Lake) -> None:
    lake.sql(SALES)
    for number in range(1, 6):
        sell(lake, number)
    first = lake.table("shop.sales").metadata.current_snapshot_id
    lake.maintain("shop.sales")
    last = lake.table("shop.sales").metadata.current_snapshot_id
    assert lake.sql(
        'select "table", action, files_before, files_after, snapshot_before, snapshot_after,'
        " snapshots_before, snapshots_after from lake.ops.maintenance order by started_at"
    ) == [
        ("shop.sales", "compact", 11, 2, first, last, 6, 7),
        ("shop.sales", "expire", 23, 0, last, last, 7, 1),
    ]


def test_rows_keep_their_order(lake: Lake) -> None:
    table = lake.catalog.create_table("shop.log", pa.schema({"id": pa.int64()}))
    for number in range(6):
        table.append(pa.table({"id": [number * 2, number * 2 + 1]}))
    lake.maintain("shop.log", settings=KEEPS_ALL)
    assert lake.table("shop.log").scan().to_arrow()["id"].to_pylist() == list(range(12))
