"""Logs that are being written: what is new in them is read again and again.

A file is looked into when its inode, size or time has changed; where reading goes on is told by
its content. So a log may be renamed away, copied and truncated, or deleted and written anew, as
long as the file that holds its rest is a file of the source too.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from ingest.landing import Landing, LandingReport
from ingest.log_reader import SNIFFED_BYTES
from ingest.logs import identify
from ingest.sources import Found, find_sources
from lakehouse.errors import PausedError, SourceError

# How often it is looked which logs are gone: each look opens every file.
_LOOK_SECONDS = 10.0


class Watcher(Protocol):
    """Somebody who is told what happens."""

    def delivered(self, report: LandingReport) -> None:
        """Learn of a delivery: what was landed since the start."""

    def refused(self, error: SourceError) -> None:
        """Learn of a log that can't be read; it is tried again when it changes."""

    def paused(self, error: PausedError) -> None:
        """Learn that the stream takes nothing until somebody resumes it."""


@dataclass(frozen=True)
class _Stamp:
    """What changes when a file is written to, or another takes its place."""

    device: int
    inode: int
    size: int
    modified: int  # nanoseconds

    @staticmethod
    def of(path: Path) -> "_Stamp":
        status = path.stat()
        return _Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class Follower:
    """Reads what is new in the files of `sources` into a landing, one poll after the other."""

    def __init__(
        self,
        landing: Landing,
        sources: Sequence[Path],
        watcher: Watcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._landing = landing
        self._sources = sources
        self._watcher = watcher
        self._clock = clock
        self._looked: float | None = None
        self._read: dict[Path, _Stamp] = {}
        self._seen: dict[Path, _Stamp] = {}
        self._told = 0

    @property
    def seconds_left(self) -> float:
        """Until the next delivery is due; infinite when nothing waits for one."""
        return self._landing.seconds_left

    def poll(self, stop: Event) -> bool:
        """Read what has changed since the last poll, and deliver what is due; whether any was."""
        before = self._told
        stamps: dict[Path, _Stamp] = {}
        files = find_sources(self._sources, self._landing.format.suffixes)
        self._survey(files)
        for found in files:
            if stop.is_set():
                break
            try:
                stamp = stamps[found.path] = _Stamp.of(found.path)
                if stamp != self._read.get(found.path) and self._take(found, stamp, stop):
                    self._read[found.path] = stamp
            except FileNotFoundError:
                continue  # renamed meanwhile: the next poll finds it by its new name
            self._tell()
        self._seen = stamps
        self._read = {path: stamp for path, stamp in self._read.items() if path in stamps}
        if self._landing.seconds_left <= 0:
            self._landing.deliver()
            self._tell()
        return self._told > before

    def finish(self) -> None:
        """Deliver what is in the buffer."""
        self._landing.deliver()
        self._tell()

    def _survey(self, files: Sequence[Found]) -> None:
        if self._looked is None or self._clock() - self._looked >= _LOOK_SECONDS:
            self._landing.look(files)
            self._looked = self._clock()
        else:
            self._landing.survey.list(files)

    def _take(self, found: Found, stamp: _Stamp, stop: Event) -> bool:
        """Read what is new in a file; whether that was done, or is better done later."""
        if not stamp.size:
            return True
        try:
            file = identify(found.path, found.name)
            # A sealed file that is still being written looks damaged, an object incomplete.
            if file.complete and self._seen.get(found.path) != stamp:
                return False
            if file.complete or _has_header(found.path):
                self._landing.read(file, stopped=stop.is_set)
        except SourceError as e:
            self._landing.forget_unfinished()
            self._watcher.refused(e)
        return not stop.is_set()

    def _tell(self) -> None:
        report = self._landing.report(0.0)
        if report.deliveries > self._told:
            self._told = report.deliveries
            self._watcher.delivered(report)


def _has_header(path: Path) -> bool:
    """Whether the first line of a text file is there as a whole, or never will be."""
    with path.open("rb") as stream:
        head = stream.read(SNIFFED_BYTES)
    return b"\n" in head or len(head) == SNIFFED_BYTES
