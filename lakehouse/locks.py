"""One process at a time for work in a home that two would spoil."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lakehouse.errors import LockedError

# `is_locked` holds a lock for microseconds.
_LOOKS, _LOOK_SECONDS = 5, 0.005


@contextmanager
def home_lock(home: Path, name: str, doing: str) -> Iterator[None]:
    """Hold the lock `name` of the home; the system releases it when the process dies.

    Raises LockedError, which says what the other process is `doing`, when another holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor)
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


@contextmanager
def waited_lock(file: Path) -> Iterator[None]:
    """Hold the lock of a file, once nobody else does, for what takes no longer than a look."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_locked(home: Path, name: str) -> bool:
    """Whether somebody holds the lock just now."""
    try:
        descriptor = os.open(home / f"{name}.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    """Take the lock; raises BlockingIOError when another holds it for more than a look."""
    for _ in range(_LOOKS):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_LOOK_SECONDS)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
