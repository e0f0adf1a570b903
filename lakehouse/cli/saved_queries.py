"""`lakehouse queries save`, `saved` and `run`: queries with a name."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import answers, console
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.query.executions.saved import SavedQueries


@click.command(
    epilog='Example: lakehouse queries save revenue "SELECT sum(net_amount) FROM core.fct_orders"'
)
@click.argument("name")
@click.argument("statement", required=False)
@click.option("--id", "execution_id", metavar="ID", help="Save the text of this execution.")
@click.option("--description", default="", help="What it answers.")
@click.option("--workgroup", default="primary", help="Where it runs [primary].")
@click.option("--replace", is_flag=True, help="Replace one of that name.")
@click.pass_obj
def save(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    name: str,
    statement: str | None,
    execution_id: str | None,
    description: str,
    workgroup: str,
    replace: bool,
) -> None:
    """Save a query under a name: the statement, that of an execution, or standard input.

    It is a file, queries/saved/NAME.sql in the home, to be reviewed and versioned. A `?` in it is a
    parameter.
    """
    from lakehouse.query.executions import open_archive
    from lakehouse.query.executions.saved import SavedQuery

    if statement is not None and execution_id is not None:
        raise click.UsageError("Give the statement or --id, not both.")
    settings = invocation.settings()
    settings.in_workgroup(workgroup)
    if execution_id is not None:
        with open_archive(settings) as archive:
            statement = archive.execution(execution_id).sql
    elif statement is None:
        if sys.stdin.isatty():
            raise click.UsageError("Nothing to save: give a statement, or --id of an execution.")
        statement = sys.stdin.read()
    query = SavedQuery(name, statement, description, workgroup)
    console.note(f"saved as {_saved(settings).save(query, replace=replace)}")


@click.command(epilog="Example: lakehouse queries saved --json")
@click.option("--remove", metavar="NAME", help="Remove a query instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def saved(invocation: "Invocation", *, remove: str | None, as_json: bool) -> None:
    """List the saved queries, with what each answers."""
    from dataclasses import asdict

    kept = _saved(invocation.settings())
    if remove is not None:
        kept.remove(remove)
        console.note(f"removed {remove}")
        return
    rows = [asdict(query) for query in kept.listed()]
    fields = ("name", "description", "workgroup", "sql")
    print_rows([{field: row[field] for field in fields} for row in rows], as_json=as_json)


@click.command(epilog="Example: lakehouse queries run revenue_of \"'France'\" 2011")
@click.argument("name")
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@click.option("--workgroup", metavar="NAME", help="Run it in another workgroup.")
@click.option("--reuse", metavar="AGE", help="Answer from an earlier result at most so old (60m).")
@answers.shape_options
@click.pass_obj
def run(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    name: str,
    values: tuple[str, ...],
    workgroup: str | None,
    reuse: str | None,
    style: str | None,
    output: Path | None,
    rows: int | None,
    everything: bool,
) -> None:
    """Run a saved query; each VALUE stands for a `?`, as it is written in SQL."""
    from lakehouse.athena.executing import open_executions
    from lakehouse.query.executions.parameters import Literal

    settings = invocation.settings()
    query = _saved(settings).find(name)
    group = workgroup or query.workgroup
    shape = answers.Shape.of(style, output, rows, everything=everything)
    with open_executions(settings, workgroup=group) as executions:
        answers.answer(
            executions,
            query.sql,
            shape,
            settings.in_workgroup(group).query.dialect,
            parameters=[Literal(value) for value in values],
            reuse=answers.age(reuse),
        )


def _saved(settings: "Settings") -> "SavedQueries":
    from lakehouse.query.executions.journal import FOLDER
    from lakehouse.query.executions.saved import SavedQueries

    return SavedQueries(settings.home / FOLDER / "saved")
