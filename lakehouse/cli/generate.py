"""`lakehouse generate`: logs of the example shop, of the past or as if it were open now."""

import json
import signal
import threading
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console

if TYPE_CHECKING:
    from ingest.generator import Generated, Pace, ServerLog, Written
    from lakehouse.cli.root import Invocation
    from lakehouse.config import GenerateSettings

_MEBIBYTE = 1024 * 1024


@click.command(epilog="Example: lakehouse generate orders --follow --rate 2000")
@click.argument("log", type=click.Choice(["orders", "access"]), default="orders")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day [generate.start].")
@click.option("--days", type=int, help="How many days [generate.days].")
@click.option("--seed", type=int, help="Which shop [generate.seed].")
@click.option("--orders-per-day", type=float, help="Its size [generate.orders_per_day].")
@click.option("--bad-lines", type=float, help="Share of spoiled lines [generate.bad_lines].")
@click.option("--out", type=click.Path(path_type=Path), help="The folder [logs of the home].")
@click.option("--follow", is_flag=True, help="Write on, live, until Ctrl-C or SIGTERM.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=100, help="Lines a second, live."
)
@click.option(
    "--rotate-mb",
    type=click.FloatRange(0, min_open=True),
    default=16,
    help="Size of a live file, MiB.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def generate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    invocation: "Invocation",
    log: str,
    start: datetime | None,
    days: int | None,
    seed: int | None,
    orders_per_day: float | None,
    bad_lines: float | None,
    out: Path | None,
    follow: bool,
    rate: float,
    rotate_mb: float,
    as_json: bool,
) -> None:
    """Write the order logs or the web access logs of Cadabra, an example shop.

    One file a day; a day is the same whenever it is made. Live, the days after those follow line
    by line in a file that is rotated by renaming; stopped and started again, it goes on.
    """
    if follow and days is not None:
        raise click.UsageError("--days is for logs of the past; a live log ends when it is stopped")
    settings = invocation.settings(
        generate__start=start and start.date(),
        generate__days=days,
        generate__seed=seed,
        generate__orders_per_day=orders_per_day,
        generate__bad_lines=bad_lines,
    )
    from ingest.generator import SERVER_LOGS, Pace
    from ingest.generator import generate as run

    folder = settings.logs / log if out is None else out
    if follow:
        wanted = settings.generate if start else _after_the_past(settings.generate)
        pace = Pace(rate, max(1, round(rotate_mb * _MEBIBYTE)))
        _print_written(_follow(SERVER_LOGS[log], wanted, folder, pace), folder, as_json)
        return
    report = run(SERVER_LOGS[log], settings.generate, folder, console.TerminalProgress())
    _print_generated(report, folder, as_json)


def _after_the_past(settings: "GenerateSettings") -> "GenerateSettings":
    """The same shop, from the day after those that are written without --follow."""
    from datetime import timedelta

    return settings.model_copy(update={"start": settings.start + timedelta(days=settings.days)})


def _follow(
    log: "ServerLog", settings: "GenerateSettings", folder: Path, pace: "Pace"
) -> "Written":
    from ingest.generator import follow

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    console.note(f"writing {folder / log.name}-live{log.suffix}; stop with Ctrl-C")
    return follow(log, settings, folder, pace, stop=stop, clock=time.monotonic)


def _print_generated(report: "Generated", folder: Path, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({**asdict(report), "files": [str(f) for f in report.files]}, indent=2)
        )
        return
    kept = len(report.files) - report.written
    click.echo(
        f"{len(report.files):,} files in {folder}: {report.written:,} written, {kept:,} kept"
    )
    click.echo(f"{report.lines:,} lines, {report.bytes / _MEBIBYTE:,.1f} MiB")


def _print_written(report: "Written", folder: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**asdict(report), "folder": str(folder)}, indent=2))
        return
    click.echo(f"{report.lines:,} lines in {report.seconds:,.1f} s to {folder}")
