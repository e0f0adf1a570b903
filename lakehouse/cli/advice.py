"""`lakehouse catalog advise`: how a table should be partitioned and sorted."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console

if TYPE_CHECKING:
    from lakehouse.advice import Advice
    from lakehouse.cli.root import Invocation

_SHOWN = 8


@click.command(
    epilog="Example: lakehouse catalog advise core.fct_orders --where \"country = 'France'\""
)
@click.argument("name", metavar="TABLE")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="What queries ask of it, instead of the recorded ones; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything measured as JSON.")
@click.pass_obj
def advise(
    invocation: "Invocation", name: str, *, conditions: tuple[str, ...], as_json: bool
) -> None:
    """Measure how TABLE should be partitioned and sorted for the queries asked of it.

    By its real rows (a sample of a large table), and the recorded queries; without any, by typical
    ones. It changes nothing.
    """
    from lakehouse.advice import advise as run
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained

    settings = invocation.settings()
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        advice = run(settings, catalog, name, conditions)
    if as_json:
        click.echo(json.dumps(_plain(advice), indent=2))
    else:
        _print(advice)


def _print(advice: "Advice") -> None:
    from lakehouse.cli.tables import print_rows

    asked = sum(question.times for question in advice.questions)
    console.note(
        f"{advice.table}: {asked:,} {advice.source} scans, {advice.sampled_rows:,} of"
        f" {advice.rows:,} rows measured"
    )
    lying = {"files read": advice.files_read, "bytes read": advice.bytes_read, "cost": None}
    rows: list[dict[str, object]] = [{"layout": "its files as they lie", "files": None, **lying}]
    for label, each in (("now, packed: ", advice.now), *(("", m) for m in advice.candidates)):
        parted = ", ".join(each.partitioning) or "not partitioned"
        order = f", sorted by {', '.join(each.order)}" if each.order else ""
        rows.append(
            {
                "layout": f"{label}{parted}{order}",
                "files": each.files,
                "files read": each.files_read,
                "bytes read": each.bytes_read,
                "cost": each.cost,
            }
        )
    print_rows(rows[: _SHOWN + 2], as_json=False)
    click.echo(advice.told)
    for command in advice.commands:
        click.echo(f"  {command}")


def _plain(advice: "Advice") -> dict[str, object]:
    questions = [
        {"condition": str(q.where), "columns": sorted(q.columns), "times": q.times, "text": q.text}
        for q in advice.questions
    ]
    rest = {name: value for name, value in vars(advice).items() if name != "questions"}
    measured = {"now": asdict(advice.now), "candidates": [asdict(m) for m in advice.candidates]}
    best = asdict(advice.best) if advice.best else None
    return {**rest, "questions": questions, **measured, "best": best}
