"""`lakehouse scale-out`: the marts built on a cluster, and compared with the published ones."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.errors import BuildError

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation


@click.command("scale-out", epilog="Example: lakehouse scale-out --workers 4")
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="Workers of Sail [2].")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def scale_out(invocation: "Invocation", *, workers: int, as_json: bool) -> None:
    """Build the dbt project on a Sail cluster (Spark Connect), beside the lake, and compare.

    Shows that the same models give the same rows where one machine is outgrown. The lake itself is
    only read; what Sail builds lies below the home, in scale-out.
    """
    settings = invocation.settings()
    from lakehouse.cli.tables import print_rows
    from lakehouse.pipeline.scale_out import scale_out as run

    report = run(settings, workers, console.TerminalProgress())
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2))
    else:
        rows = [
            {
                "table": mart.table,
                "rows": mart.rows,
                "compared": "same" if mart.same else mart.columns or "other rows",
                "only_here": mart.only_here,
                "only_on_Sail": mart.only_there,
            }
            for mart in report.marts
        ]
        print_rows(rows, as_json=False)
        counts = ", ".join(f"{count:,} {status}" for status, count in report.statuses.items())
        console.note(f"Sail built and tested them in {report.seconds:.0f} s: {counts}")
    if other := [mart.table for mart in report.marts if not mart.same]:
        raise BuildError(
            f"{len(other)} marts are not the same on Sail: {', '.join(other[:5])}",
            hint=f"both can be compared: the other catalog is in {settings.home / 'scale-out'}",
        )
