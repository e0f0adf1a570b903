import io

import pytest
from rich.cells import cell_len

from lakehouse.query import Session
from lakehouse.query.boxes import Screen, fit, lay_out, write_table

EVERYTHING = Screen()


def table(session: Session, sql: str, screen: Screen = EVERYTHING) -> str:
    file = io.BytesIO()
    write_table(session.run(sql), file, screen)
    return file.getvalue().decode()


def test_numbers_stand_right_and_missing_values_differ_from_empty_ones(plain: Session) -> None:
    sql = "select * from (values (1, 'a', ''), (100, NULL, 'b')) t(number, name, note)"
    assert (
        table(plain, sql)
        == """\
┌─────────┬─────────┬─────────┐
│  number │ name    │ note    │
│ integer │ varchar │ varchar │
├─────────┼─────────┼─────────┤
│       1 │ a       │         │
│     100 │ NULL    │ b       │
└─────────┴─────────┴─────────┘
"""
    )


def test_without_rows_the_columns_are_shown(plain: Session) -> None:
    assert table(plain, "select 1 a where false").splitlines() == [
        "┌─────────┐",
        "│       a │",
        "│ integer │",
        "├─────────┤",
        "└─────────┘",
    ]


def test_rows_beyond_the_screen_are_counted(plain: Session) -> None:
    lines = table(plain, "select i from range(123456) t(i)", Screen(rows=2)).splitlines()
    assert lines[4:] == ["│      0 │", "│      1 │", "└────────┘", "123,456 rows (2 shown)"]


def test_no_rows_can_be_asked_for(plain: Session) -> None:
    lines = table(plain, "select i from range(3) t(i)", Screen(rows=0)).splitlines()
    assert lines[3:] == ["├────────┤", "└────────┘", "3 rows (0 shown)"]


def test_every_row_is_shown_in_order_without_a_screen(plain: Session) -> None:
    lines = table(plain, "select i from range(100000) t(i)").splitlines()
    assert [int(line.strip("│ ")) for line in lines[4:-1]] == list(range(100_000))


def test_columns_in_the_middle_are_left_out(plain: Session) -> None:
    sql = "select " + ", ".join(f"'{c * 12}' as {c}" for c in "abcdefgh")
    lines = table(plain, sql, Screen(width=60)).splitlines()
    assert lines[1].replace(" ", "") == "│a│b│…│h│"
    assert lines[4] == f"│ {'a' * 12} │ {'b' * 12} │ … │ {'h' * 12} │"
    assert lines[-1] == "8 columns (3 shown)"
    assert {len(line) for line in lines[:-1]} == {12 * 3 + 1 + 3 * 4 + 1}


def test_long_values_are_cut_before_columns_are_left_out(plain: Session) -> None:
    lines = table(plain, "select 1 a, repeat('x', 100) b, 2 c", Screen(width=80)).splitlines()
    assert {cell_len(line) for line in lines} == {80}
    assert lines[4].split()[3].endswith("x…")


def test_wide_characters_take_two_cells(plain: Session) -> None:
    sql = "select '日本語日本語' a union all select 'e' || chr(769)"
    lines = table(plain, sql).splitlines()
    assert {cell_len(line) for line in lines} == {16}
    assert lines[4] == "│ 日本語日本語 │"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("'a' || chr(10) || chr(9) || chr(13)", r"a\n\t\r"),
        ("chr(27) || '[31mred'", r"\x1b[31mred"),
        ("chr(0) || chr(127) || chr(155)", r"\x00\x7f\x9b"),
        ("'a' || chr(8238) || 'b' || chr(8232)", r"a\u202eb\u2028"),
    ],
)
def test_a_value_can_not_steer_the_terminal(plain: Session, value: str, shown: str) -> None:
    lines = table(plain, f"select {value} as a").splitlines()
    assert len(lines) == 6
    assert lines[4].strip("│ ") == shown


def test_a_plan_is_printed_as_it_is(plain: Session) -> None:
    assert table(plain, "explain select 1", Screen(width=20)).startswith("┌──────")
    assert "PROJECTION" in table(plain, "explain analyze select 42 as a")


@pytest.mark.parametrize(
    ("widths", "least", "limit", "columns", "fitted"),
    [
        # A frame takes three characters a column, and one more; what is left out takes four.
        ([5, 5], [5, 5], None, (0, 1), (5, 5)),
        ([5, 5], [5, 5], 17, (0, 1), (5, 5)),
        ([5, 30], [5, 12], 37, (0, 1), (5, 25)),
        ([50, 30], [12, 30], 60, (0, 1), (23, 30)),
        ([50, 30], [12, 12], 60, (0, 1), (26, 26)),
        ([30, 30], [12, 12], 40, (0, 1), (16, 16)),
        ([30, 30], [30, 30], 40, (0, None), (30, 1)),
        ([10, 10, 10, 10], [10] * 4, 40, (0, None, 3), (10, 1, 10)),
        ([10, 10, 10, 10, 10], [10] * 5, 44, (0, 1, None, 4), (10, 10, 1, 10)),
        # Where one end has no room for its next column, the other may.
        ([10, 5, 10, 10, 30], [10, 5, 10, 10, 30], 48, (0, 1, 2, None), (10, 5, 10, 1)),
        ([10, 20, 20, 20], [10, 12, 12, 12], 50, (0, 1, None, 3), (10, 13, 1, 13)),
        ([100], [12], 40, (0,), (36,)),
        ([100], [100], 40, (0,), (36,)),
        ([100], [12], 3, (0,), (1,)),
        ([100, 5], [12, 5], 12, (0, None), (4, 1)),
    ],
)
def test_layouts(
    widths: list[int],
    least: list[int],
    limit: int | None,
    columns: tuple[int | None, ...],
    fitted: tuple[int, ...],
) -> None:
    layout = lay_out(widths, least, limit)
    assert (layout.columns, layout.widths) == (columns, fitted)


def test_a_number_is_never_cut_while_another_column_can_be(plain: Session) -> None:
    sql = "select 12345678901234567890 n, repeat('x', 50) t, timestamp '2011-12-09 12:50:00' ts"
    lines = table(plain, sql, Screen(width=64)).splitlines()
    assert lines[4] == f"│ 12345678901234567890 │ {'x' * 14}… │ 2011-12-09 12:50:00 │"


@pytest.mark.parametrize(
    ("text", "width", "right", "fitted"),
    [
        ("abc", 5, False, "abc  "),
        ("abc", 5, True, "  abc"),
        ("abcdef", 5, True, "abcd…"),
        ("日本語", 5, False, "日本…"),
        ("日本語", 4, False, "日 …"),
        ("ab", 1, False, "…"),
    ],
)
def test_fitting(text: str, width: int, right: bool, fitted: str) -> None:
    assert fit(text, width, right) == fitted
