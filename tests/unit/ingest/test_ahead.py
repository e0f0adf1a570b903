"""Items made ahead: in order, not too many, and closed at the end."""

from collections.abc import Generator
from threading import Event

import pytest

from ingest.ahead import ahead, in_parallel


def test_items_come_in_order() -> None:
    assert list(ahead((n for n in range(20)), 3)) == list(range(20))
    assert list(in_parallel(lambda n: -n, range(20))) == [(n, -n) for n in range(20)]


def test_no_more_are_made_ahead_than_that() -> None:
    made: list[int] = []
    third = Event()

    def items() -> Generator[int, None, None]:
        for n in range(10):
            made.append(n)
            if n == 3:
                third.set()
            yield n

    stream = ahead(items(), 3)
    assert next(stream) == 0
    assert third.wait(10)  # the first was taken, three more are made
    assert made == [0, 1, 2, 3]
    assert list(stream) == list(range(1, 10))


def test_what_came_before_an_error_is_handed_out_first() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ValueError("bad")

    stream = ahead(items(), 5)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(ValueError, match="bad"):
        next(stream)


def test_leaving_early_closes_the_source() -> None:
    closed = Event()

    def items() -> Generator[int, None, None]:
        try:
            yield from range(100)
        finally:
            closed.set()

    for item in ahead(items(), 4):
        if item == 5:
            break
    assert closed.wait(10)
