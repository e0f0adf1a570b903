"""What the operating system refuses, as errors with a hint."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import MachineError

_FULL = "free some space and run it again: it goes on where it stopped"
_DENIED = "check who owns it and its mode"
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: "choose a --home on a disk that may be written",
}


@contextmanager
def translated(home: Path | None = None) -> Iterator[None]:
    """Turn what the operating system refuses into a MachineError.

    It names the file; where the system did not tell it, the `home` that was written to, if any.
    """
    try:
        yield
    except OSError as e:
        hint = _HINTS.get(e.errno or 0, "run it again: it goes on where it stopped")
        where = f"{place}: " if (place := e.filename or home) else ""
        raise MachineError(f"{where}{e.strerror or e}", hint=hint) from e
