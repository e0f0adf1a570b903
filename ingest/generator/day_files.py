"""One file a day: written whole or not at all, and left alone when it already says the same."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import MachineError

_HINTS = {
    errno.ENOSPC: "free some space, then run it again: finished days are kept",
    errno.EDQUOT: "free some space, then run it again: finished days are kept",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "choose a folder you may write to",
    errno.ENOTDIR: "a part of the path is a file: choose another folder",
    errno.EEXIST: "a file stands where the folder should be: choose another folder",
    errno.EISDIR: "a folder has the name of a log: remove it or choose another folder",
}


def prepare_folder(folder: Path) -> None:
    """Make the folder and sweep out what a killed run left half-written.

    Raises MachineError when the folder can't be made.
    """
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob(".*.part"):
            if not _alive(part.suffixes[-2:-1]):
                part.unlink(missing_ok=True)


def write_day(file: Path, text: bytes) -> bool:
    """Whether the file had to be written: False when it holds exactly `text` already.

    The text appears under the file's name only when it is complete. It is not synced: after a
    power cut the next run compares, and writes again what is not the same.
    Raises MachineError when the machine refuses (disk full, no permission).
    """
    with translated(file):
        if _holds(file, text):
            return False
        part = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            part.write_bytes(text)
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return True


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses about `path` into a MachineError with a hint."""
    try:
        yield
    except OSError as e:
        hint = _HINTS.get(e.errno or 0, "check free space and permissions")
        raise MachineError(f"can't write {path}: {e.strerror or e}", hint=hint) from e


def _holds(file: Path, text: bytes) -> bool:
    try:
        return file.stat().st_size == len(text) and file.read_bytes() == text
    except FileNotFoundError:
        return False


def _alive(suffix: list[str]) -> bool:
    """Whether the process whose number a part carries still runs."""
    try:
        os.kill(int(suffix[0].lstrip(".")), 0)
    except (ProcessLookupError, ValueError, IndexError):
        return False
    except PermissionError:
        return True
    return True
