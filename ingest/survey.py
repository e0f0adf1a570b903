"""What there is of a stream's logs: how much of it waits, and which bookmarks belong to none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.archive import Archive
from ingest.bookmarks import (
    Bookmark,
    Checkpoint,
    Lag,
    file_fingerprint,
    recognise,
    same_head,
)
from ingest.log_reader import Batch
from ingest.logs import Kind, LogFile, identify
from ingest.sources import Found
from lakehouse.errors import SourceError


class Survey:
    """The files of a stream's sources as they were last listed. `now` tells the time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._files: Sequence[Found] | None = None
        self._landed: dict[str, int] = {}  # by name: bytes of the file
        self.missing: frozenset[Bookmark] = frozenset()

    def list(self, files: Iterable[Found]) -> None:
        """Learn which files there are."""
        self._files = tuple(files)
        names = {file.name for file in self._files}
        self._landed = {name: size for name, size in self._landed.items() if name in names}

    def look(self, bookmarks: Sequence[Bookmark]) -> None:
        """Find which bookmarks were made in none of the files.

        None are when a file can't be read: they might be its.
        """
        held: set[Bookmark] = set()
        self.missing = frozenset()
        try:
            for found in self._files or ():
                held.update(_held(identify(found.path, found.name), bookmarks))
        except FileNotFoundError:
            return  # renamed meanwhile: the next look finds it
        except (SourceError, OSError):
            return
        self.missing = frozenset(bookmarks) - held

    def read(self, batch: Batch) -> None:
        """Learn how far a log was read; of a file that counts as a whole it says nothing."""
        if batch.reached and not batch.reached.sealed:
            self._landed[batch.log] = batch.reached.offset

    def finished(self, file: LogFile, *, new: bool) -> None:
        """Learn that a file was read to its end."""
        if file.sealed:
            self._landed[file.name] = file.size
        elif not new:
            # Another log may have had the name before: it has to be looked at.
            self._landed.pop(file.name, None)

    def lag(self, bookmarks: Sequence[Bookmark]) -> Lag | None:
        """What waits, when all that was read is delivered; None when it can't be told."""
        if self._files is None:
            return None
        waiting, logs, oldest = 0, 0, None
        for found in self._files:
            try:
                status = found.path.stat()
                left = status.st_size - self._landed_of(found, bookmarks)
            except OSError:
                continue
            if left > 0:
                waiting, logs = waiting + left, logs + 1
                oldest = min(oldest or status.st_mtime, status.st_mtime)
        seconds = self._now().timestamp() - oldest if oldest is not None else 0.0
        return Lag(waiting, logs, max(0.0, round(seconds, 3)))

    def _landed_of(self, found: Found, bookmarks: Sequence[Bookmark]) -> int:
        if found.name not in self._landed:
            try:
                self._landed[found.name] = _landed(identify(found.path, found.name), bookmarks)
            except SourceError:
                return 0
        return self._landed[found.name]


@dataclass(frozen=True)
class Forgetting:
    """Lets go of the bookmarks of logs that have been in no source for the time `after`."""

    after: timedelta
    archive: Archive
    now: Callable[[], datetime]

    def settled(self, checkpoint: Checkpoint, missing: frozenset[Bookmark]) -> Checkpoint:
        """The checkpoint of a delivery without them; those stay that would not be found again."""
        now = int(self.now().timestamp() * 1000)
        gone = {
            mark: checkpoint.gone.get(mark, now) for mark in checkpoint.bookmarks if mark in missing
        }
        due = {
            mark
            for mark, since in gone.items()
            if now - since >= self.after.total_seconds() * 1000
            and self.archive.knows(mark, checkpoint)
        }
        return replace(
            checkpoint,
            bookmarks=tuple(mark for mark in checkpoint.bookmarks if mark not in due),
            gone={mark: since for mark, since in gone.items() if mark not in due},
            forgotten=checkpoint.forgotten + len(due),
        )


def may_be_of(bookmark: Bookmark, file: LogFile) -> bool:
    """Whether a bookmark can be one of the file: of an object, when it has the object's key.

    Two objects may well hold the same records; two logs don't. What is before the key depends on
    the other sources of the stream.
    """
    if not file.keyed:
        return True
    key, name = bookmark.log.partition("#")[0], file.name
    return key == name or key.endswith(f"/{name}") or name.endswith(f"/{key}")


def _held(file: LogFile, bookmarks: Sequence[Bookmark]) -> list[Bookmark]:
    """The bookmarks that may have been made in the file: its head alone is looked at."""
    if not file.size:
        return []
    if file.sealed:
        sealed = file_fingerprint(file.path)
        if marks := [mark for mark in bookmarks if mark.sealed == sealed]:
            return marks
    if file.kind is Kind.WORKBOOK:
        return []
    (log,) = file.logs()
    with log.open() as stream:
        return same_head(stream, bookmarks)


def _landed(file: LogFile, bookmarks: Sequence[Bookmark]) -> int:
    """The bytes of the file that the bookmarks say were landed; a sealed one counts as a whole."""
    mine = [mark for mark in bookmarks if may_be_of(mark, file)]
    if file.sealed:
        sealed = file_fingerprint(file.path)
        return file.size if any(mark.sealed == sealed for mark in mine) else 0
    with file.path.open("rb") as stream:
        found = recognise(stream, mine)
        return found.offset if found else 0
