"""One process at a time for work in a home that two would spoil."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import LockedError


@contextmanager
def home_lock(home: Path, name: str, doing: str) -> Iterator[None]:
    """Hold the lock `name` of the home; the system releases it when the process dies.

    Raises LockedError, which says what the other process is `doing`, when another holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        owner = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
        os.close(descriptor)
        message = f"another process (pid {owner}) is {doing} {home}"
        raise LockedError(message, hint="wait until it is done, or stop it") from e
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
