"""Records as lines, on their way from a transform to the parser."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.transforms.step import escape, unescape


@given(st.binary() | st.text(alphabet="\\n\n").map(str.encode))
def test_a_record_is_one_line_and_comes_back(record: bytes) -> None:
    line = escape(record)
    assert b"\n" not in line
    assert unescape(line) == record
