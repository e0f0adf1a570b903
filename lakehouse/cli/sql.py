"""`lakehouse sql`: ask the tables."""

import shutil
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from lakehouse.cli import console
from lakehouse.cli.units import in_units

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.query.boxes import Screen
    from lakehouse.query.executions import Execution
    from lakehouse.query.results import Result

TABLE = "table"
FORMATS = (TABLE, "csv", "json", "ndjson", "parquet")
DIALECTS = ("athena", "duckdb")
SCREEN_ROWS = 40
_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "ndjson",
    ".ndjson": "ndjson",
    ".parquet": "parquet",
}

EPILOG = """\b
Examples:
  lakehouse sql "show tables"
  lakehouse sql "SELECT country, sum(net_amount) FROM core.fct_orders GROUP BY country"
  lakehouse sql -f report.sql --output report.parquet
  echo "SELECT * FROM landing.rejects" | lakehouse sql --format ndjson
  lakehouse sql --workgroup etl "INSERT INTO core.copy SELECT * FROM core.fct_orders"
  lakehouse sql --reuse 60m "SELECT count(*) FROM core.fct_order_lines"
  lakehouse sql --dialect duckdb "summarize core.fct_orders"
  lakehouse sql --dialect duckdb --write "delete from landing.rejects where source_file = 'old.csv'"
"""


@click.command(epilog=EPILOG)
@click.argument("statement", required=False)
@click.option(
    "-f",
    "--file",
    "script",
    type=click.File("rb"),
    help="Read the statement from a file.",
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    help="Whose SQL the statement is [the workgroup's, or query.dialect, else athena].",
)
@click.option(
    "--workgroup",
    default="primary",
    metavar="NAME",
    help="Whose limits and permissions hold: [workgroups.NAME] of lakehouse.toml [primary].",
)
@click.option(
    "--reuse",
    metavar="AGE",
    help="Answer from an earlier result at most so old (60m, 7d), if nothing it read has changed.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    help="How to write the result; without it what FILE's name ends with, else a table.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE, which appears whole or not at all.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    help=f"How many rows a table shows [{SCREEN_ROWS} on a terminal, else all].",
)
@click.option("--all", "everything", is_flag=True, help="Show every row on a terminal, too.")
@click.option("--write", is_flag=True, help="Allow a statement that writes to the tables.")
@click.option(
    "--allow",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Let SQL read files in FOLDER, with read_csv() and the like; repeatable.",
)
@click.pass_obj
def sql(  # noqa: PLR0913 - one parameter a flag
    invocation: "Invocation",
    *,
    statement: str | None,
    script: BinaryIO | None,
    dialect: str | None,
    workgroup: str,
    reuse: str | None,
    style: str | None,
    output: Path | None,
    rows: int | None,
    everything: bool,
    write: bool,
    folders: tuple[Path, ...],
) -> None:
    """Run one SQL statement on the tables of the catalog.

    The statement is the argument, or comes from a file or standard input. Tables are
    named namespace.table. The dialect is Athena's or DuckDB's; only --write lets a statement
    change anything. The result goes to standard output; how many rows it has, the seconds it
    took, the bytes it scanned and the id of the query execution, by which `lakehouse queries`
    finds it again, to standard error.

    A table is fitted to the terminal. Nothing is left out where the output is no terminal, or in
    another format.
    """
    text = _statement(statement, script)
    style = style or _SUFFIXES.get(output.suffix.lower() if output else "", TABLE)
    to_screen = output is None and sys.stdout.isatty()
    if style == "parquet" and to_screen:
        raise click.UsageError("Parquet is not for a terminal: name a file with --output.")
    settings = invocation.settings()
    spoken = dialect or settings.in_workgroup(workgroup).query.dialect
    if spoken == "athena" and folders:
        raise click.UsageError("--allow needs --dialect duckdb: Athena's dialect reads no files.")
    from lakehouse.athena.executing import open_executions
    from lakehouse.query.destinations import destination

    opened = open_executions(
        settings, workgroup=workgroup, dialect=spoken, write=write, folders=folders
    )
    with opened as executions:
        started = time.monotonic()
        running = executions.run(text, reuse=_age(reuse))
        as_text = spoken == "athena" and style in (TABLE, "csv")
        result = running.shown(as_text=as_text)
        if result.columns:
            with destination(output) as file:
                _write(result, style, file, _screen(to_screen, rows, everything))
        seconds = time.monotonic() - started
        console.note(_summary(result, seconds, output) + _scanned(running.execution))


def _statement(argument: str | None, script: BinaryIO | None) -> str:
    if argument is not None and script is not None:
        raise click.UsageError("Give the statement as an argument or with --file, not both.")
    if argument is not None:
        return argument
    if script is None and sys.stdin.isatty():
        raise click.UsageError(
            'Nothing to run: give a statement, as in lakehouse sql "show tables".'
        )
    try:
        return (script or sys.stdin.buffer).read().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise click.UsageError("The statement is not UTF-8 text.") from e


def _age(text: str | None) -> "timedelta | None":
    from lakehouse.maintenance_settings import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as e:
        raise click.UsageError(f"--reuse: {e}") from e


def _scanned(execution: "Execution") -> str:
    if execution.reused:
        return f", result of {execution.result_id} used again ({execution.id})"
    scanned = f", {in_units(execution.bytes_scanned)} scanned" if execution.kind == "DML" else ""
    return f"{scanned} ({execution.id})"


def _screen(to_screen: bool, rows: int | None, everything: bool) -> "Screen":
    from lakehouse.query.boxes import Screen

    if everything:
        rows = None
    elif rows is None and to_screen:
        rows = SCREEN_ROWS
    return Screen(shutil.get_terminal_size().columns if to_screen else None, rows)


def _write(result: "Result", style: str, file: BinaryIO, screen: "Screen") -> None:
    if style == TABLE:
        from lakehouse.query.boxes import write_table

        write_table(result, file, screen)
    else:
        from lakehouse.query.formats import WRITERS

        WRITERS[style](result, file)


def _summary(result: "Result", seconds: float, output: Path | None) -> str:
    if result.columns:
        count, done = result.rows, f" written to {output}" if output else ""
    elif result.changed is None:
        return f"done in {seconds:.2f} s"
    else:
        count, done = result.changed, " written"
    return f"{count:,} {'row' if count == 1 else 'rows'}{done} in {seconds:.2f} s"
