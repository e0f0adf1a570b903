"""Whether the last line of a log, which has no end, is all there will be of it."""

import time
from collections.abc import Callable
from pathlib import Path

# A write is seen page by page, and loggers write lines in pieces.
_STILL_SECONDS = 1.0


def at_rest(path: Path, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Whether the last line of a file has no end and nobody has written to it for a second.

    One that was just written to is waited for. False too when the last line has its end: what
    comes behind it from now on is somebody's work in progress.
    """
    before = path.stat()
    if _ends_a_line(path):
        return False
    age = time.time() - before.st_mtime
    if 0 <= age < _STILL_SECONDS:
        sleep(_STILL_SECONDS - age)
    after = path.stat()
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 1))
        return stream.read(1) == b"\n"
