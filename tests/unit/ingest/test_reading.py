"""Blocks of whole lines, whatever their size."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from ingest.reading import line_blocks
from ingest.screening import LONGEST_LINE

LOGS = st.lists(st.binary(max_size=9), max_size=30).map(b"\n".join)


@given(log=LOGS, size=st.integers(1, 50), end=st.integers(1, 8))
def test_blocks_are_the_log_cut_at_line_ends(log: bytes, size: int, end: int) -> None:
    blocks = list(line_blocks(BytesIO(log), size, end))

    assert b"".join(block.text for block in blocks) == log
    assert all(block.text.endswith(b"\n") for block in blocks[:-1])
    assert [block.open for block in blocks] == [not block.text.endswith(b"\n") for block in blocks]
    assert all(block.consumed == len(block.text) for block in blocks)
    assert all(block.end == block.text[-end:] for block in blocks)


def test_the_middle_of_an_endless_line_is_passed_over() -> None:
    endless = b"x" * (5 * LONGEST_LINE) + b"END\n"
    log = b"before\n" + endless + b"after\nopen"

    blocks = list(line_blocks(BytesIO(log), 64 << 10, end=6))

    assert max(len(block.text) for block in blocks) < 2 * LONGEST_LINE
    assert sum(block.consumed for block in blocks) == len(log)
    text = b"".join(block.text for block in blocks)
    before, long, after, last = text.split(b"\n")
    assert (before, after, last) == (b"before", b"after", b"open")
    assert LONGEST_LINE < len(long) < 2 * LONGEST_LINE
    assert any(block.end == b"xxEND\n" for block in blocks)


def test_an_endless_line_may_be_the_last() -> None:
    log = b"x" * (3 * LONGEST_LINE) + b"END"

    (block,) = line_blocks(BytesIO(log), 64 << 10, end=4)

    assert block.open
    assert block.consumed == len(log)
    assert block.end == b"xEND"
