"""`lakehouse queries`: query executions and saved queries."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import answers, console
from lakehouse.cli.saved_queries import run, save, saved
from lakehouse.cli.tables import print_rows
from lakehouse.cli.units import in_units

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.query.executions import Execution

STATES = ("QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED")
_LISTED = 20
_TEXT = 60

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
workgroup_option = click.option("--workgroup", help="Only those of this workgroup.")


@click.group(epilog="Example: lakehouse queries list --state FAILED")
def queries() -> None:
    """What was asked: executions, their results and costs; and queries that are saved."""


queries.add_command(save)
queries.add_command(saved)
queries.add_command(run)


def _moment(context: click.Context, option: click.Parameter, given: str | None) -> datetime | None:
    from lakehouse.maintenance_settings import parse_duration

    if given is None:
        return None
    try:
        return datetime.now(UTC) - parse_duration(given)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(given)
    except ValueError as e:
        raise click.BadParameter("an age (2h, 7d) or a time (2025-01-31, 2025-01-31T12:00)") from e
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


since_option = click.option(
    "--since", callback=_moment, metavar="WHEN", help="Submitted since: an age (7d) or a time, UTC."
)


@queries.command("list", epilog="Example: lakehouse queries list --state RUNNING --since 1h --json")
@click.option("--state", type=click.Choice(STATES, case_sensitive=False), help="Only these.")
@workgroup_option
@since_option
@click.option("--until", callback=_moment, metavar="WHEN", help="Submitted before that.")
@click.option("--containing", metavar="TEXT", help="Only those whose text holds TEXT.")
@click.option("--limit", type=click.IntRange(min=1), help=f"How many, the newest [{_LISTED}].")
@as_json_option
@click.pass_obj
def list_executions(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    state: str | None,
    workgroup: str | None,
    since: datetime | None,
    until: datetime | None,
    containing: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List query executions, the newest first."""
    from lakehouse.query.executions import State, open_archive

    with open_archive(invocation.settings()) as archive:
        found = archive.listed(
            state=State(state.upper()) if state else None,
            workgroup=workgroup,
            since=since,
            until=until,
            containing=containing,
            limit=limit or _LISTED,
        )
    print_rows([_described(e) if as_json else _row(e) for e in found], as_json=as_json)


@queries.command(epilog="Example: lakehouse queries show 0a1b2c3d")
@click.argument("execution_id", metavar="ID")
@as_json_option
@click.pass_obj
def show(invocation: "Invocation", *, execution_id: str, as_json: bool) -> None:
    """Show one execution: text, times, bytes scanned, tables read with snapshots, error, cost.

    ID may be shortened as long as no other begins so.
    """
    from lakehouse.query.executions import open_archive

    with open_archive(invocation.settings()) as archive:
        described = _described(archive.execution(execution_id))
    if as_json:
        print_rows([described], as_json=True)
        return
    tables = described.pop("tables")
    print_rows([{"what": k, "value": _shown(v)} for k, v in described.items()], as_json=False)
    if tables:
        print_rows(tables, as_json=False)  # type: ignore[arg-type] # rows of their own


@queries.command(epilog="Example: lakehouse queries results 0a1b2c3d --format csv")
@click.argument("execution_id", metavar="ID")
@answers.shape_options
@click.pass_obj
def results(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    execution_id: str,
    style: str | None,
    output: Path | None,
    rows: int | None,
    everything: bool,
) -> None:
    """Fetch the result of an execution again."""
    from lakehouse.query.executions import open_archive

    shape = answers.Shape.of(style, output, rows, everything=everything)
    with open_archive(invocation.settings()) as archive:
        athena = archive.execution(execution_id).dialect == "athena"
        place = archive.place(execution_id)
        result = place.printed() if athena and shape.is_text else place.result()
    shape.write(result)
    console.note(answers.counted(result, output))


@queries.command(epilog="Example: lakehouse queries stop 0a1b2c3d")
@click.argument("execution_id", metavar="ID")
@click.pass_obj
def stop(invocation: "Invocation", *, execution_id: str) -> None:
    """Cancel an execution that is queued or runs, in whatever process."""
    from lakehouse.errors import QueryError
    from lakehouse.query.executions import open_archive

    with open_archive(invocation.settings()) as archive:
        found = archive.stop(execution_id)
    if not found.state.ended:
        hint = "it was asked to stop, and will; `lakehouse queries show` tells"
        raise QueryError(f"{found.id} is still {found.state}", hint=hint)
    console.note(f"{found.id} is {found.state}")


@queries.command(epilog="Example: lakehouse queries cost --since 30d --json")
@workgroup_option
@since_option
@as_json_option
@click.pass_obj
def cost(
    invocation: "Invocation", *, workgroup: str | None, since: datetime | None, as_json: bool
) -> None:
    """What Athena would charge, by day and workgroup.

    5 dollars a terabyte scanned (price_per_tb of the workgroup), a megabyte begun counts whole, 10
    MB are the least. DDL, failed queries and results that were used again are free; a cancelled
    query pays for what it was to scan.
    """
    from lakehouse.query.executions import open_archive

    with open_archive(invocation.settings()) as archive:
        found = archive.listed(workgroup=workgroup, since=since)
    sums: dict[tuple[date, str], dict[str, object]] = {}
    for day, group in sorted({(e.submitted_at.date(), e.workgroup) for e in found}):
        mine = [e for e in found if (e.submitted_at.date(), e.workgroup) == (day, group)]
        sums[day, group] = {"day": day, "workgroup": group, **_summed(mine, whole=as_json)}
    total = {"day": "total", "workgroup": workgroup or "", **_summed(found, whole=as_json)}
    print_rows([*sums.values(), total], as_json=as_json)


@queries.command(epilog="Example: lakehouse queries sync")
@click.pass_obj
def sync(invocation: "Invocation") -> None:
    """Carry over what has ended to the table ops.query_executions, as builds and maintenance do."""
    from lakehouse.catalog import open_catalog
    from lakehouse.query.executions.archive import open_journal
    from lakehouse.query.executions.history import carry_over

    settings = invocation.settings()
    with open_journal(settings) as journal, open_catalog(settings, create=False) as catalog:
        count = carry_over(settings, catalog, journal)
    console.note(f"{count:,} {'execution' if count == 1 else 'executions'} carried over")


def _row(execution: "Execution") -> dict[str, object]:
    text = " ".join(execution.sql.split())
    return {
        "id": execution.id,
        "submitted": execution.submitted_at,
        "state": str(execution.state),
        "workgroup": execution.workgroup,
        "seconds": execution.seconds,
        "rows": execution.rows,
        "scanned": in_units(execution.bytes_scanned),
        "cost": f"${execution.cost:.6f}",
        "sql": text if len(text) <= _TEXT else text[: _TEXT - 1] + "…",
    }


def _described(execution: "Execution") -> dict[str, object]:
    from dataclasses import asdict

    described = asdict(execution)
    described["state"] = str(execution.state)
    described["seconds"] = execution.seconds
    described["reused"] = execution.reused
    described["views"] = sorted(execution.views or {})
    described["tables"] = described.pop("tables")
    return described


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _summed(executions: Sequence["Execution"], *, whole: bool) -> dict[str, object]:
    size = sum(e.bytes_scanned for e in executions)
    dollars = sum(e.cost for e in executions)
    return {
        "queries": len(executions),
        "scanned": size if whole else in_units(size),
        "cost": dollars if whole else f"${dollars:.6f}",
    }
