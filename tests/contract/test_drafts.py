"""Drafts: what a build writes goes public whole or not at all, whenever it is killed."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import PyArrowFileIO
from sqlalchemy import event

from lakehouse.catalog import open_catalog
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.publishing import discard, publish
from lakehouse.catalog.rest import serving
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import CatalogError, LockedError
from tests.contract.conftest import client_of

# Children fork from a server that has no threads and no open catalog.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.contract.test_drafts"])

OLD, NEW, GONE, LANDING = ("core", "old"), ("core", "new"), ("core", "gone"), ("landing", "lines")


def ids(*numbers: int) -> pa.Table:
    return pa.table({"id": pa.array(numbers, pa.int64())})


def found(catalog: Catalog) -> dict[str, list[int]]:
    """What every table of core holds."""
    names = [name for _, name in catalog.list_tables("core")]
    return {
        name: sorted(catalog.load_table(("core", name)).scan().to_arrow()["id"].to_pylist())
        for name in names
    }


BEFORE = {"old": [1], "gone": [7]}
AFTER = {"old": [1, 2, 3], "new": [4]}


def prepare(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("core")
        catalog.create_namespace("landing")
        catalog.create_table(OLD, ids().schema).append(ids(1))
        catalog.create_table(GONE, ids().schema).append(ids(7))
        catalog.create_table(LANDING, ids().schema).append(ids(9))


def change(draft: Catalog) -> None:
    """One of each: a table changed twice, one made, one dropped."""
    draft.load_table(OLD).append(ids(2))
    draft.load_table(OLD).append(ids(3))
    draft.create_table(NEW, ids().schema).append(ids(4))
    draft.drop_table(GONE)


@contextmanager
def drafting(settings: Settings, run: str = "a run") -> Iterator[DraftCatalog]:
    with open_catalog(settings) as published:
        assert isinstance(published, LakeSqlCatalog)
        draft = DraftCatalog(published, settings.home, direct=["audit"])
        draft.open()
        discard(draft)
        draft.run = run
        yield draft
        draft.close()


@pytest.fixture
def lake(settings: Settings) -> Iterator[Catalog]:
    """The published catalog."""
    prepare(settings)
    with open_catalog(settings) as catalog:
        yield catalog


def files(settings: Settings) -> set[Path]:
    return {path for path in settings.warehouse.rglob("*") if path.is_file()}


def test_a_draft_is_seen_from_inside_alone_until_it_is_published(
    settings: Settings, lake: Catalog
) -> None:
    with drafting(settings) as draft:
        change(draft)
        assert found(draft) == AFTER
        assert found(lake) == BEFORE
        assert not draft.table_exists(GONE)
        assert lake.table_exists(GONE)
        assert [each.identifier for each in publish(draft)] == [GONE, NEW, OLD]
    assert found(lake) == AFTER
    assert not list((settings.warehouse / "core" / "gone").rglob("*.parquet"))
    with drafting(settings) as draft:
        assert not draft.drafted()


def test_a_steady_catalog_stays_in_the_state_before(settings: Settings, lake: Catalog) -> None:
    assert isinstance(lake, LakeSqlCatalog)
    steady = SteadyCatalog(lake)
    with drafting(settings) as draft:
        change(draft)
        publish(draft)
    lake.create_table(GONE, ids().schema)
    assert steady.load_table(OLD).scan().to_arrow()["id"].to_pylist() == BEFORE["old"]
    assert sorted(steady.list_tables("core")) == [GONE, OLD]
    steady.renew()
    assert found(steady) == AFTER | {"gone": []}


def test_a_draft_is_reached_by_other_engines_too(settings: Settings, lake: Catalog) -> None:
    with drafting(settings) as draft, serving(draft) as endpoint:
        with client_of(endpoint) as client:
            change(client)
            assert found(client) == AFTER
        assert found(lake) == BEFORE
        publish(draft)
    assert found(lake) == AFTER


def test_a_discarded_draft_leaves_no_file(settings: Settings, lake: Catalog) -> None:
    before = files(settings)
    with drafting(settings) as draft:
        change(draft)
        draft.drop_table(OLD)
        draft.create_table(OLD, ids().schema).append(ids(5))
    assert found(lake) == BEFORE
    with drafting(settings):
        pass
    assert files(settings) == before
    assert not list((settings.warehouse / "core" / "new").rglob("*"))
    assert found(lake) == BEFORE


def test_a_build_sees_one_state_of_what_it_does_not_change(
    settings: Settings, lake: Catalog
) -> None:
    with drafting(settings) as draft:
        for number in range(3):
            lake.load_table(LANDING).append(ids(number))
        lake.create_table(("landing", "late"), ids().schema)
        assert draft.load_table(LANDING).scan().to_arrow()["id"].to_pylist() == [9]
        assert not draft.table_exists(("landing", "late"))
        change(draft)
        publish(draft)
    assert len(lake.load_table(LANDING).scan().to_arrow()) == 4
    assert lake.table_exists(("landing", "late"))


def test_what_was_pinned_and_is_gone_is_read_as_it_is_now(
    settings: Settings, lake: Catalog
) -> None:
    with drafting(settings) as draft:
        pinned = path_of(draft.metadata_location(LANDING))
        lake.load_table(LANDING).append(ids(10))
        assert pinned
        pinned.unlink()
        assert len(draft.load_table(LANDING).scan().to_arrow()) == 2


def test_what_changed_meanwhile_stays_and_nothing_else_is_published(
    settings: Settings, lake: Catalog
) -> None:
    with drafting(settings) as draft:
        change(draft)
        lake.load_table(OLD).append(ids(100))
        with pytest.raises(CatalogError, match=r"core\.old was changed by somebody else") as told:
            publish(draft)
        assert "build again" in told.value.hint
    assert found(lake) == BEFORE | {"old": [1, 100]}
    with drafting(settings) as draft:
        change(draft)
        publish(draft)
    assert found(lake) == AFTER | {"old": [1, 2, 3, 100]}


@pytest.mark.parametrize("name", [NEW, GONE])
def test_a_table_made_or_dropped_meanwhile_is_a_conflict(
    settings: Settings, lake: Catalog, name: tuple[str, str]
) -> None:
    with drafting(settings) as draft:
        change(draft)
        if name == NEW:
            lake.create_table(NEW, ids().schema)
        else:
            lake.drop_table(GONE)
        before = found(lake)
        with pytest.raises(CatalogError, match="nothing was published"):
            publish(draft)
    assert found(lake) == before


def test_some_namespaces_are_written_at_once(settings: Settings, lake: Catalog) -> None:
    with drafting(settings) as draft:
        draft.create_namespace("audit")
        draft.create_table(("audit", "failures"), ids().schema).append(ids(1))
        assert len(lake.load_table(("audit", "failures")).scan().to_arrow()) == 1
        draft.purge_table(("audit", "failures"))
        assert not lake.table_exists(("audit", "failures"))


def test_one_draft_at_a_time_in_a_home(settings: Settings, lake: Catalog) -> None:
    with (
        drafting(settings),
        pytest.raises(LockedError, match="building the marts of"),
        drafting(settings),
    ):
        pass


def test_two_homes_on_one_catalog_have_a_draft_each(
    settings: Settings, lake: Catalog, tmp_path: Path
) -> None:
    other = settings.model_copy(update={"home": tmp_path / "other"})
    assert isinstance(lake, LakeSqlCatalog)
    with drafting(settings) as draft:
        change(draft)
        second = DraftCatalog(lake, other.home)
        second.open()
        assert found(second) == BEFORE
        discard(second)
        second.close()
        assert found(draft) == AFTER
        with pytest.raises(NoSuchTableError):
            lake.load_table(NEW)


def build(settings: Settings) -> None:
    """What one build does of all this: clear what another left, write, publish."""
    with drafting(settings) as draft:
        change(draft)
        publish(draft)


def counting(settings: Settings, reached: Callable[[], None], work: Callable[[], Any]) -> None:
    """Do the work, and call `reached` before everything that another process could see."""
    delete, write = PyArrowFileIO.delete, LakeSqlCatalog._write_metadata

    def deleting(io: PyArrowFileIO, location: Any) -> None:
        reached()
        delete(io, location)

    def writing(*arguments: Any) -> None:
        reached()
        write(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PyArrowFileIO, "delete", deleting)
        patch.setattr(LakeSqlCatalog, "_write_metadata", staticmethod(writing))
        with open_catalog(settings) as catalog:
            engine = type(catalog.engine)  # type: ignore[attr-defined]
        for moment in ("before_cursor_execute", "commit"):
            event.listen(engine, moment, lambda *_: reached())
        work()


def killed_at(home: Path, step: int) -> None:
    """In a child: build, and die by SIGKILL at that step (leave the number of steps otherwise)."""
    steps = 0

    def reached() -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(folder=home, environment={})
    counting(settings, reached, lambda: build(settings))
    reached()
    (home / "steps").write_text(str(steps))


def child(home: Path, step: int) -> int | None:
    process = processes.Process(target=killed_at, args=(home, step))
    process.start()
    process.join()
    return process.exitcode


def test_a_build_that_is_killed_anywhere_leaves_one_whole_state(tmp_path: Path) -> None:
    homes = [tmp_path / "whole"]
    prepare(load_settings(folder=homes[0], environment={}))
    assert child(homes[0], 0) == 0
    steps = int((homes[0] / "steps").read_text())
    assert steps > 20
    seen = []
    for step in range(steps, 0, -5):
        settings = load_settings(folder=tmp_path / str(step), environment={})
        prepare(settings)
        at_first = files(settings)
        # Killed in the first build, and then in the one that finds its leftovers.
        for again in (0, 3):
            assert child(tmp_path / str(step), step + again) in {0, -signal.SIGKILL}
            with open_catalog(settings) as lake:
                seen.append(found(lake))
            assert seen[-1] in (BEFORE, AFTER)
            if seen[-1] == AFTER:
                break
        else:
            with drafting(settings):
                pass
            strays = [each for each in files(settings) - at_first if each.suffix == ".json"]
            assert len(strays) <= 2, "those of the two commits that were cut off"
            build(settings)
            with open_catalog(settings) as lake:
                assert found(lake) == AFTER
    assert BEFORE in seen
    assert AFTER in seen
