"""Many small manifests become one, and nothing else changes."""

from lakehouse.tables.checkpoints import checkpoint_key, read_checkpoint, sequence_key
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, Lake


def test_small_manifests_are_put_together(lake: Lake) -> None:
    lake.sql("create table lake.shop.facts (id bigint, part bigint) partitioned by (part)")
    with lake.table("shop.facts").transaction() as change:
        # Not merged by who appends, as by many engines.
        change.set_properties({sequence_key("orders"): "1"})
        append = change.update_snapshot({checkpoint_key("orders"): "here"})
        append.fast_append().commit()
    for number in range(10):
        lake.sql(f"insert into lake.shop.facts values ({number}, {number % 5})")
    before = lake.rows("shop.facts")
    files = sorted(t.file.file_path for t in lake.table("shop.facts").scan().plan_files())
    (action,) = lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions
    assert (action.action, action.files_before, action.files_after) == ("manifests", 10, 1)
    assert lake.rows("shop.facts") == before
    table = lake.table("shop.facts")
    assert sorted(t.file.file_path for t in table.scan().plan_files()) == files
    assert read_checkpoint(table.metadata, "orders") == "here"
    assert lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions == ()


def test_a_manifest_of_files_that_are_gone_is_let_go(lake: Lake) -> None:
    lake.sql("create table lake.shop.facts (id bigint, part bigint) partitioned by (part)")
    lake.sql("insert into lake.shop.facts select n, n from range(130) as all_of_them(n)")
    lake.table("shop.facts").delete("id >= 1")
    spent = lake.table("shop.facts").current_snapshot()
    assert spent
    manifests = spent.manifests(lake.table("shop.facts").io)
    assert sum(m.deleted_files_count or 0 for m in manifests) == 129
    lake.sql("insert into lake.shop.facts values (7, 1)")
    (action,) = lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions
    assert action.action == "manifests"
    assert "1 manifests of files that are gone" in action.reason
    table = lake.table("shop.facts")
    head = table.current_snapshot()
    assert head
    entries = [e for m in head.manifests(table.io) for e in m.fetch_manifest_entry(table.io, False)]
    assert len(entries) == 2
    assert lake.rows("shop.facts") == ["(0, 0)", "(7, 1)"]
    assert table.scan(snapshot_id=spent.snapshot_id).to_arrow().to_pylist() == [
        {"id": 0, "part": 0}
    ]
    assert lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions == ()
