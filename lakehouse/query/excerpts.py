"""The place in a statement that an error is about."""

import re
from typing import Final

from rich.cells import cell_len

WIDTH: Final = 72
# A dotted name, with its quotes.
_NAME: Final = re.compile(r'(?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+))*')


def excerpt(sql: str, position: int) -> str:
    """The line of `sql` that holds the byte `position`, and a caret under it.

    Long lines are cut around the caret, to 72 characters.
    """
    before = _characters(sql, position)
    line_start = before.rfind("\n") + 1
    number = before.count("\n") + 1
    column = len(before) - line_start
    line = sql[line_start:].split("\n", 1)[0].replace("\t", " ").rstrip("\r")
    start = max(0, min(column - WIDTH // 2, len(line) - WIDTH))
    label = f"  line {number}: " + ("..." if start else "")
    shown = line[start : start + WIDTH] + ("..." if len(line) > start + WIDTH else "")
    return f"{label}{shown}\n{' ' * (len(label) + cell_len(line[start:column]))}^"


def word_at(sql: str, position: int) -> str:
    """The name that begins at the byte `position`, with its dots and quotes; "" if none does."""
    name = _NAME.match(sql, len(_characters(sql, position)))
    return name.group() if name else ""


def _characters(sql: str, position: int) -> str:
    # DuckDB counts bytes of UTF-8, and points behind the last one where something is missing.
    before = sql.encode()[:position].decode(errors="ignore")
    return before if sql[len(before) :].strip() else before.rstrip()
