"""When a last line without end counts as a line."""

import os
import time
from pathlib import Path

import pytest

from ingest.stillness import at_rest


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text("header\nline")
    return file


def never(_: float) -> None:
    raise AssertionError("waited for")


def test_an_old_file_is_at_rest(log: Path) -> None:
    os.utime(log, (0, 0))
    assert at_rest(log, never)


def test_so_is_one_from_the_future(log: Path) -> None:
    tomorrow = time.time() + 86_400
    os.utime(log, (tomorrow, tomorrow))
    assert at_rest(log, never)


def test_one_that_ends_a_line_has_nothing_to_wait_for(log: Path) -> None:
    log.write_text("header\nline\n")
    assert not at_rest(log, never)


def test_a_fresh_one_is_waited_for(log: Path) -> None:
    waits: list[float] = []
    assert at_rest(log, waits.append)
    assert all(0 < wait <= 1 for wait in waits)


def test_one_that_grows_meanwhile_is_not_at_rest(log: Path) -> None:
    now = time.time()

    def write(_: float) -> None:
        with log.open("a") as file:
            file.write(" goes on")

    os.utime(log, (now, now))
    assert not at_rest(log, write)
