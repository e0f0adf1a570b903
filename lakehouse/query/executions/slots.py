"""How many queries of a workgroup run at once, in whatever process: each holds a slot."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

_LOOK_SECONDS = 0.02


@contextmanager
def slot(folder: Path, workgroup: str, count: int | None, given_up: Event) -> Iterator[bool]:
    """Hold one of the workgroup's slots; waits until one is free, or `given_up` is set.

    Gives whether it holds one. The system lets go of it when the process dies.
    """
    if count is None:
        yield True
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _taken(folder, workgroup, count)
    while descriptor is None and not given_up.wait(_LOOK_SECONDS):
        descriptor = _taken(folder, workgroup, count)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _taken(folder: Path, workgroup: str, count: int) -> int | None:
    for number in range(count):
        descriptor = os.open(
            folder / f"{workgroup}.{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return descriptor
    return None
