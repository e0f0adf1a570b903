"""Ctrl-C while DuckDB works: the statement is cancelled, then KeyboardInterrupt goes its way.

Python handles a signal only between its own instructions, and DuckDB may stay in C++ for
minutes. So the work runs in a second thread while the main thread waits, which signals can wake.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import duckdb

T = TypeVar("T")

# An interrupt that arrives before the statement has begun is lost, so it is repeated.
REPEAT_SECONDS = 0.05


class Interruptible:
    """Runs work on one connection, in one thread; one piece at a time."""

    def __init__(self, con: duckdb.DuckDBPyConnection, thread: ThreadPoolExecutor) -> None:
        self._con = con
        self._thread = thread

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises; on Ctrl-C, KeyboardInterrupt once the work has ended."""
        try:
            return self._thread.submit(work).result()
        except KeyboardInterrupt:
            self._cancel()
            raise

    def _cancel(self) -> None:
        # The signal may have come while the work was handed over. Whatever was, ends before
        # this: the thread takes one piece after the other.
        idle = self._thread.submit(_nothing)
        while not idle.done():
            self._con.interrupt()
            wait([idle], timeout=REPEAT_SECONDS)


def _nothing() -> None:
    pass
