"""How deep a statement may nest: further than Python's own stack, but not without end.

Programs write conditions of a thousand ORs, which Athena answers; each is a level of the parser.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from lakehouse.athena.errors import AthenaError

T = TypeVar("T")
# Calls of Python, of which a level of nesting takes about twelve, and a stack that holds them.
_CALLS: Final = 40_000
_STACK_BYTES: Final = 512 << 20
# Both limits are the process's: one thread at a time may raise them.
_RAISED = threading.Lock()


def deeply(work: Callable[[], T]) -> T:
    """What `work` returns or raises; it may nest deeper than the caller's stack allows.

    Raises AthenaError STACK_OVERFLOW when that is not enough either.
    """
    try:
        return work()
    except RecursionError:
        pass
    try:
        return _on_a_tall_stack(work)
    except RecursionError as e:
        message = "statement is too large (stack overflow during analysis)"
        raise AthenaError("STACK_OVERFLOW", message, hint="nest less deeply") from e


def _on_a_tall_stack(work: Callable[[], T]) -> T:
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as e:  # noqa: BLE001 - handed to the caller's thread
            done.set_exception(e)

    with _RAISED:
        calls, stack = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(_CALLS)
        try:
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(calls)
            threading.stack_size(stack)
    return done.result()
