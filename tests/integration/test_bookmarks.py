"""Pausing, resuming, rewinding and resetting a stream: nothing doubled, nothing lost, recorded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.bookmark_changes import BookmarkChange, pause, resume
from ingest.history import Goal
from ingest.landing import LandingReport
from ingest.rewinding import RewindOrder, rewind
from ingest.streams import follow_stream, land_stream
from lakehouse.config import Settings
from lakehouse.errors import ConfigError, LockedError, PausedError, SourceError
from lakehouse.tables.checkpoints import carried_checkpoints
from tests.order_logs import BAD, Lake, codes, order_line, order_lines, write_log


@pytest.fixture(params=[False, True], ids=["lake", "generic"])
def lake(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Lake:
    """Three deliveries of a log that grows, a reject in each: lines 1-3, 4-6, 7-9."""
    (tmp_path / "logs").mkdir()
    orders = settings.streams["orders"].model_copy(update={"source": (tmp_path / "logs",)})
    lake = Lake(settings.model_copy(update={"streams": {"orders": orders}}), request.param)
    for first in (1, 4, 7):
        grow(lake, first)
        land(lake)
    return lake


def log(lake: Lake) -> Path:
    return lake.settings.streams["orders"].source[0] / "orders.csv"


def grow(lake: Lake, first: int) -> None:
    lines = [order_line(first), BAD, order_line(first + 2)]
    if log(lake).exists():
        with log(lake).open("a") as file:
            file.write("\n".join([*lines, ""]))
    else:
        write_log(log(lake), lines)


def land(lake: Lake) -> LandingReport:
    return land_stream("orders", lake.catalog, lake.settings)


def rewound(lake: Lake, goal: Goal | None, **given: bool) -> BookmarkChange | None:
    return rewind(RewindOrder("orders", goal, **given), lake.catalog, lake.settings)


def changes(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        lake.catalog.load_table("ops.bookmark_changes").scan().to_arrow().to_pylist()
    )
    return sorted(rows, key=lambda row: row["changed_at"])


def sequences(lake: Lake) -> list[int]:
    return sorted({row["ingest_seq"] for row in lake.rows() + lake.rejects()})


def check_everything_is_there_once(lake: Lake, last: int) -> None:
    assert lake.lines() == [("orders.csv", n) for n in range(2, last + 2)]
    assert lake.codes() == [code for n, code in enumerate(codes(1, last), 1) if n % 3 != 2]
    assert len(lake.rejects()) == last // 3


@pytest.mark.parametrize("to", [0, 1, 2])
def test_what_is_taken_back_lands_again_with_new_numbers(lake: Lake, to: int) -> None:
    change = rewound(lake, Goal(sequence=to))
    assert change is not None
    assert (change.from_sequence, change.to_sequence) == (3, to)
    assert (change.rows_removed, change.rejects_removed) == (2 * (3 - to), 3 - to)
    assert sequences(lake) == list(range(1, to + 1))
    assert [row["to_sequence"] for row in changes(lake)] == [to]
    assert "@" in changes(lake)[0]["changed_by"]

    assert land(lake).lines == 3 * (3 - to)

    check_everything_is_there_once(lake, 9)
    assert sequences(lake) == [*range(1, to + 1), 4]
    assert land(lake).lines == 0


def test_a_rewind_goes_past_an_earlier_one(lake: Lake) -> None:
    rewound(lake, Goal(sequence=2))
    land(lake)
    grow(lake, 10)
    land(lake)  # 1, 2, 4, 5
    with pytest.raises(ConfigError, match="no delivery 3"):
        rewound(lake, Goal(sequence=3))
    change = rewound(lake, Goal(sequence=1))
    assert change is not None
    assert change.from_sequence == 5
    land(lake)
    check_everything_is_there_once(lake, 12)
    assert sequences(lake) == [1, 6]


def test_a_rewind_to_a_time(lake: Lake) -> None:
    ledger = lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
    at = {row["sequence"]: row["committed_at"] for row in ledger}
    assert rewound(lake, Goal(time=datetime.now(UTC))) is None
    change = rewound(lake, Goal(time=at[2]))
    assert change is not None
    assert change.to_sequence == 2
    change = rewound(lake, Goal(time=datetime(2001, 1, 1, tzinfo=UTC)))
    assert change is not None
    assert change.to_sequence == 0
    land(lake)
    check_everything_is_there_once(lake, 9)


def test_a_reset_begins_anew(lake: Lake) -> None:
    change = rewound(lake, None)
    assert change is not None
    assert (change.action, change.rows_removed) == ("reset", 6)
    assert lake.lines() == []
    assert land(lake).lines == 9
    check_everything_is_there_once(lake, 9)


def test_a_dry_run_changes_nothing(lake: Lake) -> None:
    change = rewound(lake, Goal(sequence=1), dry_run=True)
    assert change is not None
    assert (change.rows_removed, change.rejects_removed) == (4, 2)
    assert not lake.catalog.table_exists("ops.bookmark_changes")
    assert land(lake).lines == 0
    check_everything_is_there_once(lake, 9)


def test_deliveries_that_were_packed_into_one_file_are_told_apart(lake: Lake) -> None:
    table = lake.catalog.load_table("landing.order_lines")
    rows = table.scan().to_arrow()

    table.overwrite(rows, snapshot_properties=carried_checkpoints(table.metadata))
    rewound(lake, Goal(sequence=2))
    assert sequences(lake) == [1, 2]
    land(lake)
    check_everything_is_there_once(lake, 9)


def test_a_rotated_log_is_read_again_by_its_new_name(lake: Lake) -> None:
    log(lake).rename(log(lake).with_name("orders-1.csv"))
    grow(lake, 10)
    land(lake)
    rewound(lake, Goal(sequence=1))
    land(lake)
    assert lake.codes() == [f"P{n}" for n in range(1, 13) if n % 3 != 2]


def test_lines_that_could_not_be_read_again_stay(lake: Lake) -> None:
    log(lake).unlink()
    with pytest.raises(SourceError, match=r"orders\.csv") as error:
        rewound(lake, Goal(sequence=1))
    assert "--even-if-lost" in error.value.hint
    check_everything_is_there_once(lake, 9)
    assert rewound(lake, Goal(sequence=1), even_if_lost=True) is not None
    assert sequences(lake) == [1]


def test_a_stream_at_work_is_not_rewound(lake: Lake) -> None:
    with lake.lock(), pytest.raises(LockedError):
        rewound(lake, Goal(sequence=1))
    check_everything_is_there_once(lake, 9)


def test_a_paused_stream_takes_nothing(lake: Lake) -> None:
    assert pause("orders", lake.catalog, lake.settings) is not None
    assert pause("orders", lake.catalog, lake.settings) is None
    grow(lake, 10)
    with pytest.raises(PausedError, match="has been paused since"):
        land(lake)
    check_everything_is_there_once(lake, 9)
    rewound(lake, Goal(sequence=2))
    assert resume("orders", lake.catalog, lake.settings) is not None
    assert resume("orders", lake.catalog, lake.settings) is None
    land(lake)
    check_everything_is_there_once(lake, 12)
    assert [row["action"] for row in changes(lake)] == ["pause", "rewind", "resume"]


class Watcher:
    def __init__(self) -> None:
        self.delivery, self.pause = threading.Event(), threading.Event()

    def delivered(self, report: LandingReport) -> None:
        self.delivery.set()

    def paused(self, error: PausedError) -> None:
        self.pause.set()

    def refused(self, error: SourceError) -> None:
        raise error


@contextmanager
def following(lake: Lake, watcher: Watcher) -> Iterator[None]:
    """A follower that delivers at once, in a thread of its own."""
    orders = lake.settings.streams["orders"].model_copy(update={"buffer_interval": 0.0})
    settings = lake.settings.model_copy(update={"streams": {"orders": orders}})
    stop = threading.Event()
    catalog = lake.catalog

    def follow() -> None:
        follow_stream("orders", catalog, settings, watcher, stop=stop)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_follower_waits_while_its_stream_is_paused(lake: Lake) -> None:
    watcher = Watcher()
    with following(lake, watcher):
        grow(lake, 10)
        assert watcher.delivery.wait(60)
        pause("orders", lake.catalog, lake.settings)
        grow(lake, 13)
        assert watcher.pause.wait(60)
        # Where tables are committed one by one, rejects of what was refused lie there for a while.
        assert lake.codes() == [code for n, code in enumerate(codes(1, 12), 1) if n % 3 != 2]
        while not taken_back(lake):
            pass  # the follower has not let go of the stream yet
        watcher.delivery.clear()
        resume("orders", lake.catalog, lake.settings)
        assert watcher.delivery.wait(60)
    check_everything_is_there_once(lake, 15)


def test_a_follower_lets_go_of_a_paused_stream_that_gets_nothing(lake: Lake) -> None:
    watcher = Watcher()
    with following(lake, watcher):
        grow(lake, 10)
        assert watcher.delivery.wait(60)
        pause("orders", lake.catalog, lake.settings)
        assert watcher.pause.wait(60)


def taken_back(lake: Lake) -> bool:
    try:
        return rewound(lake, Goal(sequence=1)) is not None
    except LockedError:
        return False


def test_a_stream_that_was_never_landed_can_be_paused(settings: Settings) -> None:
    lake = Lake(settings)
    (folder,) = settings.streams["orders"].source
    folder.mkdir(parents=True)
    write_log(folder / "orders.csv", order_lines(1, 3))
    assert pause("orders", lake.catalog, lake.settings) is not None
    with pytest.raises(PausedError):
        land(lake)
    resume("orders", lake.catalog, lake.settings)
    assert land(lake).lines == 3
    with pytest.raises(ConfigError, match="no stream"):
        pause("nothing", lake.catalog, lake.settings)
