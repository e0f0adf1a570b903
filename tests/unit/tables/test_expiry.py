"""Which snapshots stay when streams commit again and again."""

import time
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.tables.checkpoints import read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.expiry import History
from lakehouse.tables.fenced_append import Append, append_fenced
from lakehouse.tables.landing import REJECTS, REJECTS_SCHEMA


class Clock:
    """Unix seconds, ahead of the time at which snapshots are stamped."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


@pytest.fixture
def table(catalog: Catalog) -> Table:
    return ensure_table(catalog, REJECTS, REJECTS_SCHEMA)


def commit(table: Table, first: int, last: int, history: History, stream: str = "s") -> None:
    """Commits of a stream, each with its number as checkpoint; no data is needed for them."""
    for number in range(first, last + 1):
        base = str(number - 1) if number > 1 else None
        append_fenced(Append(table, [], stream, base, str(number), number, history=history))


def numbers(table: Table) -> list[int]:
    return sorted(int(s.sequence_number or 0) for s in table.refresh().snapshots())


def test_old_ones_go_but_for_the_newest(table: Table) -> None:
    commit(table, 1, 9, History(count=3, seconds=100, clock=Clock(0)))
    assert numbers(table) == list(range(1, 10))
    commit(table, 10, 10, History(count=3, seconds=100, clock=Clock(200)))
    assert numbers(table) == [8, 9, 10]


def test_however_young_there_are_never_too_many(table: Table) -> None:
    commit(table, 1, 12, History(count=3, seconds=1000, most=5, clock=Clock(0)))
    assert numbers(table) == [8, 9, 10, 11, 12]


def test_what_a_tag_names_stays(table: Table) -> None:
    everything = History(seconds=1000, clock=Clock(0))
    commit(table, 1, 4, everything)
    second = sorted(table.snapshots(), key=lambda s: int(s.sequence_number or 0))[1]
    table.manage_snapshots().create_tag(second.snapshot_id, "audited").commit()
    table.refresh()
    commit(table, 5, 6, History(count=2, seconds=0, clock=Clock(10)))
    assert numbers(table) == [2, 5, 6]


def test_the_checkpoint_of_a_stream_that_rests_is_carried(table: Table) -> None:
    commit(table, 1, 2, History(), stream="resting")
    commit(table, 1, 9, History(count=1, seconds=0, clock=Clock(10)), stream="busy")
    assert numbers(table) == [11]
    assert read_checkpoint(table.metadata, "resting") == "2"
    assert read_checkpoint(table.metadata, "busy") == "9"


def test_thousands_go_a_hundred_at_a_time_the_oldest_first(table: Table) -> None:
    everything = History(seconds=1000, most=10_000, clock=Clock(0))
    commit(table, 1, 130, everything)
    few = History(count=5, seconds=0, clock=Clock(10))
    commit(table, 131, 131, few)
    assert numbers(table) == list(range(101, 132))
    commit(table, 132, 132, few)
    assert numbers(table) == [128, 129, 130, 131, 132]


def test_no_file_goes(table: Table) -> None:
    def files() -> set[Path]:
        return set(Path(table.location().removeprefix("file://")).rglob("*.avro"))

    commit(table, 1, 5, History(seconds=1000, clock=Clock(0)))
    before = files()
    commit(table, 6, 6, History(count=1, seconds=0, clock=Clock(10)))
    assert before
    assert before <= files()


def test_who_looked_long_ago_commits_on_what_is_there(table: Table, catalog: Catalog) -> None:
    """Maintenance has deleted what the table was made of when it was looked at."""
    commit(table, 1, 1, History())
    stale = catalog.load_table(REJECTS)
    snapshot = stale.current_snapshot()
    assert snapshot is not None
    commit(table, 1, 1, History(count=1, seconds=0, clock=Clock(10)), stream="other")
    Path(snapshot.manifest_list.removeprefix("file://")).unlink()
    commit(stale, 2, 2, History())
    assert read_checkpoint(table.refresh().metadata, "s") == "2"
    assert read_checkpoint(table.metadata, "other") == "1"
