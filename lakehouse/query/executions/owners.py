"""Who runs an execution: a process that lives as long as it holds its lock."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


class Owner:
    """A holder of executions. The system lets go of its lock when the process dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = uuid4().hex
        self._file = folder / self.name
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go."""
        with suppress(OSError):
            self._file.unlink()
        os.close(self._descriptor)


def lives(folder: Path, name: str) -> bool:
    """Whether that owner is still there; what a dead one left behind is removed."""
    file = folder / name
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    with suppress(OSError):
        file.unlink()
    return False
