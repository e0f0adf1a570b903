"""Files that nothing leads to go when they are old enough; all others stay."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from lakehouse.catalog.locations import path_of
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.maintenance import compaction, expiry
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, NOTHING_STAYS, Lake

GUARDED = MaintenanceSettings(keep_snapshots=1_000_000, orphan_age=timedelta(hours=1))


def folder_of(lake: Lake, name: str) -> Path:
    path = path_of(lake.table(name).location())
    assert path is not None
    return path


def files_of(lake: Lake, name: str) -> set[Path]:
    return {path for path in folder_of(lake, name).rglob("*") if path.is_file()}


def make_facts(lake: Lake, inserts: int = 0) -> None:
    lake.sql("create table lake.shop.facts as select 1::bigint as id")
    for number in range(inserts):
        lake.sql(f"insert into lake.shop.facts values ({number + 2})")


def leave(path: Path, *, hours: float) -> Path:
    """A file that was written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


def test_old_files_that_nothing_leads_to_are_removed(lake: Lake) -> None:
    make_facts(lake)
    kept = files_of(lake, "shop.facts")
    folder = folder_of(lake, "shop.facts")
    old = leave(folder / "data" / "deep" / "old.parquet", hours=2)
    older = leave(folder / "metadata" / "old.metadata.json", hours=3)
    young = leave(folder / "data" / "young.parquet", hours=0.5)
    (planned,) = lake.maintain("shop.facts", settings=GUARDED, dry_run=True)["shop.facts"].actions
    assert (planned.action, planned.files_before, planned.bytes_before) == ("orphans", 2, 22)
    assert files_of(lake, "shop.facts") == kept | {old, older, young}
    (done,) = lake.maintain("shop.facts", settings=GUARDED)["shop.facts"].actions
    assert (done.action, done.files_before, done.files_after) == ("orphans", 2, 0)
    assert files_of(lake, "shop.facts") == kept | {young}
    assert lake.rows("shop.facts") == ["(1,)"]


def test_the_files_of_every_snapshot_branch_and_statistics_stay(lake: Lake) -> None:
    make_facts(lake, inserts=2)
    table = lake.table("shop.facts")
    first = table.metadata.snapshots[0].snapshot_id
    with table.manage_snapshots() as manage:
        manage.create_branch(first, "audit").create_tag(first, "start")
    before = files_of(lake, "shop.facts")
    settings = KEEPS_ALL.model_copy(update={"orphan_age": timedelta(0)})
    assert lake.maintain("shop.facts", settings=settings)["shop.facts"].actions == ()
    assert files_of(lake, "shop.facts") == before


def test_files_of_a_table_registered_twice_belong_to_both(lake: Lake) -> None:
    make_facts(lake)
    table = lake.table("shop.facts")
    lake.catalog.register_table("shop.twin", table.metadata_location)
    lake.sql("insert into lake.shop.twin values (2)")
    # The twin's file lies in the folder they share, and the first one knows nothing of it.
    lake.maintain("shop.facts")
    assert lake.rows("shop.twin") == ["(1,)", "(2,)"]
    lake.sql("delete from lake.shop.facts where true")
    for _ in range(2):
        lake.maintain("shop.facts", full=True)
    assert lake.rows("shop.twin") == ["(1,)", "(2,)"]


def test_a_table_that_forbids_it_keeps_everything(lake: Lake) -> None:
    make_facts(lake, inserts=2)
    with lake.table("shop.facts").transaction() as change:
        change.set_properties({"gc.enabled": "false"})
    left = leave(folder_of(lake, "shop.facts") / "data" / "x.parquet", hours=100)
    assert lake.maintain("shop.facts")["shop.facts"].actions == ()
    assert left.exists()


def test_a_renamed_table_keeps_its_files_from_the_next_of_its_name(lake: Lake) -> None:
    make_facts(lake)
    lake.catalog.rename_table("shop.facts", "shop.old")
    make_facts(lake, inserts=1)
    lake.maintain("shop.facts")
    lake.maintain("shop.old")
    assert (lake.rows("shop.old"), len(lake.rows("shop.facts"))) == (["(1,)"], 2)


def test_what_a_killed_run_wrote_goes_with_the_next_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_facts(lake, inserts=4)
    before = files_of(lake, "shop.facts")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            lake.maintain("shop.facts", settings=KEEPS_ALL)
    assert len(files_of(lake, "shop.facts") - before) == 1
    # Younger than any guard, but the journal tells whose it is.
    done = lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions
    assert [each.reason for each in done] == ["5 small files", "1 files of a run that did not end"]
    assert lake.files("shop.facts") == 1
    assert len(lake.rows("shop.facts")) == 5


def test_expired_files_that_a_killed_run_left_go_with_the_next_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_facts(lake, inserts=4)
    expires = KEEPS_ALL.model_copy(update={"snapshot_retention": timedelta(0), "keep_snapshots": 1})

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "remove_files", die)
        with pytest.raises(KeyboardInterrupt):
            lake.maintain("shop.facts", settings=expires)
    assert len(lake.table("shop.facts").metadata.snapshots) == 1
    left = files_of(lake, "shop.facts")
    (done,) = lake.maintain("shop.facts", settings=expires)["shop.facts"].actions
    # Five data files, with a manifest and a manifest list each.
    assert done.reason == "15 files of expired snapshots"
    assert len(files_of(lake, "shop.facts")) == len(left) - 15
    assert len(lake.rows("shop.facts")) == 5


def test_replaced_files_stay_for_who_reads_them_though_others_expire_snapshots(
    lake: Lake,
) -> None:
    make_facts(lake, inserts=4)
    lake.maintain("shop.facts", settings=KEEPS_ALL)
    table = lake.table("shop.facts")
    old = [s.snapshot_id for s in table.metadata.snapshots[:-1]]
    table.maintenance.expire_snapshots().by_ids(old).commit()  # deletes no files
    before = files_of(lake, "shop.facts")
    # They are older than the guard of unknown files, but were replaced a moment ago.
    settings = KEEPS_ALL.model_copy(update={"orphan_age": timedelta(0)})
    done = lake.maintain("shop.facts", settings=settings)["shop.facts"].actions
    replaced = {path for path in before if path.suffix == ".parquet"}
    assert replaced <= files_of(lake, "shop.facts")
    assert all("replaced" not in each.reason for each in done)
    lake.maintain("shop.facts", settings=NOTHING_STAYS)
    assert len([p for p in files_of(lake, "shop.facts") if p.suffix == ".parquet"]) == 1


def test_folders_are_not_looked_through_by_every_run(lake: Lake) -> None:
    make_facts(lake)
    lake.maintain("shop.facts", settings=GUARDED)
    leave(folder_of(lake, "shop.facts") / "data" / "first.parquet", hours=9)
    lake.maintain("shop.facts", settings=GUARDED)
    later = leave(folder_of(lake, "shop.facts") / "data" / "second.parquet", hours=9)
    assert lake.maintain("shop.facts", settings=GUARDED)["shop.facts"].actions == ()
    assert later.exists()
