"""`lakehouse build`: run the pipeline, then say what happened and what to do next."""

import json
import shlex
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.errors import BuildError, LakehouseError

if TYPE_CHECKING:
    from ingest import LandingReport
    from lakehouse.cli.root import Invocation
    from lakehouse.ml.tasks.execution import Outcome
    from lakehouse.pipeline import BuildReport, MaintenanceReport, ModelsReport

_QUESTION = (
    "select country, sum(net_amount) as revenue from reports.rpt_daily_sales"
    " group by country order by revenue desc limit 5"
)


@click.command(epilog="Example: lakehouse build --source online-retail.csv.gz")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="A log file or a folder of them [default: generate a year of logs].",
)
@click.option("--seed", type=int, help="Which year to generate [generate.seed].")
@click.option("--days", type=int, help="How many days to generate [generate.days].")
@click.option("--no-ml", is_flag=True, help="Compute no recommendations, forecasts, predictions.")
@click.option("--full-refresh", is_flag=True, help="Build and test every mart from the beginning.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def build(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    source: Path | None,
    seed: int | None,
    days: int | None,
    no_ml: bool,
    full_refresh: bool,
    as_json: bool,
) -> None:
    """Land order logs, build the marts from them, test them, and compute the models.

    The marts are published together, and only when every data test passed: until then, and after
    a failure, readers find those of the last good build.

    Run it again and nothing is landed twice; interrupt it and the next run goes on. Marts and tests
    that read nothing new are left out, as `unchanged`.
    """
    settings = invocation.settings(generate__seed=seed, generate__days=days)
    from lakehouse.pipeline import build as run
    from lakehouse.pipeline import dbt_log, generated_logs

    if source and generated_logs(settings).exists():
        console.note(
            f"Note: {settings.home} holds generated logs already, and the marts will show both;"
            " --home OTHER keeps them apart."
        )
    report = run(
        settings,
        source,
        now,
        console.TerminalProgress(),
        models=not no_ml,
        full_refresh=full_refresh,
    )
    if as_json:
        click.echo(json.dumps(_as_json(report), indent=2))
    else:
        _print_table(report)
    if failures := report.warehouse.failures:
        names = ", ".join(node.name for node in failures[:5])
        kept = "; nothing was published, the marts are as before"
        raise BuildError(
            f"{len(failures)} of the warehouse failed: {names}"
            + (kept if report.warehouse.drafted else ""),
            hint=f"what each said stands above; dbt's log is {dbt_log(settings)}",
        )
    if report.models and (refused := report.models.failures):
        raise refused[0]
    if not as_json:
        _print_next(invocation)


def _as_json(report: "BuildReport") -> dict[str, object]:
    kept = report.maintenance
    return {
        "source": str(report.source),
        "generated": report.generated,
        "landing": {name: asdict(each) for name, each in report.landing.reports.items()},
        "left": report.landing.left,
        "nodes": [asdict(node) for node in report.warehouse.nodes],
        "publication": made.number if (made := report.warehouse.publication) else None,
        "models": [_task_as_json(o) for o in report.models.outcomes] if report.models else [],
        "model_tests": [asdict(node) for node in report.models.tests] if report.models else [],
        "maintenance": {
            "actions": [asdict(a) | {"started_at": str(a.started_at)} for a in kept.actions],
            "errors": [error.message for error in kept.errors],
        },
        "seconds": report.seconds,
    }


def _task_as_json(outcome: "Outcome") -> dict[str, object]:
    run = outcome.run
    return {
        "task": outcome.task,
        "status": _status(outcome),
        "run_id": run.run_id if run else None,
        "seconds": run.seconds if run else None,
        "message": _error(outcome.error),
    }


def _error(error: Exception | None) -> str:
    if error is None:
        return ""
    return str(error) if isinstance(error, LakehouseError) else f"{type(error).__name__}: {error}"


def _status(outcome: "Outcome") -> str:
    if outcome.error:
        return "failed" if outcome.failed else "left out"
    return "computed" if outcome.run else "nothing new"


def _print_table(report: "BuildReport") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("step")
    table.add_column("what happened")
    table.add_column("seconds", justify="right")
    for step, lines in _told(report).items():
        for n, line in enumerate(lines):
            first = n == 0
            seconds = f"{report.seconds[step]:.1f}" if first else ""
            table.add_row(step if first else "", line, seconds)
    Console(highlight=False, soft_wrap=True).print(table)


def _told(report: "BuildReport") -> dict[str, list[str]]:
    told = {}
    if report.generated:
        told["generate"] = [f"order logs and access logs in {report.source.parent}"]
    landing = report.landing
    told["land"] = [
        *(line for name, each in landing.reports.items() for line in _told_landing(name, each)),
        *(
            f"{name}: left to the ingester that is at work: {why}"
            for name, why in landing.left.items()
        ),
    ]
    warehouse = report.warehouse
    told["warehouse"] = [
        f"models: {_counted(warehouse.counts('model', 'snapshot'))}",
        f"seeds: {_counted(warehouse.counts('seed'))}",
        f"tests: {_counted(warehouse.counts('test', 'unit_test'))}",
        *(f"{node.status}: {node.name}: {node.message}" for node in warehouse.failures),
    ]
    if made := warehouse.publication:
        told["warehouse"].append(f"published: {len(made.tables)} tables together, as {made.number}")
    if report.models:
        told["models"] = _told_models(report.models)
    told["maintenance"] = _told_maintenance(report.maintenance)
    return told


def _told_maintenance(done: "MaintenanceReport") -> list[str]:
    lines = [f"{each.action} {each.table}: {each.reason}" for each in done.actions]
    lines += [f"left alone: {each.table}: {each.left}" for each in done.tables if each.left]
    lines += [f"failed: {error.message}" for error in done.errors]
    return lines or [f"nothing to do in {len(done.tables):,} tables"]


def _told_models(models: "ModelsReport") -> list[str]:
    by_status: dict[str, list[str]] = {}
    for outcome in models.outcomes:
        by_status.setdefault(_status(outcome), []).append(outcome.task)
    whole = {"computed", "nothing new"}
    lines = [f"{said}: {', '.join(by_status[said])}" for said in sorted(whole & set(by_status))]
    told = [o for o in models.outcomes if o.error]
    lines += [f"{_status(o)}: {o.task}: {_error(o.error)}" for o in told]
    if models.error:
        lines.append(f"failed: {models.error.message}")
    if models.tests:
        lines.append(f"tests: {_counted(Counter(test.status for test in models.tests))}")
    lines += [f"{test.status}: {test.name}: {test.message}" for test in models.failed_tests]
    lines += [f"restored: {v.task} version {v.version}: {v.reason}" for v in models.restored]
    return lines


def _told_landing(stream: str, landing: "LandingReport") -> list[str]:
    rejected = sum(landing.rejected.values())
    if not landing.lines:
        files = _files(len(landing.skipped))
        return [f"{stream}: nothing new: every line of {files} was landed before"]
    lines = [
        f"{stream}: {landing.lines:,} lines read from {_files(len(landing.files))}",
        f"{landing.landed:,} landed",
        f"{rejected:,} rejected{' to landing.rejects' if rejected else ''}",
        *(f"  {count:,} {reason}" for reason, count in landing.rejected.items()),
    ]
    if landing.skipped:
        lines.append(f"{_files(len(landing.skipped))} had nothing new")
    return lines


def _files(count: int) -> str:
    return f"{count:,} file{'s'[: count != 1]}"


def _counted(counts: dict[str, int]) -> str:
    # dbt's statuses, as a sentence has them.
    said = {"success": "built", "pass": "passed", "fail": "failed", "warn": "warned"}
    parts = (f"{count:,} {said.get(status, status)}" for status, count in sorted(counts.items()))
    return ", ".join(parts) or "none"


def _print_next(invocation: "Invocation") -> None:
    command = [program(sys.argv[0])]
    for flag, value in (("--home", invocation.home), ("--config", invocation.config)):
        command += [flag, str(value)] if value else []
    console.note("Next:")
    console.note(f"  {shlex.join(command)} sql {shlex.quote(_QUESTION)}")
    console.note(f"  {shlex.join(command)} dashboard")


def program(typed: str) -> str:
    """What to type for `lakehouse`, when this process was started as `typed`.

    `make build` starts `.venv/bin/lakehouse`, and whoever typed that need not have it on the path.
    """
    path = Path(typed)
    return typed if path.name == "lakehouse" and not path.is_absolute() else "lakehouse"
