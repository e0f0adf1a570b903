"""The corpus: what Trino's documentation says a query answers.

A file of cases names its page, then has one block a case:

    name | example, or the documented rule the answer follows from
    SELECT ...
    => a row, its cells in Athena's text with " | " between; ∅ is NULL; no row is a lone =>
    !> CODE      Athena raises this error
    ?> CODE      Athena answers, this dialect refuses
    :: names     what the columns are called, where that is the point
"""

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"
_NULL = "∅"


@dataclass(frozen=True)
class Case:
    """One query with its documented answer, or with the error it ends in."""

    page: str
    name: str
    because: str
    sql: str
    rows: tuple[tuple[str | None, ...], ...]
    error: str
    refused: str
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        """What a failing test is called."""
        return f"{Path(self.page).stem}: {self.name}: {self.sql[:60]}"


def corpus() -> list[Case]:
    """Every case of every file, in order."""
    return [case for path in sorted(CASES.glob("*.cases")) for case in _file(path)]


def _file(path: Path) -> list[Case]:
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    page = head.removeprefix("source: ").strip()
    return [_case(page, block, path) for block in blocks]


def _case(page: str, block: str, path: Path) -> Case:
    header, *lines = block.strip("\n").split("\n")
    name, because = header.rsplit(" | ", 1)
    by_mark: dict[str, list[str]] = {"=>": [], "!>": [], "?>": [], "::": []}
    sql = []
    for line in lines:
        if line[:2] in by_mark:
            by_mark[line[:2]].append(line[2:].removeprefix(" "))
        else:
            sql.append(line)
    if not sql or sum(bool(by_mark[mark]) for mark in ("=>", "!>", "?>")) != 1:
        message = f"{path.name}: a case needs a query and one kind of answer: {header}"
        raise ValueError(message)
    rows = () if by_mark["=>"] == [""] else tuple(_cells(line) for line in by_mark["=>"])
    columns = tuple(by_mark["::"][0].split(", ")) if by_mark["::"] else ()
    error, refused = "".join(by_mark["!>"]), "".join(by_mark["?>"])
    return Case(page, name, because, "\n".join(sql), rows, error, refused, columns)


def _cells(line: str) -> tuple[str | None, ...]:
    return tuple(None if cell == _NULL else cell for cell in re.split(r" \|(?: |$)", line))
