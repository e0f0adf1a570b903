"""Firehose's rule, by a clock that the test sets."""

import math

import pytest

from ingest.buffering import Buffer, BufferingHints


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buffer(clock: Clock) -> Buffer[str]:
    return Buffer(BufferingHints(delivery=1_000, interval=60), clock)


def test_an_empty_buffer_is_never_due(buffer: Buffer[str], clock: Clock) -> None:
    clock.now += 10_000
    assert not buffer.due
    assert buffer.seconds_left == math.inf


def test_it_is_due_at_its_size(buffer: Buffer[str]) -> None:
    buffer.add("a", 999)
    assert not buffer.due
    buffer.add("b", 1)
    assert buffer.due


def test_it_is_due_when_the_oldest_has_waited(buffer: Buffer[str], clock: Clock) -> None:
    buffer.add("a", 1)
    clock.now += 59
    buffer.add("b", 1)
    assert (buffer.due, buffer.seconds_left) == (False, 1)
    clock.now += 1
    assert buffer.due


def test_the_interval_begins_again_with_the_next_item(buffer: Buffer[str], clock: Clock) -> None:
    buffer.add("a", 1_000)
    assert buffer.take() == ["a"]
    clock.now += 30
    buffer.add("b", 1)
    assert (buffer.due, buffer.seconds_left) == (False, 60)


def test_an_interval_of_zero_waits_for_nothing() -> None:
    buffer: Buffer[str] = Buffer(BufferingHints(interval=0), lambda: 0.0)
    buffer.add("a", 0)
    assert buffer.due


def test_what_is_taken_from_its_end_counts_no_more(buffer: Buffer[str]) -> None:
    buffer.add("a", 400)
    buffer.add("b", 700)
    assert buffer.take(1) == ["b"]
    assert (buffer.due, buffer.take()) == (False, ["a"])


def test_what_is_handed_on_counts_until_it_is_taken(buffer: Buffer[str], clock: Clock) -> None:
    buffer.add("a", 600)
    assert buffer.hand_on() == ["a"]
    clock.now += 10
    assert (len(buffer), buffer.seconds_left) == (1, 50)
    buffer.add("b", 400)
    assert buffer.due
    assert buffer.hand_on() == ["b"]
    assert buffer.take() == []
    assert not buffer.due
