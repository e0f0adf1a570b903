import csv
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.generator.damage import DAMAGES, damaged
from lakehouse.config import GenerateSettings

PLAIN = b"9133000,35018B,GOLD ADVENT LUNCH BAG,4,2025-01-02 08:02:00,1.65,88964,United Kingdom"
QUOTED = b'9133000,35018,"GOLD ADVENT TRAY, 6""",4,2025-01-02 08:02:00,1.65,88964,EIRE'
EMPTY = b"9133000,35018,,-4,2025-01-02 08:02:00,0.0,,United Kingdom"


def is_order_line(line: bytes) -> bool:
    """Whether a strict reader of the eight columns takes the line."""
    try:
        fields = next(csv.reader([line.decode()], strict=True))
        date.fromisoformat(fields[4][:10])
        int(fields[3]), float(fields[5])
    except (ValueError, IndexError, csv.Error):
        return False
    return len(fields) == 8 and bool(fields[0]) and bool(fields[1]) and b"\0" not in line


@pytest.mark.parametrize("line", [PLAIN, QUOTED, EMPTY])
def test_the_reader_of_this_test_takes_what_is_sound(line: bytes) -> None:
    assert is_order_line(line)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("line", [PLAIN, QUOTED, EMPTY], ids=["plain", "quoted", "empty"])
def test_a_spoiled_line_is_one_line_that_no_reader_takes(
    damage: Callable[[bytes], bytes], line: bytes
) -> None:
    spoiled = damage(line)
    assert not is_order_line(spoiled)
    assert spoiled
    assert b"\n" not in spoiled


@given(st.integers(0, 99), st.sampled_from([0.0, 0.01, 0.3, 0.5]), st.integers(0, 300))
def test_the_sound_lines_are_the_same_without_the_spoiled_ones(
    seed: int, share: float, count: int
) -> None:
    lines = [QUOTED, PLAIN, EMPTY] * (count // 3)
    text = b"".join(line + b"\n" for line in lines)
    settings = GenerateSettings(seed=seed, bad_lines=share)
    written = damaged(settings, date(2025, 1, 2), text).splitlines()
    assert [line for line in written if is_order_line(line)] == lines


def test_the_share_is_kept() -> None:
    text = (PLAIN + b"\n") * 50_000
    written = damaged(GenerateSettings(bad_lines=0.01), date(2025, 1, 2), text)
    # 500 expected; six standard deviations of a binomial are 133.
    assert abs(written.count(b"\n") - 50_000 - 500) < 133
