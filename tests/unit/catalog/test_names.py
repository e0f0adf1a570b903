from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.catalog.names import folder_of


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=255))
def test_a_folder_is_safe_in_paths_uris_and_globs(name: str) -> None:
    folder = folder_of(name)
    assert folder
    assert folder.isascii()
    assert not set(folder) & set("/\\#?%*[]{}'\" \n\0:")
    assert not folder.startswith(".")
    assert len(folder) <= 120


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=120), st.text(min_size=1, max_size=120))
def test_two_names_never_share_a_folder(one: str, other: str) -> None:
    assert (folder_of(one) == folder_of(other)) == (one == other)


def test_an_ordinary_name_is_its_own_folder() -> None:
    assert folder_of("fct_order_lines") == "fct_order_lines"
    assert folder_of("v2.1-final") == "v2.1-final"
