"""Maintenance beside others: what they do in the middle of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException

from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.publishing import discard
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.errors import CatalogError, LockedError
from lakehouse.tables.maintenance import compaction, expiry
from lakehouse.tables.maintenance.home import maintenance
from lakehouse.tables.maintenance.replacing import Rewrite
from lakehouse.tables.maintenance.run import Maintained
from lakehouse.tables.maintenance.site import Order, Site
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, NOTHING_STAYS, Lake, utc_now

IDS = pa.schema({"id": pa.int64()})
GUARDED = NOTHING_STAYS.model_copy(update={"orphan_age": timedelta(days=1)})


def make(lake: Lake, name: str = "facts", rows: int = 6) -> None:
    lake.sql(f"create table lake.shop.{name} as select 1::bigint as id")
    for number in range(2, rows + 1):
        lake.sql(f"insert into lake.shop.{name} values ({number})")


def ids(lake: Lake, name: str = "facts") -> list[int]:
    return [number for (number,) in lake.sql(f"select id from lake.shop.{name} order by id")]


@pytest.fixture
def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], object]], None]:
    """Do something once, after the files were rewritten and before they are committed."""

    def arrange(act: Callable[[], object]) -> None:
        rewrite = compaction._rewrite
        waiting = [act]

        def rewritten(site: Site, group: compaction.Group) -> Rewrite:
            done = rewrite(site, group)
            if waiting:
                waiting.pop()()
            return done

        monkeypatch.setattr(compaction, "_rewrite", rewritten)

    return arrange


def test_what_is_appended_meanwhile_stays(
    lake: Lake, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    make(lake)
    meanwhile(lambda: lake.sql("insert into lake.shop.facts values (7)"))
    (action,) = lake.maintain("shop.facts", settings=KEEPS_ALL)["shop.facts"].actions
    assert (action.files_before, action.files_after) == (6, 1)
    assert ids(lake) == [1, 2, 3, 4, 5, 6, 7]
    assert lake.files("shop.facts") == 2


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("delete from lake.shop.facts where id = 3", [1, 2, 4, 5, 6]),
        ("update lake.shop.facts set id = 30 where id = 3", [1, 2, 4, 5, 6, 30]),
        ("delete from lake.shop.facts", []),
    ],
)
def test_rows_that_are_deleted_meanwhile_stay_deleted(
    lake: Lake,
    meanwhile: Callable[[Callable[[], object]], None],
    statement: str,
    left: list[int],
) -> None:
    make(lake)
    meanwhile(lambda: lake.sql(statement))
    lake.maintain("shop.facts", settings=GUARDED)
    assert ids(lake) == left
    # What had been rewritten before is planned anew, and what was in vain is gone.
    tasks = list(lake.table("shop.facts").scan().plan_files())
    assert not any(task.delete_files for task in tasks)
    folder = path_of(lake.table("shop.facts").location())
    assert folder is not None
    assert len(list(folder.rglob("*.parquet"))) == len(tasks)


def test_a_table_that_is_rebuilt_meanwhile_is_not_touched(
    lake: Lake, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    make(lake)

    def overwrite() -> None:
        table = lake.table("shop.facts")
        table.overwrite(table.scan().to_arrow().slice(0, 1))

    meanwhile(overwrite)
    lake.maintain("shop.facts", settings=GUARDED)
    assert len(ids(lake)) == 1


def test_a_table_that_is_dropped_meanwhile_is_let_go(
    lake: Lake, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    make(lake)
    make(lake, "other")
    meanwhile(lambda: lake.sql("drop table lake.shop.facts"))
    done = lake.maintain("shop.facts", "shop.other", settings=KEEPS_ALL)
    assert (done["shop.facts"].actions, done["shop.facts"].error) == ((), None)
    assert lake.files("shop.other") == 1
    assert list(lake.settings.warehouse.glob("shop/facts/**/*.parquet")) == []


def test_a_table_that_is_dropped_and_made_anew_meanwhile_is_not_touched(
    lake: Lake, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    make(lake)

    def replace() -> None:
        lake.sql("drop table lake.shop.facts")
        make(lake, rows=2)

    meanwhile(replace)
    lake.maintain("shop.facts", settings=GUARDED)
    assert ids(lake) == [1, 2]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1 and then")])
def test_a_damaged_file_is_told_and_other_tables_are_maintained(
    lake: Lake, damage: Callable[[Path], object]
) -> None:
    make(lake)
    make(lake, "other")
    first = next(iter(lake.table("shop.facts").scan().plan_files())).file.file_path
    path = path_of(first)
    assert path is not None
    damage(path)
    before = lake.table("shop.facts").metadata_location
    done = lake.maintain("shop.facts", "shop.other", settings=KEEPS_ALL)
    error = done["shop.facts"].error
    assert isinstance(error, CatalogError)
    assert "a file of shop.facts is" in error.message
    assert lake.table("shop.facts").metadata_location == before
    assert lake.files("shop.other") == 1


def test_a_tag_that_is_made_meanwhile_keeps_its_snapshot(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(lake, rows=3)
    first = lake.table("shop.facts").metadata.snapshots[0].snapshot_id
    commit = expiry._commit

    def tagging(site: Site, chosen: object) -> None:
        if not lake.table("shop.facts").metadata.refs.get("wanted"):
            lake.table("shop.facts").manage_snapshots().create_tag(first, "wanted").commit()
        commit(site, chosen)  # type: ignore[arg-type]

    monkeypatch.setattr(expiry, "_commit", tagging)
    lake.maintain("shop.facts", settings=GUARDED)
    table = lake.table("shop.facts")
    assert table.metadata.refs["wanted"].snapshot_id == first
    assert table.scan(snapshot_id=first).to_arrow()["id"].to_pylist() == [1]
    assert len(table.metadata.snapshots) == 2


def test_a_snapshot_that_a_branch_names_is_not_removed_for_anybody(lake: Lake) -> None:
    make(lake, rows=2)
    table = lake.table("shop.facts")
    first = table.metadata.snapshots[0].snapshot_id
    stale = lake.table("shop.facts")
    table.manage_snapshots().create_branch(first, "audit").commit()
    with pytest.raises(CommitFailedException, match="named by audit"):
        stale.maintenance.expire_snapshots().by_id(first).commit()


def test_a_snapshot_that_somebody_else_has_expired_is_a_conflict(lake: Lake) -> None:
    make(lake, rows=2)
    table, stale = lake.table("shop.facts"), lake.table("shop.facts")
    first = table.metadata.snapshots[0].snapshot_id
    table.maintenance.expire_snapshots().by_id(first).commit()
    with pytest.raises(CommitFailedException, match="is gone"):
        stale.maintenance.expire_snapshots().by_id(first).commit()


def tended(lake: Lake, name: str = "shop.facts") -> Maintained:
    with maintenance(lake.settings, lake.catalog, Order(GUARDED), utc_now) as work:
        (done,) = work.run([tuple(name.split("."))])
    return done


def test_a_table_of_a_draft_is_left_alone(lake: Lake) -> None:
    make(lake)
    assert isinstance(lake.catalog, LakeSqlCatalog)
    draft = DraftCatalog(lake.catalog, lake.settings.home)
    draft.open()
    draft.run = "a run"
    try:
        # Not drafted yet, but it may be at any moment.
        assert tended(lake).left == "a build is under way"
        draft.load_table("shop.facts").append(lake.table("shop.facts").scan().to_arrow())
    finally:
        draft.close()
    assert tended(lake).left == "a build has drafted it"
    assert lake.files("shop.facts") == 6
    draft.open()
    discard(draft)
    draft.close()
    assert tended(lake).left == ""
    assert lake.files("shop.facts") == 1


def test_one_maintenance_works_in_a_home(lake: Lake) -> None:
    with (
        maintenance(lake.settings, lake.catalog, Order(GUARDED), utc_now),
        pytest.raises(LockedError),
        maintenance(lake.settings, lake.catalog, Order(GUARDED), utc_now),
    ):
        pass


def test_the_last_snapshots_and_the_young_ones_stay(lake: Lake) -> None:
    make(lake, rows=4)
    numbers = [s.sequence_number for s in lake.table("shop.facts").metadata.snapshots]

    def left(keep: int, age: timedelta, clock: Callable[[], datetime]) -> list[int | None]:
        settings = GUARDED.model_copy(update={"keep_snapshots": keep, "snapshot_retention": age})
        order = Order(settings)
        with maintenance(lake.settings, lake.catalog, order, clock) as work:
            list(work.run([("shop", "facts")]))
        return [s.sequence_number for s in lake.table("shop.facts").metadata.snapshots]

    hour = timedelta(hours=1)
    assert left(1, hour, utc_now) == numbers
    assert left(3, hour, lambda: utc_now() + 2 * hour) == numbers[1:]
    # The head was never replaced, however old it is.
    assert left(1, hour, lambda: utc_now() + 2 * hour) == numbers[3:]


def test_a_table_of_a_home_with_hard_characters(lake: Lake, tmp_path: Path) -> None:
    location = tmp_path / "a b%20c ü#1"
    location.mkdir()
    table = lake.catalog.create_table("shop.far", IDS, location=str(location))
    for number in range(5):
        table.append(pa.table({"id": [number]}, schema=IDS))
    lake.maintain("shop.far", settings=NOTHING_STAYS)
    assert sorted(lake.table("shop.far").scan().to_arrow()["id"].to_pylist()) == [0, 1, 2, 3, 4]
    assert len(list(location.rglob("*.parquet"))) == 1
