"""Working ahead: what comes next is made while this is used, and several things at once."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# Each worker holds a block of text and what becomes of it: more of them, more memory.
WORKERS = min(os.cpu_count() or 1, 4)
# Ctrl-C does not end a wait, since Polars has had its hand in signals: it is seen after it.
_GLANCE_SECONDS = 0.2


def ahead(
    items: Generator[T, None, None], most: int, left: Callable[[], None] = lambda: None
) -> Iterator[T]:
    """The items, made in a thread of its own while those before them are used.

    At most that many are made in advance, so memory stays bounded. `items` is closed at the end;
    when nobody wants the rest of them, `left` is called before what is under way is waited for.
    """
    end = object()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
            jobs = deque(pool.submit(next, items, end) for _ in range(most))
            try:
                while (item := _result(jobs.popleft())) is not end:
                    jobs.append(pool.submit(next, items, end))
                    yield item  # type: ignore[misc]
            except BaseException:
                left()
                raise
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        items.close()


def in_parallel(function: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Each item with what `function` makes of it, in the order of the items.

    Items are drawn in the calling thread, a few in advance; `function` runs in threads.
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="worker") as pool:
        begun: deque[tuple[T, Future[R]]] = deque()
        for item in items:
            begun.append((item, pool.submit(function, item)))
            if len(begun) > WORKERS:
                first, job = begun.popleft()
                yield first, job.result()
        for first, job in begun:
            yield first, job.result()


def _result(job: Future[T]) -> T:
    while not job.done():
        wait([job], _GLANCE_SECONDS)
    return job.result()
