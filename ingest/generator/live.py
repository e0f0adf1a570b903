"""Logs written as if the servers were running now: line by line, at a rate, until stopped.

The lines are those of the day files, one day after the other. A writer that was stopped or
killed goes on where it left off: what it wrote tells where in the days that was.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event

from ingest.generator.assortment import LAST_YEAR
from ingest.generator.day_texts import line_ends
from ingest.generator.rotation import RotatingLog, live_tail
from ingest.generator.server_logs import ServerLog
from ingest.generator.weeks import Weeks, monday_of
from lakehouse.config import GenerateSettings
from lakehouse.errors import SourceError

_LAST_DAY = date(LAST_YEAR, 12, 31)
# Enough lines to find one's place among the days without doubt.
_TAIL = 16 * 1024
# No break between trading days is longer.
_FORTNIGHT = timedelta(days=14)
# Lines are written this often, or one at a time when they come more slowly.
_TICK = 0.05  # seconds
_MOST_AT_ONCE = 20_000  # lines


@dataclass(frozen=True)
class Pace:
    """Lines a second, and the bytes at which a file is rotated."""

    lines_per_second: float
    rotate_bytes: int


@dataclass(frozen=True)
class Written:
    """What a live writer wrote: lines and bytes without headers, and files it rotated away."""

    lines: int
    bytes: int
    rotated: int
    seconds: float


class _Pacer:
    """Counts what was written, and knows what should have been by now."""

    def __init__(self, lines_per_second: float, clock: Callable[[], float]) -> None:
        self._rate = lines_per_second
        self._clock = clock
        self._began = clock()
        self.lines = self.bytes = 0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._began

    def due(self) -> int:
        """How many lines to write now, the first one at once."""
        return math.floor(self.seconds * self._rate) + 1 - self.lines

    def wait(self, stop: Event) -> None:
        """Wait for the next line, or for `stop`."""
        stop.wait(max(_TICK, self.lines / self._rate - self.seconds))


def follow(  # noqa: PLR0913 - what to write, where, how fast, and the two things that end it
    log: ServerLog,
    settings: GenerateSettings,
    folder: Path,
    pace: Pace,
    *,
    stop: Event,
    clock: Callable[[], float],
) -> Written:
    """Write the days from `settings.start` on into a rotating file until `stop` is set.

    Stops at the end of a line; `clock` tells the seconds. When the folder holds a live log
    already, it goes on after what that ends with. Raises SourceError when that is not a log of
    these settings, LockedError when another process writes it, and MachineError when the folder
    can't be written.
    """
    with RotatingLog(log, folder, pace.rotate_bytes) as file:
        days = _days_left(log, settings, folder)
        text = next(days, b"")
        pacer = _Pacer(pace.lines_per_second, clock)
        while text and not stop.is_set():
            _write(file, text, pacer, stop)
            text = next(days, b"")
        return Written(pacer.lines, pacer.bytes, file.rotated, pacer.seconds)


def _write(file: RotatingLog, text: bytes, pacer: _Pacer, stop: Event) -> None:
    """Write the lines of a text when they are due, until its end or `stop`."""
    # The first line may be the rest of one that a killed writer left unfinished.
    ends, line, at = line_ends(text), 0, 0
    while line < len(ends) and not stop.is_set():
        due = min(pacer.due(), _MOST_AT_ONCE)
        if due <= 0:
            pacer.wait(stop)
            continue
        # No line beyond the one that fills the file.
        filling = int(ends.searchsorted(at + file.room)) + 1
        until = min(line + due, max(filling, line + 1), len(ends))
        end = int(ends[until - 1])
        file.append(text[at:end])
        pacer.lines += until - line
        pacer.bytes += end - at
        line, at = until, end


def _days_left(log: ServerLog, settings: GenerateSettings, folder: Path) -> Iterator[bytes]:
    """The lines of each day that are not in the folder's live log yet."""
    tail = live_tail(log, folder, _TAIL)
    found = _days_within(log, tail)
    last = found[1] if found else settings.start
    days = _days(log, settings, found[0] - _FORTNIGHT if found else settings.start)
    if not tail:
        yield from (text for _, text in days)
        return
    texts = []
    for day, text in days:
        texts.append(text)
        if day > last:
            break
    written = b"".join(texts)
    place = written.find(tail)
    if place < 0:
        raise SourceError(
            f"the live log in {folder} is not one of seed {settings.seed}",
            hint="choose an empty folder, or the settings that log was written with",
        )
    if rest := written[place + len(tail) :]:
        yield rest
    yield from (text for _, text in days)


def _days(log: ServerLog, settings: GenerateSettings, first: date) -> Iterator[tuple[date, bytes]]:
    """The lines of each day that has any, from `first` to the last day there is."""
    weeks = Weeks(settings)
    monday = monday_of(first)
    while monday <= _LAST_DAY:
        texts = log.texts(settings, weeks.of(monday))
        yield from ((day, texts[day]) for day in sorted(texts) if first <= day <= _LAST_DAY)
        monday += timedelta(weeks=1)


def _days_within(log: ServerLog, tail: bytes) -> tuple[date, date] | None:
    """The first and the last day that the whole lines of a tail name; None when none does."""
    days = []
    for line in tail.split(b"\n")[:-1]:
        try:
            days.append(log.day_of(line))
        except (ValueError, IndexError):
            continue  # a line that was spoiled on purpose
    return (min(days), max(days)) if days else None
