"""What the commands share: the lake, a run that is up to date, its metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.ml.lake import Lake
    from lakehouse.ml.runs.record import Run

as_json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
force_flag = click.option("--force", is_flag=True, help="Compute, even if nothing has changed.")


@contextmanager
def opened(invocation: "Invocation") -> Iterator["Lake"]:
    """The lake of the home that was asked for."""
    from lakehouse.ml.lake import open_lake

    with open_lake(invocation.settings()) as lake:
        yield lake


def up_to_date(lake: "Lake", task: str, request: object, *, force: bool) -> "Run":
    """The run in production, of what was asked, made now when it is due."""
    from lakehouse.ml.runs.artifacts import production_run
    from lakehouse.ml.tasks.execution import due, execute

    if force or due(lake, task, request):
        run = execute(lake, task, request, now, console.TerminalProgress())
        console.note(f"run {run.run_id}: {run.seconds:.1f} s")
        return run
    run = production_run(lake, task)
    console.note(f"run {run.run_id}: nothing has changed since")
    return run


def print_metrics(run: "Run", name: str | None, *, as_json: bool) -> None:
    """The metrics of a run, or those of one name."""
    found = [asdict(m) for m in run.metrics if name is None or m.name == name]
    print_rows(found, as_json=as_json)


def names_in(names: str) -> list[str]:
    """What stands between the commas."""
    return [name.strip() for name in names.split(",") if name.strip()]
