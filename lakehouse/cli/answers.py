"""How results are shown and written: the flags for that, and the line that sums them up."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from lakehouse.cli import console
from lakehouse.cli.units import in_units

if TYPE_CHECKING:
    from lakehouse.query.boxes import Screen
    from lakehouse.query.executions import Execution, Executions
    from lakehouse.query.results import Result

TABLE = "table"
FORMATS = (TABLE, "csv", "athena-csv", "json", "ndjson", "parquet")
SCREEN_ROWS = 40
_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "ndjson",
    ".ndjson": "ndjson",
    ".parquet": "parquet",
}
_F = TypeVar("_F", bound=Callable[..., object])


def shape_options(command: _F) -> _F:
    """The flags --format, --output, --rows and --all."""
    options = (
        click.option(
            "--format",
            "style",
            type=click.Choice(FORMATS),
            help="How to write the result; without it what FILE's name ends with, else a table.",
        ),
        click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write to FILE, which appears whole or not at all.",
        ),
        click.option(
            "--rows",
            type=click.IntRange(min=0),
            help=f"How many rows a table shows [{SCREEN_ROWS} on a terminal, else all].",
        ),
        click.option(
            "--all", "everything", is_flag=True, help="Show every row on a terminal, too."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Shape:
    """In which format a result is written, where, and how much of it."""

    style: str
    output: Path | None
    to_screen: bool
    rows: int | None

    @staticmethod
    def of(
        style: str | None, output: Path | None, rows: int | None, *, everything: bool
    ) -> "Shape":
        """What the flags ask for. Raises click.UsageError for Parquet on a terminal."""
        style = style or _SUFFIXES.get(output.suffix.lower() if output else "", TABLE)
        to_screen = output is None and sys.stdout.isatty()
        if style == "parquet" and to_screen:
            raise click.UsageError("Parquet is not for a terminal: name a file with --output.")
        if everything:
            rows = None
        elif rows is None and to_screen:
            rows = SCREEN_ROWS
        return Shape(style, output, to_screen, rows)

    @property
    def is_text(self) -> bool:
        """Whether the format holds the texts of values."""
        return self.style in (TABLE, "csv", "athena-csv")

    def write(self, result: "Result") -> None:
        """Write a result."""
        from lakehouse.query.boxes import Screen
        from lakehouse.query.destinations import destination

        if not result.columns:
            return
        width = shutil.get_terminal_size().columns if self.to_screen else None
        with destination(self.output) as file:
            write_as(self.style, result, file, Screen(width, self.rows))


def write_as(style: str, result: "Result", file: BinaryIO, screen: "Screen") -> None:
    """Write a result in a format."""
    if style == TABLE:
        from lakehouse.query.boxes import write_table

        write_table(result, file, screen)
    else:
        from lakehouse.query.formats import WRITERS

        WRITERS[style](result, file)


def answer(  # noqa: PLR0913 - what a statement is asked with
    executions: "Executions",
    text: str,
    shape: Shape,
    dialect: str,
    *,
    parameters: Sequence[object] = (),
    reuse: timedelta | None = None,
) -> None:
    """Run a statement, write its result, and sum it up on standard error."""
    started = time.monotonic()
    running = executions.run(text, parameters, reuse)
    result = running.shown(as_text=dialect == "athena" and shape.is_text)
    shape.write(result)
    summary = counted(result, shape.output)
    console.note(f"{summary} in {time.monotonic() - started:.2f} s{scanned(running.execution)}")


def age(text: str | None) -> timedelta | None:
    """The age that --reuse names. Raises click.UsageError for none."""
    from lakehouse.maintenance_settings import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as e:
        raise click.UsageError(f"--reuse: {e}") from e


def counted(result: "Result", output: Path | None = None) -> str:
    """How many rows there were, or what was done."""
    if result.columns:
        count, done = result.rows, f" written to {output}" if output else ""
    elif result.changed is None:
        return "done"
    else:
        count, done = result.changed, " written"
    return f"{count:,} {'row' if count == 1 else 'rows'}{done}"


def scanned(execution: "Execution") -> str:
    """What an execution has scanned, and its id."""
    if execution.reused:
        return f", result of {execution.result_id} used again ({execution.id})"
    amount = f", {in_units(execution.bytes_scanned)} scanned" if execution.kind == "DML" else ""
    return f"{amount} ({execution.id})"
