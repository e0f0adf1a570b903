"""Live logs: what was written, whatever happened, is a beginning of the day files' lines."""

import fcntl
import os
import re
import resource
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from ingest.generator import ACCESS, ORDERS, Pace, ServerLog, Written, follow, generate
from lakehouse.config import GenerateSettings
from lakehouse.errors import LockedError, MachineError, SourceError

SETTINGS = GenerateSettings(start=date(2025, 2, 27), days=21, bad_lines=0.01)


class Stopwatch:
    """A clock that moves a second at each look, and stops the writer at a given one."""

    def __init__(self, seconds: int) -> None:
        self.stop = Event()
        self._seconds = seconds
        self._now = -1

    def __call__(self) -> float:
        self._now += 1
        if self._now >= self._seconds:
            self.stop.set()
        return float(self._now)


class LiveFolder:
    def __init__(self, log: ServerLog, folder: Path) -> None:
        self.log = log
        self.path = folder

    def write(
        self, seconds: int, rate: float = 500, rotate: int = 10**9, **settings: object
    ) -> Written:
        clock = Stopwatch(seconds)
        wanted = SETTINGS.model_copy(update=settings)
        return follow(self.log, wanted, self.path, Pace(rate, rotate), stop=clock.stop, clock=clock)

    def files(self) -> list[Path]:
        """The rotated ones in their order, then the one that is written to."""
        return sorted(self.path.glob(f"*-live*{self.log.suffix}"))

    def lines(self) -> bytes:
        texts = [file.read_bytes() for file in self.files()]
        assert all(text.startswith(self.log.header) for text in texts)
        return b"".join(text.removeprefix(self.log.header) for text in texts)


@pytest.fixture(scope="module", params=[ORDERS, ACCESS], ids=lambda log: log.name)
def log(request: pytest.FixtureRequest) -> ServerLog:
    return request.param


@pytest.fixture(scope="module")
def expected(log: ServerLog, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The lines of the days, from their files."""
    folder = tmp_path_factory.mktemp("days")
    files = generate(log, SETTINGS, folder).files
    return b"".join(file.read_bytes().removeprefix(log.header) for file in files)


@pytest.fixture
def live(log: ServerLog, tmp_path: Path) -> LiveFolder:
    return LiveFolder(log, tmp_path / "live")


def test_the_lines_are_those_of_the_day_files(live: LiveFolder, expected: bytes) -> None:
    report = live.write(seconds=40)
    lines = live.lines()
    assert expected.startswith(lines)
    assert lines.endswith(b"\n")
    assert report.lines == lines.count(b"\n") > 2_000
    assert report.bytes == len(lines)


def test_the_rate_is_kept(live: LiveFolder) -> None:
    # The clock moves one second a look: at 100 lines a second each look allows 100 lines more.
    report = live.write(seconds=12, rate=100)
    assert 700 <= report.lines <= 1_201


def test_a_full_file_is_renamed_and_the_next_one_begun(live: LiveFolder, expected: bytes) -> None:
    report = live.write(seconds=40, rotate=50_000)
    *rotated, current = live.files()
    assert report.rotated == len(rotated) > 3
    numbers = [re.findall(r"-(\d{6})\.", file.name) for file in rotated]
    assert numbers == [[f"{n:06}"] for n in range(1, len(rotated) + 1)]
    # A file is rotated by the line that fills it; no line here has a thousand bytes.
    assert all(50_000 <= file.stat().st_size < 51_000 for file in rotated)
    assert current.stat().st_size < 50_000
    assert expected.startswith(live.lines())


def test_stopped_and_started_again_it_goes_on(live: LiveFolder, expected: bytes) -> None:
    for _ in range(3):
        live.write(seconds=9, rate=300, rotate=40_000)
    assert len(live.lines()) > 60_000
    assert expected.startswith(live.lines())


@pytest.mark.parametrize("cut", [1, 30, 999, 5_000])
def test_a_killed_writer_left_any_number_of_bytes(
    live: LiveFolder, expected: bytes, cut: int
) -> None:
    live.write(seconds=9)
    current = live.files()[-1]
    os.truncate(current, current.stat().st_size - cut)
    written = live.lines()
    live.write(seconds=9)
    assert live.lines().startswith(written)
    assert expected.startswith(live.lines())
    assert live.lines().endswith(b"\n")


@pytest.mark.parametrize("left", [0, 1, 20, 90, 120])
def test_a_writer_killed_at_its_first_bytes(live: LiveFolder, expected: bytes, left: int) -> None:
    live.path.mkdir()
    text = (live.log.header + expected)[:left]
    (live.path / f"{live.log.name}-live{live.log.suffix}").write_bytes(text)
    live.write(seconds=9)
    assert len(live.lines()) > 1_000
    assert expected.startswith(live.lines())


def test_a_writer_killed_between_renaming_and_beginning(live: LiveFolder, expected: bytes) -> None:
    live.write(seconds=9, rotate=40_000)
    live.files()[-1].unlink()
    live.write(seconds=9)
    assert expected.startswith(live.lines())


def test_the_live_log_of_another_seed_is_left_alone(live: LiveFolder) -> None:
    live.write(seconds=9)
    written = live.lines()
    with pytest.raises(SourceError, match="seed 99") as e:
        live.write(seconds=9, seed=99)
    assert e.value.hint
    assert live.lines() == written


def test_two_writers_do_not_mix(live: LiveFolder) -> None:
    live.write(seconds=9)
    with (live.path / f".{live.log.name}-live.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LockedError):
            live.write(seconds=9)


def test_a_full_disk_stops_it_at_the_end_of_a_line(live: LiveFolder, expected: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (123_456, hard))
    try:
        with pytest.raises(MachineError, match="File too large") as e:
            live.write(seconds=60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "space" in e.value.hint
    lines = live.lines()
    assert 50_000 < len(lines) <= 123_456
    assert lines.endswith(b"\n")
    live.write(seconds=9)
    assert len(live.lines()) > len(lines)
    assert expected.startswith(live.lines())


def test_the_last_day_ends_it(live: LiveFolder) -> None:
    report = live.write(seconds=10**9, rate=10**9, start=date(2079, 12, 28))
    assert report.lines == live.lines().count(b"\n")
