from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.catalog.rest.arrivals import mended


@settings(deadline=None, max_examples=100)
@given(st.text(min_size=6), st.integers(1, 16))
def test_a_cut_bound_becomes_text_that_still_sorts_first(text: str, cut: int) -> None:
    whole = text.encode()
    bound = mended(whole[:cut])
    assert bound.decode()
    assert len(bound) == len(whole[:cut])
    assert bound <= whole


def test_what_is_no_cut_text_stays() -> None:
    for bound in (b"", b"plain", "ünï".encode(), b"\xff\x00", b"a\xe2b"):
        assert mended(bound) == bound
