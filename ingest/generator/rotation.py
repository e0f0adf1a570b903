"""A log file that is written to and, when it has grown enough, renamed: rename rotation."""

import fcntl
import os
import re
from pathlib import Path
from types import TracebackType

from ingest.generator.day_files import prepare_folder, translated
from ingest.generator.server_logs import ServerLog
from lakehouse.errors import LockedError


class RotatingLog:
    """The live log of a folder: `<name>-live<suffix>`, and older ones `<name>-live-<n><suffix>`.

    What is appended stays whole lines: when the disk refuses a part, the file is cut back to
    what it held before. Raises MachineError then and when the folder can't be written, LockedError
    when another process writes the same log.
    """

    def __init__(self, log: ServerLog, folder: Path, most_bytes: int) -> None:
        prepare_folder(folder)
        self.path = folder / f"{log.name}-live{log.suffix}"
        self.rotated = 0
        self._log = log
        self._most_bytes = most_bytes
        self._lock = _locked(folder / f".{log.name}-live.lock")
        self._file = self._open()

    @property
    def room(self) -> int:
        """How many bytes are left until the file is rotated."""
        return self._most_bytes - self._size

    def append(self, lines: bytes) -> None:
        """Write whole lines; then rotate when the file has its size."""
        self._write(lines)
        if self._size >= self._most_bytes:
            self._rotate()

    def __enter__(self) -> "RotatingLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)
        os.close(self._lock)

    def _open(self) -> int:
        with translated(self.path):
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = os.fstat(file).st_size
        self._file = file
        # A killed writer may have left a part of the header.
        self._write(self._log.header[self._size :])
        return file

    def _write(self, text: bytes) -> None:
        with translated(self.path):
            rest = memoryview(text)
            try:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except BaseException:
                os.ftruncate(self._file, self._size)
                raise
        self._size += len(text)

    def _rotate(self) -> None:
        os.close(self._file)
        numbers = [number for number, _ in rotated_logs(self._log, self.path.parent)]
        name = f"{self._log.name}-live-{max(numbers, default=0) + 1:06}{self._log.suffix}"
        with translated(self.path):
            self.path.rename(self.path.with_name(name))
        self.rotated += 1
        self._open()


def _locked(path: Path) -> int:
    """The open lock file; the system releases the lock when it is closed or the process dies."""
    with translated(path):
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        os.close(lock)
        message = f"another process writes the live log in {path.parent}"
        raise LockedError(message, hint="stop it, or choose another folder with --out") from e
    return lock


def rotated_logs(log: ServerLog, folder: Path) -> list[tuple[int, Path]]:
    """The rotated live logs of a folder with their numbers, the oldest first."""
    form = re.compile(re.escape(log.name) + r"-live-(\d+)" + re.escape(log.suffix))
    found = ((form.fullmatch(file.name), file) for file in folder.iterdir())
    return sorted((int(match[1]), file) for match, file in found if match)


def live_tail(log: ServerLog, folder: Path, most_bytes: int) -> bytes:
    """The last lines written live to a folder, without headers; the last one may be unfinished.

    As many as fit into `most_bytes`, of those in the two newest files.
    """
    if not folder.is_dir():
        return b""
    live = folder / f"{log.name}-live{log.suffix}"
    newest = [path for _, path in rotated_logs(log, folder)[-1:]] + [live] * live.is_file()
    text = b"".join(_without_header(log, file) for file in newest)
    tail = text[-most_bytes:]
    return tail if tail == text else tail[tail.find(b"\n") + 1 :]


def _without_header(log: ServerLog, file: Path) -> bytes:
    with translated(file):
        text = file.read_bytes()
    return b"" if log.header.startswith(text) else text.removeprefix(log.header)
