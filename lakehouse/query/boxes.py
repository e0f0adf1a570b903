"""A result as a table that people read.

    ┌──────────┬─────────────────────┐
    │ order_id │          net_amount │
    │ varchar  │       decimal(38,4) │
    ├──────────┼─────────────────────┤
    │ 536365   │            139.1200 │
    └──────────┴─────────────────────┘

On a screen it is fitted to the width: long values are cut with `…`, then columns in the middle
are left out; a last line says how much is not shown. Line breaks, tabs and control characters
appear as escapes, so that a value can neither break the table nor steer the terminal.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import pyarrow as pa
from rich.cells import cell_len, set_cell_size

from lakehouse.query import values
from lakehouse.query.rendering import rendering
from lakehouse.query.results import Column, Result

NULL: Final = "NULL"
ELLIPSIS: Final = "…"
# Texts are cut down to this width before columns are left out; half a number or a date would be
# read as a whole one, so those are not.
_LEAST: Final = 12
# The type of a nested column may be as long as a page.
_LEAST_TYPE: Final = 20

_ESCAPES: Final = {
    **{c: f"\\x{c:02x}" for c in (*range(0x20), *range(0x7F, 0xA0))},
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    # What breaks lines or turns the direction of text around.
    **{c: f"\\u{c:04x}" for c in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}  # fmt: skip


@dataclass(frozen=True)
class Screen:
    """What a table must fit into; None is no limit."""

    width: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Layout:
    """Which columns are shown (None: those left out stand here), and how wide each one is."""

    columns: tuple[int | None, ...]
    widths: tuple[int, ...]


def write_table(result: Result, file: BinaryIO, screen: Screen) -> None:
    """Write the result as a table; rows beyond those on the screen are counted, not kept."""
    kept = _keep(result, screen.rows)
    with rendering() as renderer:
        texts = [values.text(f"#{i}") for i in range(1, len(result.columns) + 1)]
        pages = [renderer.render(page, texts) for page in kept]
    if result.plan:
        for page in pages:
            file.writelines(str(plan).encode() for plan in page.column(1).to_pylist())
        return
    widths = _natural_widths(result.columns, pages)
    least = [_least(c, width) for c, width in zip(result.columns, widths, strict=True)]
    layout = lay_out(widths, least, screen.width)
    for line in _drawn(result.columns, pages, layout):
        file.write(line.encode() + b"\n")
    shown = sum(page.num_rows for page in pages)
    if note := _left_out(result, shown, layout):
        file.write(note.encode() + b"\n")


def lay_out(widths: Sequence[int], least: Sequence[int], limit: int | None) -> Layout:
    """Fit columns of these natural widths, and these least ones, into `limit` characters.

    The frame counts, too. From both ends to the middle: the first columns say what a row is,
    the last what it holds.
    """
    shown: list[int | None] = list(range(len(widths)))
    if limit is None:
        return Layout(tuple(shown), tuple(widths))
    if _framed(least) > limit:
        left, right = _ends(least, limit)
        shown = [*left, None, *right] if len(widths) > 1 else [0]
    for cut in range(min(max(widths), limit), 0, -1):
        fitted = [1 if i is None else min(widths[i], max(least[i], cut), limit) for i in shown]
        if _framed(fitted) <= limit:
            return Layout(tuple(shown), tuple(fitted))
    # Not even the first column fits as it is.
    first = max(1, limit - _framed([0] + [1] * (len(shown) - 1)))
    return Layout(tuple(shown), (first, *[1] * (len(shown) - 1)))


def _ends(widths: Sequence[int], limit: int) -> tuple[list[int], list[int]]:
    """The first columns and the last ones that fit beside a narrow one for those between."""
    left: list[int] = [0]
    right: list[int] = []
    room = limit - _framed([1, widths[0]])
    middle = deque(range(1, len(widths)))
    growing = deque([True, False])  # at the right end, at the left end
    while middle and growing:
        at_right = growing.popleft()
        column = middle[-1 if at_right else 0]
        if (room := room - widths[column] - 3) < 0:
            room += widths[column] + 3
            continue
        middle.remove(column)
        (right if at_right else left).append(column)
        growing.append(at_right)
    return left, sorted(right)


def _framed(widths: Sequence[int]) -> int:
    return sum(width + 3 for width in widths) + 1


def _keep(result: Result, rows: int | None) -> list[pa.Table]:
    kept: list[pa.Table] = []
    room = rows
    for page in result.pages():
        if room is None or room > 0:
            kept.append(page.slice(0, room))
            room = None if room is None else room - kept[-1].num_rows
    return kept


def _natural_widths(columns: Sequence[Column], pages: Sequence[pa.Table]) -> list[int]:
    widths = []
    for i, column in enumerate(columns):
        head = max(_width(_cell(column.name)), min(_width(_kind(column)), _LEAST_TYPE))
        cells = (max(map(_width, _cells(page, i)), default=0) for page in pages)
        widths.append(max([head, *cells]))
    return widths


def _least(column: Column, width: int) -> int:
    return width if values.is_plain(column.type) else min(width, _LEAST)


def _drawn(columns: Sequence[Column], pages: Sequence[pa.Table], layout: Layout) -> Iterator[str]:
    def ruled(start: str, middle: str, end: str) -> str:
        return start + middle.join("─" * (width + 2) for width in layout.widths) + end

    def row(cells: Iterator[str]) -> str:
        return "│" + "│".join(f" {cell} " for cell in cells) + "│"

    rights = [i is not None and values.is_number(columns[i].type) for i in layout.columns]

    def fitted(cells: Sequence[str]) -> Iterator[str]:
        return (fit(*c) for c in zip(cells, layout.widths, rights, strict=True))

    yield ruled("┌", "┬", "┐")
    for part in (lambda c: _cell(c.name)), _kind:
        yield row(fitted([ELLIPSIS if i is None else part(columns[i]) for i in layout.columns]))
    yield ruled("├", "┼", "┤")
    for page in pages:
        shown = [
            [ELLIPSIS] * page.num_rows if i is None else _cells(page, i) for i in layout.columns
        ]
        for cells in zip(*shown, strict=True):
            yield row(fitted(cells))
    yield ruled("└", "┴", "┘")


def _left_out(result: Result, rows: int, layout: Layout) -> str:
    notes = []
    if rows < result.rows:
        notes.append(f"{result.rows:,} rows ({rows:,} shown)")
    columns = sum(i is not None for i in layout.columns)
    if columns < len(result.columns):
        notes.append(f"{len(result.columns)} columns ({columns} shown)")
    return ", ".join(notes)


def fit(text: str, width: int, right: bool) -> str:
    """The text in exactly `width` characters of a terminal, cut with `…` if it is longer."""
    size = _width(text)
    if size > width:
        return set_cell_size(text, width - 1) + ELLIPSIS
    space = " " * (width - size)
    return space + text if right else text + space


def _cells(page: pa.Table, column: int) -> list[str]:
    return [_cell(value) for value in page.column(column).to_pylist()]


def _cell(value: str | None) -> str:
    if value is None:
        return NULL
    return value if value.isprintable() else value.translate(_ESCAPES)


def _kind(column: Column) -> str:
    return column.dialect_type or str(column.type).lower()


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
