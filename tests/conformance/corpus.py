"""The corpora: what the documentation of Trino and Athena says a query or a statement answers.

`cases` holds queries, `statements` what needs tables: lines that end in `;` run first, in order,
with `--write`, and the answer is the last one's. A database `shop` is there; its tables are the
case's own, so that no two cases may use the same name.

A file of cases names its page, then has one block a case:

    name | example, or the documented rule the answer follows from
    SELECT ...
    => a row, its cells in Athena's text with " | " between; ∅ is NULL; no row is a lone =>
    !> CODE      Athena raises this error
    ?> CODE      Athena answers, this dialect refuses
    ~> how       this dialect answers, but otherwise than Athena: what follows `=>` is its answer
    :: names     what the columns are called, where that is the point
"""

import re
from dataclasses import dataclass
from pathlib import Path

QUERIES = Path(__file__).parent / "cases"
STATEMENTS = Path(__file__).parent / "statements"
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
    deviates: str = ""

    @property
    def before(self) -> list[str]:
        """The statements that run first."""
        return self.sql.split(";\n")[:-1]

    @property
    def last(self) -> str:
        """The statement that is judged."""
        return self.sql.split(";\n")[-1]

    @property
    def label(self) -> str:
        """What a failing test is called."""
        return f"{Path(self.page).stem}: {self.name}: {self.sql[:60]}"


def corpus(folder: Path) -> list[Case]:
    """Every case of every file of a corpus, in order."""
    return [case for path in sorted(folder.glob("*.cases")) for case in _file(path)]


def _file(path: Path) -> list[Case]:
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    page = head.removeprefix("source: ").strip()
    return [_case(page, block, path) for block in blocks]


def _case(page: str, block: str, path: Path) -> Case:
    header, *lines = block.strip("\n").split("\n")
    name, because = header.rsplit(" | ", 1)
    by_mark: dict[str, list[str]] = {"=>": [], "!>": [], "?>": [], "::": [], "~>": []}
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
    deviates = "".join(by_mark["~>"])
    return Case(page, name, because, "\n".join(sql), rows, error, refused, columns, deviates)


def _cells(line: str) -> tuple[str | None, ...]:
    return tuple(None if cell == _NULL else cell for cell in re.split(r" \|(?: |$)", line))
