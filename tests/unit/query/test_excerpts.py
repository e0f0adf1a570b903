import pytest

from lakehouse.query.excerpts import excerpt, word_at


def test_the_caret_stands_under_the_place() -> None:
    assert excerpt("select\n  a,\n  b from t", 14) == "  line 3:   b from t\n            ^"


def test_positions_are_bytes_and_carets_are_cells() -> None:
    sql = "select '日本', x"
    assert sql.encode()[17:] == b"x"
    assert excerpt(sql, 17) == f"  line 1: {sql}\n" + " " * (10 + 15) + "^"


def test_what_is_missing_at_the_end_is_shown_behind_the_last_line() -> None:
    assert excerpt("select 1 from\n\n", 15) == "  line 1: select 1 from\n" + " " * 23 + "^"


@pytest.mark.parametrize("place", [0, 100, 199])
def test_long_lines_are_cut_around_the_place(place: int) -> None:
    sql = "x" * place + "?" + "y" * (199 - place)
    shown, caret = excerpt(sql, place).split("\n")
    assert len(shown) <= 72 + len("  line 1: ......")
    assert shown[len(caret) - 1] == "?"


@pytest.mark.parametrize(
    ("sql", "position", "word"),
    [
        ("select * from core.fct_orders o", 14, "core.fct_orders"),
        ('from "a ""b""".c', 5, '"a ""b""".c'),
        ("select 1", 8, ""),
        ("select (", 7, ""),
    ],
)
def test_the_name_at_a_place(sql: str, position: int, word: str) -> None:
    assert word_at(sql, position) == word
