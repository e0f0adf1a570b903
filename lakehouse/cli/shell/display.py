"""How the shell shows a result: as a table, as lines of name and value, or in a file."""

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli.answers import Shape, write_as

if TYPE_CHECKING:
    from lakehouse.query.results import Result

# More of a result is for a file.
MOST_ROWS = 1000


class Display:
    """Where results go, and in which form."""

    def __init__(self) -> None:
        self.expanded = False
        self.output: Path | None = None

    def shape(self) -> Shape:
        """The form of the next result."""
        if self.output is not None:
            return Shape.of(None, self.output, None, everything=True)
        return Shape("table", None, to_screen=True, rows=MOST_ROWS)

    def show(self, result: "Result") -> None:
        """Write a result to its file, or show it, with a pager if it is longer than the screen."""
        from lakehouse.query.boxes import Screen

        if self.output is not None:
            self.shape().write(result)
            return
        if self.expanded and not result.plan:
            page(_records(result))
            return
        shown = io.BytesIO()
        width = shutil.get_terminal_size().columns
        write_as("table", result, shown, Screen(width, MOST_ROWS))
        page(shown.getvalue().decode())


def page(text: str) -> None:
    """Show a text, with a pager if it is longer than the screen."""
    if text.count("\n") >= shutil.get_terminal_size().lines:
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)


def _records(result: "Result") -> str:
    names = [column.name for column in result.columns]
    width = max(map(len, names), default=0)
    lines = []
    number = 0
    for rows in result.pages():
        columns = [column.to_pylist() for column in rows.columns]
        for values in zip(*columns, strict=True):
            number += 1
            if number > MOST_ROWS:
                continue
            lines.append(f"-[ RECORD {number} ]")
            pairs = zip(names, values, strict=True)
            lines += [f"{n:<{width}} | {'NULL' if v is None else v}" for n, v in pairs]
    if number > MOST_ROWS:
        lines.append(f"{number:,} rows ({MOST_ROWS:,} shown)")
    return "".join(f"{line}\n" for line in lines)
