"""What the statement in the editor is: its question marks, and where in it an error is."""

import re

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.syntax.tokens import tokenize

_POSITION = re.compile(r"^[A-Z_]+: line (\d+):(\d+): ")


def question_marks(sql: str) -> int:
    """How many values a statement wants; 0 where it can't even be read."""
    try:
        return sum(token.text == "?" for token in tokenize(sql))
    except AthenaError:
        return 0


def position_in(message: str) -> tuple[int, int] | None:
    """The line and the column, from 1, that Athena's message names."""
    found = _POSITION.match(message)
    return (int(found[1]), int(found[2])) if found else None


def marked(sql: str, position: tuple[int, int]) -> str:
    """The line of a position, with a caret under it."""
    line, column = position
    lines = sql.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    label = f"line {line}: "
    return f"{label}{lines[line - 1].replace(chr(9), ' ')}\n{' ' * (len(label) + column - 1)}^"
