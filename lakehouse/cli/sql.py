"""`lakehouse sql`: ask the tables."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from lakehouse.cli import answers

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation

DIALECTS = ("athena", "duckdb")

EPILOG = """\b
Examples:
  lakehouse sql "show tables"
  lakehouse sql "SELECT country, sum(net_amount) FROM core.fct_orders GROUP BY country"
  lakehouse sql -f report.sql --output report.parquet
  echo "SELECT * FROM landing.rejects" | lakehouse sql --format ndjson
  lakehouse sql --workgroup etl "INSERT INTO core.copy SELECT * FROM core.fct_orders"
  lakehouse sql --database landing "SELECT count(*) FROM order_lines"
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
    "--database",
    metavar="NAME",
    help="What a table named without a database means [query.database, else core].",
)
@click.option(
    "--reuse",
    metavar="AGE",
    help="Answer from an earlier result at most so old (60m, 7d), if nothing it read has changed.",
)
@answers.shape_options
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
    database: str | None,
    reuse: str | None,
    style: str | None,
    output: Path | None,
    rows: int | None,
    everything: bool,
    write: bool,
    folders: tuple[Path, ...],
) -> None:
    """Run one SQL statement on the tables of the catalog, or a shell for many.

    The statement is the argument, or comes from a file or standard input; on a terminal, without
    any, a shell asks for statements (backslash and ? list its commands). Tables are
    named namespace.table. The dialect is Athena's or DuckDB's; only --write lets a statement
    change anything. The result goes to standard output; how many rows it has, the seconds it
    took, the bytes it scanned and the id of the query execution, by which `lakehouse queries`
    finds it again, to standard error.

    A table is fitted to the terminal. Nothing is left out where the output is no terminal, or in
    another format.
    """
    text = _statement(statement, script)
    shape = answers.Shape.of(style, output, rows, everything=everything)
    settings = invocation.settings(query__database=database)
    spoken = dialect or settings.in_workgroup(workgroup).query.dialect
    if spoken == "athena" and folders:
        raise click.UsageError("--allow needs --dialect duckdb: Athena's dialect reads no files.")
    from lakehouse.athena.executing import open_executions

    opened = open_executions(
        settings, workgroup=workgroup, dialect=spoken, write=write, folders=folders
    )
    with opened as executions:
        if text is None:
            from lakehouse.cli.shell.loop import Shell

            Shell(executions, spoken, settings.home).run()
            return
        answers.answer(executions, text, shape, spoken, reuse=answers.age(reuse))


def _statement(argument: str | None, script: BinaryIO | None) -> str | None:
    """The text to run; None where a person is to be asked, in the shell."""
    if argument is not None and script is not None:
        raise click.UsageError("Give the statement as an argument or with --file, not both.")
    if argument is not None:
        return argument
    if script is None and sys.stdin.isatty() and sys.stdout.isatty():
        return None
    if script is None and sys.stdin.isatty():
        raise click.UsageError(
            'Nothing to run: give a statement, as in lakehouse sql "show tables".'
        )
    try:
        return (script or sys.stdin.buffer).read().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise click.UsageError("The statement is not UTF-8 text.") from e
