"""Logs that are landed while they are written, rotated, and while the ingester is killed."""

import gzip
import multiprocessing
import os
import random
import shutil
import signal
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from ingest.buffering import BufferingHints
from ingest.following import Follower
from ingest.landing import Landing, LandingReport
from lakehouse.config import Settings
from lakehouse.errors import PausedError, SourceError
from tests.order_logs import BAD, HEADER, Lake, codes, order_line, order_lines, write_log

GO_ON = threading.Event()
# Enough for a head that tells logs apart, so that a delivery holds more than the first lines.
MANY = 100


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Watcher:
    def __init__(self) -> None:
        self.lines: list[int] = []
        self.errors: list[str] = []

    def delivered(self, report: LandingReport) -> None:
        self.lines.append(report.lines)

    def paused(self, error: PausedError) -> None:
        self.errors.append(error.message)

    def refused(self, error: SourceError) -> None:
        self.errors.append(error.message)


class Shop:
    """A folder of live logs, and the follower that reads it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.live = folder / "orders.csv"
        self.lake = Lake(settings)
        self.clock = Clock()
        self.watcher = Watcher()
        self.follower = self.start()

    def start(self, delivery: int = 1 << 20) -> Follower:
        stream = self.lake.orders()
        stream.destination.recover()
        hints = BufferingHints(1 << 16, delivery, 60)
        return Follower(Landing(stream, hints, self.clock), [self.folder], self.watcher)

    def poll(self) -> None:
        self.follower.poll(GO_ON)

    def write(self, *lines: str, end: str = "\n") -> None:
        fresh = not self.live.exists() or not self.live.stat().st_size
        with self.live.open("a") as file:
            file.write("\n".join([HEADER] * fresh + list(lines)) + end)

    def check(self, last: int) -> None:
        """Lines 1 to `last` are landed, each once, and the next ingester finds nothing new."""
        self.follower.finish()
        assert self.lake.codes() == codes(1, last)
        self.follower = self.start()
        self.poll()
        self.poll()
        self.follower.finish()
        assert self.lake.codes() == codes(1, last)


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Shop:
    return Shop(settings, tmp_path / "live")


def test_what_is_read_is_delivered_after_the_interval(shop: Shop) -> None:
    shop.poll()  # nothing there yet
    shop.write(*order_lines(1, 3))
    shop.poll()
    shop.clock.now = 59
    shop.write(order_line(4), BAD)
    shop.poll()
    assert shop.watcher.lines == []
    shop.clock.now = 60
    shop.poll()
    assert shop.watcher.lines == [5]
    assert shop.lake.codes() == codes(1, 4)
    shop.clock.now = 1_000
    shop.poll()
    assert shop.watcher.lines == [5]  # nothing new, no delivery


def test_what_is_read_is_delivered_at_its_size(shop: Shop) -> None:
    size = len("\n".join(order_lines(1, 9))) + 1
    shop.follower = shop.start(size)
    shop.write(*order_lines(1, 8))
    shop.poll()
    assert shop.watcher.lines == []
    shop.write(order_line(9))
    shop.poll()
    assert shop.watcher.lines == [9]


def test_a_line_waits_for_its_end(shop: Shop) -> None:
    shop.write(order_line(1), order_line(2)[:20], end="")
    shop.poll()
    shop.poll()
    with shop.live.open("a") as file:
        file.write(order_line(2)[20:] + "\n")
    shop.poll()
    shop.check(2)
    assert shop.lake.rejects() == []


def test_a_header_waits_for_its_end(shop: Shop) -> None:
    shop.live.write_text(HEADER[:30])
    shop.poll()
    shop.live.write_text("")
    shop.write(order_line(1))
    shop.poll()
    shop.check(1)
    assert shop.watcher.errors == []


@pytest.mark.parametrize("unread", [0, 7])
@pytest.mark.parametrize("between", ["one delivery", "two deliveries", "two ingesters"])
@pytest.mark.parametrize("way", ["rename", "copytruncate", "compress"])
def test_rotation(shop: Shop, way: str, between: str, unread: int) -> None:
    """The rest of the old log and the beginning of the new one are met in the same poll."""
    shop.write(*order_lines(1, MANY))
    shop.poll()
    if between != "one delivery":
        shop.follower.finish()
    if between == "two ingesters":
        shop.follower = shop.start()
    last = MANY + unread
    if unread:
        shop.write(*order_lines(MANY + 1, last))
    rotated = shop.folder / "orders-1.csv"
    if way == "rename":
        shop.live.rename(rotated)
    elif way == "copytruncate":
        shutil.copy(shop.live, rotated)
        os.truncate(shop.live, 0)
    else:
        rotated.with_suffix(".csv.gz").write_bytes(gzip.compress(shop.live.read_bytes()))
        shop.live.unlink()
        shop.poll()  # a sealed file is read when it has kept still
    shop.poll()
    shop.write(*order_lines(last + 1, last + MANY))
    shop.poll()
    shop.poll()
    shop.check(last + MANY)
    assert shop.watcher.errors == []


def test_a_log_that_is_deleted_and_written_anew(shop: Shop) -> None:
    shop.write(*order_lines(1, 5))
    shop.poll()
    shop.live.unlink()
    shop.write(*order_lines(6, 10))
    shop.poll()
    shop.check(10)


def test_a_file_that_is_no_log_leaves_the_others_alone(shop: Shop) -> None:
    foreign = shop.folder / "a.csv"
    foreign.write_text("when,what\n")
    shop.write(order_line(1))
    shop.poll()
    shop.poll()
    assert len(shop.watcher.errors) == 1  # told once, not at every poll
    write_log(foreign, [order_line(2)])
    shop.poll()
    shop.check(2)


def test_a_stop_leaves_a_sealed_file_whole(shop: Shop) -> None:
    """Stopped while the file is read, nothing of it is delivered; the next run lands it."""
    shop.write(*order_lines(1, 5))
    shop.poll()
    (shop.folder / "a.csv.gz").write_bytes(
        gzip.compress("\n".join([HEADER, *order_lines(6, 3_000), ""]).encode())
    )
    shop.poll()

    class AtTheSecondLook(threading.Event):
        looks = count(1)

        def is_set(self) -> bool:
            return next(self.looks) > 1

    shop.follower.poll(AtTheSecondLook())
    shop.follower.finish()
    assert shop.lake.codes() == codes(1, 5)
    shop.follower = shop.start()
    shop.poll()
    shop.poll()
    shop.check(3_000)


# --- killed

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__, "ingest", "lakehouse.catalog"])


def follow_and_die(settings: Settings, folder: Path, nth: int) -> None:
    """Follow, deliver at every poll, and die at the nth call of any function in any thread."""
    calls = count(1)

    def watch(*_: object) -> None:
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    stream = Lake(settings).orders()
    stream.destination.recover()
    follower = Follower(Landing(stream, BufferingHints(interval=0)), [folder], Watcher())
    threading.setprofile(watch)
    sys.setprofile(watch)
    while True:
        follower.poll(GO_ON)


def test_killed_again_and_again_while_a_log_is_written_and_rotated(shop: Shop) -> None:
    """At moments that a seed has chosen; nothing is lost and nothing doubled."""
    chance = random.Random(7)
    last = 0
    for _ in range(5):
        nth = chance.randint(100_000, 500_000)
        process = SERVER.Process(target=follow_and_die, args=(shop.lake.settings, shop.folder, nth))
        process.start()
        while process.is_alive():
            shop.write(*order_lines(last + 1, last + 9), BAD)
            last += 9
            if shop.live.stat().st_size > 6_000:
                shop.live.rename(shop.folder / f"orders-{last}.csv")
            process.join(0.02)
        assert process.exitcode == -signal.SIGKILL
    delivered = shop.lake.orders().destination.checkpoint
    assert delivered.sequence > 2, delivered  # fewer and larger ones on a busy machine
    shop.follower = shop.start()
    shop.poll()
    shop.follower.finish()
    assert sorted(shop.lake.codes(), key=lambda code: int(code[1:])) == codes(1, last)
    assert len(shop.lake.rejects()) == last / 9
    assert len(shop.lake.lines()) == last / 9 * 10
