"""Ingesters that are killed, that race, and that meet other people's commits."""

import multiprocessing
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import Catalog

from ingest import land_orders
from ingest.bookmarks import Bookmark
from ingest.buffering import BufferingHints
from ingest.clocks import utc_now
from ingest.delivery import DeliveryStream
from ingest.destinations import Destination
from ingest.landing import Landing
from ingest.log_reader import Batch, Reading, read_batches
from ingest.logs import identify
from ingest.opening import open_destination, open_stream
from ingest.order_format import OrderLogs
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LockedError
from lakehouse.stream_settings import ORDERS
from lakehouse.tables.expiry import History
from tests.order_logs import (
    BAD,
    Lake,
    codes,
    land_files,
    order_line,
    order_lines,
    write_log,
)

LINES = 60
SMALL = BufferingHints(block=400, delivery=1_000)  # four deliveries, one reject in each
LARGER = BufferingHints(block=700, delivery=1_700)

# Processes that are forked from one that has imported everything are there in an instant.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__, "ingest", "lakehouse.catalog"])


@pytest.fixture(params=[False, True], ids=["lake", "generic"])
def lake(settings: Settings, request: pytest.FixtureRequest) -> Lake:
    return Lake(settings, generic=request.param)


@pytest.fixture
def own(settings: Settings) -> Lake:
    return Lake(settings)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = [BAD if n % 12 == 0 else order_line(n) for n in range(1, LINES + 1)]
    return write_log(tmp_path / "orders.csv", lines)


def land(lake: Lake, log: Path, hints: BufferingHints, reached: Callable[[str], None]) -> None:
    with lake.lock():
        land_files(Landing(lake.orders(reached), hints), log)


def check_all_landed_once(lake: Lake) -> None:
    assert lake.lines() == [("orders.csv", n) for n in range(2, LINES + 2)]
    assert lake.codes() == [f"P{n}" for n in range(1, LINES + 1) if n % 12]
    assert [row["source_line"] for row in lake.rejects()] == [
        n + 1 for n in range(1, LINES + 1) if n % 12 == 0
    ]


# --- killed


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_a_step(lake: Lake, log: Path, step: str, nth: int) -> None:
    """Land, and die when the step is reached for the nth time."""
    reached = count(1)

    def watch(name: str) -> None:
        if name == step and next(reached) == nth:
            die()

    land(lake, log, SMALL, watch)


def die_at_a_commit(lake: Lake, log: Path, nth: int, *, swapped: bool) -> None:
    """Land, and die just before or after the catalog takes the nth commit."""
    commits = count(1)
    catalog = lake.catalog
    name = "commit_table" if lake.generic else "commit_tables"
    commit = getattr(catalog, name)

    def commit_or_die(*arguments: Any) -> Any:
        mine = next(commits) == nth
        if mine and not swapped:
            die()
        response = commit(*arguments)
        if mine:
            die()
        return response

    setattr(catalog, name, commit_or_die)
    with lake.lock():
        land_files(Landing(open_stream(ORDERS, lake.settings, catalog), SMALL), log)


def die_at_a_call(lake: Lake, log: Path, nth: int) -> None:
    """Land, and die at the nth call of any function in any thread."""
    calls = count(1)

    def watch(*_: object) -> None:
        if next(calls) == nth:
            die()

    threading.setprofile(watch)
    sys.setprofile(watch)
    land(lake, log, SMALL, lambda _: None)


def run(target: Callable[..., None], *arguments: object, **named: object) -> int | None:
    """The exit code of a process that did it: minus 9 when it was killed."""
    process = SERVER.Process(target=target, args=arguments, kwargs=named)
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("step", ["files written", "rejects committed", "delivered"])
def test_killed_at_a_step(lake: Lake, log: Path, step: str, nth: int) -> None:
    if step == "rejects committed" and not lake.generic:
        pytest.skip("they are committed together with the rows")
    assert run(die_at_a_step, lake, log, step, nth) == -signal.SIGKILL
    land(lake, log, LARGER, lambda _: None)
    check_all_landed_once(lake)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("nth", [1, 4])
def test_killed_in_a_commit(lake: Lake, log: Path, nth: int, swapped: bool) -> None:
    assert run(die_at_a_commit, lake, log, nth, swapped=swapped) == -signal.SIGKILL
    land(lake, log, LARGER, lambda _: None)
    check_all_landed_once(lake)


def test_killed_again_and_again(lake: Lake, log: Path) -> None:
    """At moments that a seed has chosen, each run going on where the last was killed."""
    chance = random.Random(42)
    killed = 0
    for _ in range(8):
        killed += run(die_at_a_call, lake, log, chance.randint(5_000, 60_000)) == -signal.SIGKILL
    assert killed >= 4
    land(lake, log, SMALL, lambda _: None)
    check_all_landed_once(lake)


def test_what_a_killed_delivery_left_is_removed(lake: Lake, log: Path) -> None:
    run(die_at_a_step, lake, log, "files written", 2)
    land(lake, log, SMALL, lambda _: None)
    names = ("landing.order_lines", "landing.rejects", "ops.deliveries")
    tables = [lake.catalog.load_table(name) for name in names]
    assert lake.data_files() == sum(table.inspect.files().num_rows for table in tables)


def test_every_snapshot_of_the_rejects_stays_readable(lake: Lake, log: Path) -> None:
    generic = Lake(lake.settings, generic=True)
    run(die_at_a_step, generic, log, "rejects committed", 2)
    land(lake, log, SMALL, lambda _: None)
    table = lake.catalog.load_table("landing.rejects")
    rejects = [len(table.scan(snapshot_id=s.snapshot_id).to_arrow()) for s in table.snapshots()]
    assert rejects[0] < rejects[1]
    assert rejects[2] == rejects[0]  # those of the second were never delivered, and removed
    assert rejects[-1] == LINES // 12


# --- racing


def test_a_second_ingester_is_told_to_wait(lake: Lake, log: Path) -> None:
    with (
        lake.lock(),
        pytest.raises(LockedError, match=str(os.getpid())),
    ):
        land_orders(log, lake.catalog, lake.settings)
    assert land_orders(log, lake.catalog, lake.settings).lines == LINES


def batches(log: Path, known: Iterable[Bookmark]) -> Iterator[Batch]:
    """What is new in an order log."""
    (part,) = identify(log, log.name).logs()
    return read_batches(part, Reading(OrderLogs()), known)


def delivery_of(lake: Lake, log: Path) -> Destination:
    """A stream that has written the log's lines, and is about to commit them."""
    stream = lake.orders().destination
    stream.write(batches(log, stream.checkpoint.bookmarks))
    return stream


def test_of_two_ingesters_without_a_lock_one_delivers(lake: Lake, log: Path) -> None:
    write_log(log, [order_line(1), BAD])
    lake.land(log)
    with log.open("a") as stream:
        stream.write(f"{BAD}\n{order_line(4)}\n")
    first, second = delivery_of(lake, log), delivery_of(lake, log)

    first.commit()
    with pytest.raises(LockedError, match="another ingester"):
        second.commit()
    second.discard()

    assert lake.codes() == ["P1", "P4"]
    assert lake.lines() == [("orders.csv", n) for n in (2, 3, 4, 5)]
    assert lake.land(log).lines == 0


def test_ingesters_that_race_double_nothing(lake: Lake, log: Path) -> None:
    write_log(log, [order_line(1)])
    lake.land(log)
    with log.open("a") as stream:
        stream.write("\n".join([*order_lines(2, 30), BAD, ""]))
    contenders = [delivery_of(lake, log) for _ in range(4)]
    start = threading.Barrier(len(contenders))
    refused = []

    def contend(stream: Destination) -> None:
        start.wait()
        try:
            stream.commit()
        except LockedError as e:
            refused.append(e)

    threads = [threading.Thread(target=contend, args=[stream]) for stream in contenders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == len(contenders) - 1
    assert lake.codes() == codes(1, 30)
    assert len(lake.rejects()) == 1


# --- other people's commits


def foreign_commit(catalog: Catalog) -> int:
    """A row that somebody else puts into the table; the snapshot that holds it."""
    table = catalog.load_table("landing.order_lines")
    row = table.scan(limit=1).to_arrow().set_column(0, "invoice_no", [["foreign"]])
    table.append(row.cast(table.schema().as_arrow()))
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return snapshot.snapshot_id


def foreigners(lake: Lake) -> int:
    return sum(row["invoice_no"] == "foreign" for row in lake.rows())


@pytest.fixture
def grown(own: Lake, log: Path) -> Path:
    write_log(log, order_lines(1, 5))
    own.land(log)
    return log


def grow(log: Path, first: int, last: int) -> None:
    with log.open("a") as stream:
        stream.write("\n".join([*order_lines(first, last), ""]))


def test_the_bookmark_is_found_below_other_commits(own: Lake, grown: Path) -> None:
    foreign_commit(own.catalog)
    foreign_commit(own.catalog)
    grow(grown, 6, 7)
    assert own.land(grown).landed == 2
    assert foreigners(own) == 2


def test_a_commit_between_reading_and_delivering_is_no_conflict(own: Lake, grown: Path) -> None:
    grow(grown, 6, 7)
    delivery = delivery_of(own, grown)
    foreign_commit(own.catalog)
    assert delivery.commit().landed == 2
    assert foreigners(own) == 1
    assert own.land(grown).lines == 0


def expire_all_but_the_last(catalog: Catalog) -> None:
    table = catalog.load_table("landing.order_lines")
    head = table.current_snapshot()
    ids = [s.snapshot_id for s in table.snapshots() if head and s.snapshot_id != head.snapshot_id]
    table.maintenance.expire_snapshots().by_ids(ids).commit()


def test_bookmarks_survive_the_expiry_of_older_snapshots(own: Lake, grown: Path) -> None:
    grow(grown, 6, 7)
    own.land(grown)
    expire_all_but_the_last(own.catalog)
    grow(grown, 8, 9)
    assert own.land(grown).landed == 2
    assert own.codes() == codes(1, 9)


def test_a_stream_carries_the_bookmarks_of_the_others(own: Lake, grown: Path) -> None:
    def returns() -> DeliveryStream:
        stream = own.settings.streams[ORDERS]
        return open_destination("returns", stream, own.catalog, History(), lambda _: None, utc_now)[
            1
        ]

    other = returns()
    other.write(batches(write_log(grown.with_name("returns.csv"), order_lines(50, 51)), ()))
    other.commit()
    expire_all_but_the_last(own.catalog)
    assert own.land(grown).lines == 0
    assert returns().checkpoint == other.checkpoint


def test_a_lost_bookmark_stops_the_stream(own: Lake, grown: Path) -> None:
    """A foreign commit does not carry it on, and expiry removes the snapshot that has it."""
    foreign_commit(own.catalog)
    expire_all_but_the_last(own.catalog)
    with pytest.raises(CatalogError, match="bookmark of stream 'orders' is lost") as error:
        land_orders(grown, own.catalog, own.settings)
    assert error.value.hint


def test_rolling_the_table_back_rolls_the_bookmark_back(own: Lake, grown: Path) -> None:
    table = open_catalog(own.settings).load_table("landing.order_lines")
    before = table.current_snapshot()
    assert before is not None
    grow(grown, 6, 9)
    own.land(grown)
    table.refresh()
    table.manage_snapshots().set_current_snapshot(snapshot_id=before.snapshot_id).commit()
    assert own.codes() == codes(1, 5)

    assert own.land(grown).landed == 4

    assert own.codes() == codes(1, 9)
