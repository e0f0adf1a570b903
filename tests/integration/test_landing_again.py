"""Landing a source a second time, after everything that happens to logs."""

import gzip
import os
import shutil
from pathlib import Path

import pytest

from ingest.bookmarks import HEAD_BYTES
from lakehouse.config import Settings
from lakehouse.errors import SourceError
from tests.order_logs import BAD, HEADER, Lake, codes, order_line, order_lines, write_log

MANY = 150  # lines: well beyond the bytes that are taken for a log's head
assert MANY * len(order_line(1)) > 2 * HEAD_BYTES


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "orders.csv", order_lines(1, MANY))


def append(log: Path, text: str) -> None:
    with log.open("a") as stream:
        stream.write(text)


def test_a_second_run_lands_nothing_and_says_so(lake: Lake, log: Path) -> None:
    first = lake.land(log)
    assert (first.lines, first.landed, first.deliveries) == (MANY, MANY, 1)
    assert (first.files, first.skipped) == (("orders.csv",), ())
    before = lake.catalog.load_table("landing.order_lines").metadata_location

    second = lake.land(log)

    assert (second.lines, second.landed, second.deliveries) == (0, 0, 0)
    assert (second.files, second.skipped) == ((), ("orders.csv",))
    assert lake.catalog.load_table("landing.order_lines").metadata_location == before
    assert lake.codes() == codes(1, MANY)


def test_a_log_that_was_just_rotated_has_nothing_new(lake: Lake, log: Path) -> None:
    lake.land(log)
    write_log(log, [])  # its header, and the first line is to come

    report = lake.land(log)

    assert (report.lines, report.landed, report.deliveries) == (0, 0, 0)
    assert lake.codes() == codes(1, MANY)


@pytest.mark.parametrize("start", [1, MANY])
def test_a_log_that_has_grown_goes_on_at_its_bookmark(lake: Lake, log: Path, start: int) -> None:
    write_log(log, order_lines(1, start))
    lake.land(log)
    append(log, order_line(start + 1) + "\n" + BAD + "\n" + order_line(start + 2) + "\n")

    report = lake.land(log)

    assert (report.lines, report.landed, report.rejected) == (3, 2, {"wrong_column_count": 1})
    assert report.files == ("orders.csv",)
    assert lake.codes() == codes(1, start + 2)
    assert lake.lines() == [("orders.csv", n) for n in range(2, start + 5)]
    assert {row["ingest_seq"] for row in lake.rows()} == {1, 2}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_last_line_without_end_is_landed_once(lake: Lake, log: Path, end: str) -> None:
    write_log(log, order_lines(1, 3), end="")
    assert lake.land(log).landed == 3
    assert lake.land(log).lines == 0

    append(log, end)
    assert lake.land(log).lines == 0

    append(log, order_line(4) + end)
    assert lake.land(log).landed == 1
    assert lake.codes() == codes(1, 4)
    assert lake.lines() == [("orders.csv", n) for n in (2, 3, 4, 5)]


def test_a_line_end_is_awaited_byte_by_byte(lake: Lake, log: Path) -> None:
    write_log(log, order_lines(1, 3), end="")
    lake.land(log)
    append(log, "\r")
    assert lake.land(log).lines == 0
    append(log, "\n" + order_line(4))
    assert lake.land(log).landed == 1
    assert lake.codes() == codes(1, 4)


def test_the_rest_of_a_line_that_was_landed_too_early_is_rejected(lake: Lake, log: Path) -> None:
    whole = order_line(3)
    write_log(log, [*order_lines(1, 2), whole.removesuffix("Kingdom")], end="")
    lake.land(log)
    append(log, "Kingdom\n" + order_line(4) + "\n")

    report = lake.land(log)

    assert (report.landed, report.rejected) == (1, {"continued_line": 1})
    (reject,) = lake.rejects()
    assert (reject["raw"], reject["source_line"]) == ("Kingdom", 4)
    assert lake.codes() == codes(1, 4)
    assert lake.rows()[-1]["source_line"] == 5


def test_a_renamed_log_is_known_again(lake: Lake, log: Path) -> None:
    lake.land(log)
    rotated = log.rename(log.with_name("orders.csv.1.csv"))
    append(rotated, order_line(MANY + 1) + "\n")

    report = lake.land(rotated)

    assert report.landed == 1
    assert lake.codes() == codes(1, MANY + 1)
    assert lake.rows()[-1]["source_file"] == rotated.name


@pytest.mark.parametrize("lines", [1, MANY])
def test_a_copy_is_not_landed_again(lake: Lake, log: Path, lines: int) -> None:
    write_log(log, order_lines(1, lines))
    lake.land(log)
    copy = Path(shutil.copy(log, log.with_name("copy.csv")))

    assert lake.land(copy).skipped == ("copy.csv",)

    append(copy, order_line(lines + 1) + "\n")
    assert lake.land(copy).landed == 1
    assert lake.land(log).skipped == ("orders.csv",)
    assert lake.land(copy).skipped == ("copy.csv",)
    assert lake.codes() == codes(1, lines + 1)


def test_a_copy_in_the_same_folder_is_not_landed_again(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log(folder / "a.csv", order_lines(1, MANY))
    shutil.copy(folder / "a.csv", folder / "b.csv")

    report = lake.land(folder)

    assert (report.files, report.skipped) == (("a.csv",), ("b.csv",))
    assert lake.codes() == codes(1, MANY)


def test_a_log_that_was_compressed_after_it_was_landed(lake: Lake, log: Path) -> None:
    lake.land(log)
    append(log, order_line(MANY + 1) + "\n")
    compressed = log.with_name("orders.csv.1.gz")
    compressed.write_bytes(gzip.compress(log.read_bytes()))

    assert lake.land(compressed).landed == 1
    assert lake.land(compressed).skipped == ("orders.csv.1.gz",)
    assert lake.codes() == codes(1, MANY + 1)


def test_a_log_truncated_and_written_anew_is_a_new_log(lake: Lake, log: Path) -> None:
    """As logrotate's copytruncate does; with the same inode and the same header."""
    lake.land(log)
    inode = log.stat().st_ino
    for first, last in ((201, 202), (301, 300 + MANY + 50)):
        with log.open("r+") as stream:
            stream.truncate(0)
            stream.write("\n".join([HEADER, *order_lines(first, last)]) + "\n")
        assert log.stat().st_ino == inode
        assert lake.land(log).landed == last - first + 1

    assert lake.codes() == codes(1, MANY) + codes(201, 202) + codes(301, 300 + MANY + 50)


def test_a_log_deleted_and_made_anew_is_a_new_log(lake: Lake, log: Path) -> None:
    lake.land(log)
    log.unlink()
    write_log(log, order_lines(201, 203))
    assert lake.land(log).landed == 3


def test_a_new_log_may_begin_with_the_header_of_a_landed_one(lake: Lake, log: Path) -> None:
    write_log(log, order_lines(1, 1))
    lake.land(log)
    write_log(log, order_lines(7, 9))
    assert lake.land(log).landed == 3
    assert lake.codes() == ["P1", "P7", "P8", "P9"]


@pytest.mark.parametrize("changed", [0, 1, MANY // 2, MANY - 7])
def test_a_log_that_was_edited_is_refused(lake: Lake, log: Path, changed: int) -> None:
    lake.land(log)
    lines = order_lines(1, MANY)
    lines[changed] = lines[changed].replace("THING", "A BETTER THING")
    write_log(log, [*lines, order_line(MANY + 1)])

    with pytest.raises(SourceError, match="has been changed before line 151") as error:
        lake.land(log)

    assert "new file" in error.value.hint
    assert lake.codes() == codes(1, MANY)


def test_a_log_that_was_shortened_is_refused(lake: Lake, log: Path) -> None:
    lake.land(log)
    write_log(log, order_lines(1, MANY - 10))
    with pytest.raises(SourceError, match="has been changed"):
        lake.land(log)


def test_other_files_are_known_by_what_is_in_them(lake: Lake, tmp_path: Path) -> None:
    """A second folder may use the same names for other logs."""
    for n, folder in enumerate(("monday", "tuesday")):
        (tmp_path / folder).mkdir()
        write_log(tmp_path / folder / "orders.csv", order_lines(n * 500 + 1, n * 500 + MANY))
    assert lake.land(tmp_path / "monday").landed == MANY
    assert lake.land(tmp_path / "tuesday").landed == MANY
    assert lake.land(tmp_path / "monday").landed == 0
    assert lake.land(tmp_path / "tuesday").landed == 0


def test_a_file_that_was_only_touched_is_known(lake: Lake, log: Path) -> None:
    lake.land(log)
    os.utime(log, (0, 0))
    assert lake.land(log).skipped == ("orders.csv",)
