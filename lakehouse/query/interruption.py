"""Ctrl-C and time limits: a statement is cancelled, and its process killed if it does not stop.

Python handles a signal only between its own instructions, and an answer of the worker that was
half read could never be understood again. So a second thread waits for the worker, while the
caller's waits for that thread: which signals can wake, and a clock can end.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from lakehouse.errors import QueryError

T = TypeVar("T")

# An interrupt that arrives before the statement has begun is lost, so it is repeated.
REPEAT_SECONDS = 0.05
# How long a statement may take to stop. The engine needs up to a second; a regular expression or
# a very long text never hears of it.
GRACE_SECONDS = 3.0


class Stoppable(Protocol):
    """What works meanwhile."""

    def cancel(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it."""


class Interruptible:
    """Has work done in one thread, one piece at a time, and stops it when it has to.

    `seconds` is what the pieces of one statement may take together, from `begin` on.
    """

    def __init__(
        self, worker: Stoppable, thread: ThreadPoolExecutor, seconds: float | None = None
    ) -> None:
        self._worker = worker
        self._thread = thread
        self._seconds = seconds
        self._left = seconds

    def begin(self, prepare: Callable[[], None]) -> None:
        """A new statement: it has all its time, once what it needs is there."""
        self._left = None
        self(prepare)
        self._left = self._seconds

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, once it has ended.

        Raises KeyboardInterrupt on Ctrl-C, and QueryError when the statement's time is over.
        """
        started = time.monotonic()
        try:
            return self._thread.submit(work).result(self._left)
        except TimeoutError as e:
            self.stop()
            message = f"the statement took longer than the {self._seconds:g} s it may take"
            raise QueryError(message, hint="raise `timeout` under [query], or ask for less") from e
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            if self._left is not None:
                self._left = max(0.0, self._left - (time.monotonic() - started))

    def stop(self) -> None:
        """Stop the work under way, from any thread; returns when it has ended."""
        # The signal may have come while the work was handed over. Whatever was, ends before
        # this: the thread takes one piece after the other.
        idle = self._thread.submit(_nothing)
        deadline = time.monotonic() + GRACE_SECONDS
        while not idle.done():
            if time.monotonic() < deadline:
                self._worker.cancel()
            else:
                self._worker.kill()
            wait([idle], timeout=REPEAT_SECONDS)


def _nothing() -> None:
    pass
