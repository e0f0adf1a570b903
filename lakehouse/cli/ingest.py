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
    from pyiceberg.catalog import Catalog

    from ingest import LandingReport
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.errors import SourceError


@click.command(epilog="Example: lakehouse ingest orders --follow")
@click.argument("streams", metavar="[STREAM]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Land what comes, until Ctrl-C or SIGTERM.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def ingest(invocation: "Invocation", streams: tuple[str, ...], follow: bool, as_json: bool) -> None:
    """Land what is new in the log files of the streams of lakehouse.toml; of all by default.

    Run it again, kill it, rotate the logs: every line is landed or rejected once. With --follow
    it delivers by size or interval, whichever comes first, and when it is told to stop it
    delivers what it has read and ends with 0.
    """
    settings = invocation.settings()
    from ingest.streams import land_stream, stream_settings
    from lakehouse.catalog import open_catalog

    names = streams or tuple(settings.streams)
    for name in names:
        stream_settings(name, settings)
    with open_catalog(settings) as catalog:
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


def _row(name: str, report: "LandingReport") -> dict[str, object]:
    return {
        "stream": name,
        "files": len(report.files),
        "lines": report.lines,
        "landed": report.landed,
        "rejected": sum(report.rejected.values()),
        "why": "\n".join(f"{count:,} {reason}" for reason, count in report.rejected.items()),
        "deliveries": report.deliveries,
        "seconds": round(report.seconds, 1),
    }
