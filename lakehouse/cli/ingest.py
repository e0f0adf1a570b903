"""`lakehouse ingest`: land what is new in the streams, once or as it comes."""

import json
import signal
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyiceberg.catalog import Catalog

    from ingest import LandingReport
    from ingest.status import StreamStatus
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.errors import SourceError


@click.command(epilog="Example: lakehouse ingest orders --follow")
@click.argument("streams", metavar="[STREAM]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Land what comes, until Ctrl-C or SIGTERM.")
@click.option("--status", is_flag=True, help="Only say how the streams stand, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def ingest(
    invocation: "Invocation", streams: tuple[str, ...], follow: bool, status: bool, as_json: bool
) -> None:
    """Land what is new in the log files of the streams of lakehouse.toml; of all by default.

    Run it again, kill it, rotate the logs: every line is landed or rejected once. With --follow
    it delivers by size or interval, whichever comes first, and when it is told to stop it
    delivers what it has read and ends with 0.
    """
    if follow and status:
        raise click.UsageError("--status tells how streams stand; it does not --follow them")
    settings = invocation.settings()
    from ingest.streams import land_stream, stream_settings
    from lakehouse.catalog import open_catalog

    names = streams or tuple(settings.streams)
    for name in names:
        stream_settings(name, settings)
    with open_catalog(settings) as catalog:
        if status:
            _print_status(names, catalog, settings, as_json=as_json)
            return
        if follow:
            reports = {name: _follow(name, catalog, settings) for name in names}
        else:
            progress = console.TerminalProgress()
            reports = {name: land_stream(name, catalog, settings, progress) for name in names}
    if as_json:
        click.echo(json.dumps({n: asdict(r) for n, r in reports.items()}, indent=2))
    else:
        print_rows([_row(n, r) for n, r in reports.items()], as_json=False)


class _Teller:
    """Says on standard error what a follower does."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._lines = 0

    def delivered(self, report: "LandingReport") -> None:
        """Tell of a delivery."""
        rejected = sum(report.rejected.values())
        console.note(
            f"{self._stream}: {report.lines - self._lines:,} lines delivered; since the start "
            f"{report.landed:,} landed, {rejected:,} rejected"
        )
        self._lines = report.lines

    def refused(self, error: "SourceError") -> None:
        """Tell of a log that is left alone."""
        console.note(f"{self._stream}: left for now: {error.message}; {error.hint}")


def _follow(name: str, catalog: "Catalog", settings: "Settings") -> "LandingReport":
    from ingest.streams import follow_stream, stream_settings

    stop = threading.Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    source = ", ".join(str(path) for path in stream_settings(name, settings).source)
    console.note(f"following {source}; stop with Ctrl-C")
    return follow_stream(name, catalog, settings, _Teller(name), stop=stop)


def _print_status(
    names: "Sequence[str]", catalog: "Catalog", settings: "Settings", *, as_json: bool
) -> None:
    from ingest.status import stream_status
    from lakehouse.catalog.explaining import explained

    with explained("the catalog"):
        found = [stream_status(name, catalog, settings) for name in names]
    if as_json:
        print_rows([asdict(status) for status in found], as_json=True)
        return
    for status in found:
        _print_stream(status)


def _print_stream(status: "StreamStatus") -> None:
    committed = f"{status.committed:%Y-%m-%d %H:%M:%S} UTC" if status.committed else "no date"
    click.echo(f"{status.stream}")
    click.echo(f"  last delivery  {status.sequence:,}, {committed}")
    click.echo(f"  lines          {status.lines:,}")
    click.echo(f"  landed         {status.landed:,}")
    click.echo(f"  rejected       {sum(status.rejected.values()):,}")
    for reason, count in status.rejected.items():
        click.echo(f"    {reason:<20} {count:,}")
    click.echo(f"  waiting        {status.lag_bytes:,} bytes in {status.lag_logs:,} logs")


def _reasons(rejected: "Mapping[str, int]") -> str:
    return "\n".join(f"{count:,} {reason}" for reason, count in rejected.items()) or "0"


def _row(name: str, report: "LandingReport") -> dict[str, object]:
    return {
        "stream": name,
        "files": len(report.files),
        "lines": report.lines,
        "landed": report.landed,
        "rejected": _reasons(report.rejected),
        "deliveries": report.deliveries,
        "seconds": round(report.seconds, 1),
    }
