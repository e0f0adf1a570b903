"""The runs: made, listed, traced, repeated; which one is in production."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.ml.asking import as_json_flag, opened
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation


@click.command(epilog="Example: lakehouse ml build")
@as_json_flag
@click.pass_obj
def build(invocation: "Invocation", *, as_json: bool) -> None:
    """Run every model whose inputs or code have changed."""
    from lakehouse.ml.tasks.execution import build_models

    outcomes = build_models(invocation.settings(), now, console.TerminalProgress())
    rows = [
        {
            "task": o.task,
            "run_id": o.run.run_id if o.run else None,
            "seconds": o.run.seconds if o.run else None,
            "outcome": str(o.error or ("computed" if o.run else "nothing has changed")),
        }
        for o in outcomes
    ]
    print_rows(rows, as_json=as_json)
    if failures := [o.error for o in outcomes if o.failed and o.error]:
        raise failures[0]


@click.command(epilog="Example: lakehouse ml runs --task quantity --rank mae")
@click.argument("run", required=False)
@click.option("--task", help="Only runs of this task.")
@click.option("--status", type=click.Choice(("finished", "failed")), help="Only these.")
@click.option("--rank", help="Rank the runs of --task by this metric, the best first.")
@as_json_flag
@click.pass_obj
def runs(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    run: str | None,
    task: str | None,
    status: str | None,
    rank: str | None,
    as_json: bool,
) -> None:
    """List the runs, or show everything about RUN (a task: the one in production).

    The beginning of a run's id is enough."""
    from lakehouse.ml.tasks import asking

    with opened(invocation) as lake:
        if run is not None:
            asked, metrics = asking.record_of(lake, run)
            if as_json:
                print_rows([{**asked, "metrics": metrics}], as_json=True)
                return
            print_rows([{"what": k, "value": v} for k, v in asked.items()], as_json=False)
            print_rows(metrics, as_json=False)
        elif rank is not None:
            print_rows(asking.ranking(lake, task, rank), as_json=as_json)
        else:
            print_rows(asking.listing(lake, task, status), as_json=as_json)


@click.command(epilog="Example: lakehouse ml lineage recommend --customer 17850")
@click.argument("run")
@click.option("--customer", help="Show the log lines behind this customer's predictions.")
@click.option("--product", help="Show the log lines behind this product's predictions.")
@as_json_flag
@click.pass_obj
def lineage(
    invocation: "Invocation",
    *,
    run: str,
    customer: str | None,
    product: str | None,
    as_json: bool,
) -> None:
    """From RUN back to the snapshots it read, their files, and the lines of the logs."""
    from lakehouse.ml.runs.lineage import trace
    from lakehouse.ml.runs.registry import named

    with opened(invocation) as lake:
        found = trace(lake, named(lake, run), customer_id=customer, product_id=product)
    if as_json:
        print_rows([{**asdict(found), "run": found.run.run_id}], as_json=True)
        return
    console.note(f"{found.run.run_id} read")
    # An id is to be copied, so it has no commas.
    sources = [
        {**asdict(s), "snapshot_id": str(s.snapshot_id), "files": len(s.files)}
        for s in found.sources
    ]
    print_rows(sources, as_json=False)
    print_rows([asdict(log) for log in found.logs], as_json=False)
    if found.lines:
        print_rows([asdict(line) for line in found.lines], as_json=False)


@click.command(epilog="Example: lakehouse ml promote quantity-20241121")
@click.argument("run")
@as_json_flag
@click.pass_obj
def promote(invocation: "Invocation", *, run: str, as_json: bool) -> None:
    """Put RUN into production: its tables become current, its model is served."""
    from lakehouse.ml.lake import alone
    from lakehouse.ml.runs import registry, store

    with opened(invocation) as lake, alone(lake):
        version = registry.promote(lake, store.find(lake, run), "promoted by hand", now)
    print_rows([asdict(version) | {"stage": "production"}], as_json=as_json)


@click.command(epilog="Example: lakehouse ml rollback quantity")
@click.argument("task")
@as_json_flag
@click.pass_obj
def rollback(invocation: "Invocation", *, task: str, as_json: bool) -> None:
    """Put the version of TASK back that was in production before."""
    from lakehouse.ml.lake import alone
    from lakehouse.ml.runs import registry, store

    with opened(invocation) as lake, alone(lake):
        earlier = registry.previous(lake, task)
        run = store.find(lake, earlier.run_id)
        version = registry.promote(lake, run, "rolled back", now)
    print_rows([asdict(version) | {"stage": "production"}], as_json=as_json)


@click.command(epilog="Example: lakehouse ml versions --task quantity")
@click.option("--task", help="Only versions of this task.")
@as_json_flag
@click.pass_obj
def versions(invocation: "Invocation", *, task: str | None, as_json: bool) -> None:
    """The registered versions, and which are in production."""
    from lakehouse.ml.runs import registry

    with opened(invocation) as lake:
        print_rows([asdict(v) for v in registry.versions(lake, task)], as_json=as_json)


@click.command(epilog="Example: lakehouse ml repeat quantity")
@click.argument("run")
@as_json_flag
@click.pass_obj
def repeat(invocation: "Invocation", *, run: str, as_json: bool) -> None:
    """Run RUN again from its record, and compare the numbers. Nothing is published."""
    from lakehouse.errors import ModelError
    from lakehouse.ml.runs.registry import named
    from lakehouse.ml.tasks.execution import repeat as again

    with opened(invocation) as lake:
        found = again(lake, named(lake, run), now, console.TerminalProgress())
    rows = [
        {"model": old.model, "slice": old.slice, "name": old.name, "was": old.value}
        | {"is": new.value if new else None}
        for old, new in found.differing
    ]
    if rows:
        print_rows(rows, as_json=as_json)
        hint = "libraries or code have changed since: `lakehouse ml runs RUN` shows them"
        raise ModelError(f"{len(rows)} numbers came out otherwise", hint=hint)
    same = len(found.original.metrics)
    print_rows([{"run_id": found.original.run_id, "same_numbers": same}], as_json=as_json)
