"""The tables of a page as they are sent: the first rows as they read, all of them as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa
import pyarrow.csv

from apps.bi.statement import Answer
from lakehouse.notices.content import Picture, Sheet

# What a page is sent as: its sentence, its tables and its charts.
Parts = tuple[str, Sequence[Sheet], Sequence[Picture]]


@dataclass(frozen=True)
class Column:
    """A column as it reads."""

    name: str
    cells: Sequence[str]
    numeric: bool = False


def sheet(
    title: str, answer: Answer | None, columns: Sequence[Column], file: str, *, shown: int = 10
) -> Sheet:
    """The first `shown` rows of the columns, and every row of the answer as `file`.csv.

    Without an answer the columns themselves are the file.
    """
    cells = {column.name: list(column.cells) for column in columns}
    table = pa.table(cells) if answer is None else answer.table
    return rows_as_sheet(title, table, columns, file, shown=shown)


def rows_as_sheet(
    title: str, table: pa.Table, columns: Sequence[Column], file: str, *, shown: int
) -> Sheet:
    """The same of a table."""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    csv = BytesIO()
    pyarrow.csv.write_csv(table, csv)
    return Sheet(
        title=title,
        columns=tuple(column.name for column in columns),
        numeric=tuple(column.numeric for column in columns),
        rows=tuple(rows[:shown]),
        left_out=max(len(rows) - shown, 0),
        file=f"{file}.csv",
        csv=csv.getvalue().decode(),
    )
