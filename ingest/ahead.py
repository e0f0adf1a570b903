"""Working one step ahead: the next item is made while this one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T, None, None]) -> Iterator[T]:
    """The items, each begun in a thread of its own when the one before it is handed out.

    At most one is made in advance, so memory stays bounded. `items` is closed at the end.
    """
    end = object()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
            job = pool.submit(next, items, end)
            while (item := job.result()) is not end:
                job = pool.submit(next, items, end)
                yield item  # type: ignore[misc]
    finally:
        items.close()
