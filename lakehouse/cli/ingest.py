"""`lakehouse ingest`: land what is new in the streams, once or as it comes."""

import json
import signal
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.tables import print_rows
from lakehouse.errors import LakehouseError, PausedError, SourceError
from lakehouse.stream_settings import STDIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest import LandingReport
    from ingest.status import StreamStatus
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings


@click.command(epilog="Example: lakehouse ingest orders --follow")
@click.argument("streams", metavar="[STREAM]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Land what comes, until Ctrl-C or SIGTERM.")
@click.option("--status", is_flag=True, help="Only say how the streams stand, and what waits.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="What is said on standard error: text, or a JSON object a line.",
)
@click.pass_obj
def ingest(  # noqa: PLR0913, PLR0917 - click's
    invocation: "Invocation",
    streams: tuple[str, ...],
    follow: bool,
    status: bool,
    as_json: bool,
    log_format: str | None,
) -> None:
    """Land what is new in the log files of the streams of lakehouse.toml; of all by default.

    Run it again, kill it, rotate the logs: every line is landed or rejected once. With --follow
    it delivers by size or interval, whichever comes first, and when it is told to stop it
    delivers what it has read and ends with 0.
    """
    if follow and status:
        raise click.UsageError("--status tells how streams stand; it does not --follow them")
    # First of all: what is imported and opened next takes its time.
    stop = _stopped_by_signals() if follow else None
    settings = invocation.settings(log_format=log_format)
    if settings.log_format == "json":
        console.speak_json()
    from ingest.opening import stream_settings

    for name in streams:
        stream_settings(name, settings)
    if status:
        _print_status(streams or tuple(settings.streams), settings, as_json=as_json)
        return
    errors: dict[str, LakehouseError] = {}
    if stop:
        reports = _follow(streams or tuple(settings.streams), settings, stop)
    else:
        reports, errors = _land(streams or _due(settings), settings)
    if as_json:
        click.echo(json.dumps({n: asdict(r) for n, r in reports.items()}, indent=2))
    elif reports:
        print_rows([_row(n, r) for n, r in reports.items()], as_json=False)
        for name, report in reports.items():
            for reason, count in report.rejected.items():
                click.echo(f"{name}: {count:,} rejected: {reason}")
    _raise_first(errors)


def _land(
    names: "Sequence[str]", settings: "Settings"
) -> "tuple[dict[str, LandingReport], dict[str, LakehouseError]]":
    """The reports of the streams, and the errors of those that could not be landed."""
    from ingest.streams import land_stream
    from lakehouse.catalog import open_catalog

    progress = console.TerminalProgress()
    reports, errors = {}, {}
    files = [name for name in names if STDIN not in settings.streams[name].source]
    with open_catalog(settings) as catalog:
        for name in files:
            try:
                reports[name] = land_stream(name, catalog, settings, progress)
                _say_landed(name, reports[name])
            except PausedError as e:
                _say_paused(name, e)
            except LakehouseError as e:
                errors[name] = e
    # What comes by the standard input is landed as it comes, until it ends.
    if piped := [name for name in names if name not in files]:
        reports |= _follow(piped, settings, _stopped_by_signals())
    return reports, errors


def _raise_first(errors: "Mapping[str, LakehouseError]") -> None:
    """End with the first error; the others are told before it."""
    for name, error in list(errors.items())[1:]:
        console.note(f"{name}: {error.message}; {error.hint}")
    for error in errors.values():
        raise error


class _Teller:
    """Says on standard error what a follower does."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._lines = 0

    def delivered(self, report: "LandingReport") -> None:
        """Tell of a delivery."""
        rejected = sum(report.rejected.values())
        lines = report.lines - self._lines
        console.say(
            "delivered",
            f"{self._stream}: {lines:,} lines delivered; since the start "
            f"{report.landed:,} landed, {rejected:,} rejected",
            stream=self._stream,
            sequence=report.sequence,
            lines=lines,
            landed=report.landed,
            rejected=report.rejected,
            dropped=report.dropped,
        )
        self._lines = report.lines

    def paused(self, error: "PausedError") -> None:
        """Tell why nothing is delivered."""
        _say_paused(self._stream, error)

    def refused(self, error: "SourceError") -> None:
        """Tell of a log that is left alone."""
        console.say(
            "refused",
            f"{self._stream}: left for now: {error.message}; {error.hint}",
            level="warning",
            stream=self._stream,
            hint=error.hint,
        )


def _say_paused(stream: str, error: "PausedError") -> None:
    console.say("paused", f"{error.message}; {error.hint}", level="warning", stream=stream)


def _say_landed(stream: str, report: "LandingReport") -> None:
    """Only for programs: a person reads it in the table."""
    if console.speaks_json():
        fields = {k: v for k, v in asdict(report).items() if k not in {"files", "skipped"}}
        console.say("landed", f"{stream}: {report.lines:,} lines read", stream=stream, **fields)


def _due(settings: "Settings") -> list[str]:
    """The streams that are landed where none is named; tells of those that are not."""
    from ingest.streams import due_streams, left_out_streams

    due = due_streams(settings)
    for name in left_out_streams(settings):
        if name not in due:
            (folder,) = settings.streams[name].source
            told = f"{name}: left out, for there is no folder {folder}"
            console.say("left_out", told, stream=name)
    return due


def _stopped_by_signals() -> threading.Event:
    """Set by SIGINT and SIGTERM from now on."""
    stop = threading.Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return stop


def _follow(
    names: "Sequence[str]", settings: "Settings", stop: threading.Event
) -> "dict[str, LandingReport]":
    from ingest.side_by_side import follow_streams

    for name in names:
        paths = settings.streams[name].source
        source = "the standard input" if STDIN in paths else ", ".join(map(str, paths))
        console.say("following", f"{name}: following {source}; stop with Ctrl-C", stream=name)
    return follow_streams(names, settings, _Teller, stop)


def _print_status(names: "Sequence[str]", settings: "Settings", *, as_json: bool) -> None:
    from ingest.status import stream_status
    from lakehouse.catalog import open_existing
    from lakehouse.catalog.explaining import explained

    with open_existing(settings) as catalog, explained("the catalog"):
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
    if status.dropped:
        click.echo(f"  dropped        {status.dropped:,}")
    waited = f", for up to {status.lag_seconds:,.0f} s" if status.lag_bytes else ""
    click.echo(f"  waiting        {status.lag_bytes:,} bytes in {status.lag_logs:,} logs{waited}")
    if status.paused:
        click.echo(f"  paused         since {status.paused}")


def _row(name: str, report: "LandingReport") -> dict[str, object]:
    return {
        "stream": name,
        "files": len(report.files),
        "lines": report.lines,
        "landed": report.landed,
        "rejected": sum(report.rejected.values()),
        "dropped": report.dropped,
        "deliveries": report.deliveries,
        "seconds": round(report.seconds, 1),
    }
