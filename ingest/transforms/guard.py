"""The process that ends transforms whose ingester has died, however it died.

Its standard input tells of process groups, a line each: `+` and the number of one that runs, `-`
of one that has ended. It ends with the ingester, which alone holds the other end of that pipe: then
what still runs is killed. Nothing is imported but the standard library, so that it starts at once.
"""

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress


def main(told: Iterable[bytes]) -> None:
    """Listen until the ingester is gone, and kill what it has left running."""
    running: set[int] = set()
    for line in told:
        change = running.add if line.startswith(b"+") else running.discard
        change(int(line[1:]))
    for group in running:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.stdin.buffer)
