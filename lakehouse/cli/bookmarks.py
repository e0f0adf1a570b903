"""`lakehouse bookmarks`: how far each log has been landed, and changing that."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.asking import confirm
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from ingest.bookmark_changes import BookmarkChange
    from ingest.history import Goal
    from ingest.rewinding import RewindOrder
    from lakehouse.cli.root import Invocation


class _ShowsByDefault(click.Group):
    """Without the name of a command, it is `show`: `lakehouse bookmarks orders --json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowsByDefault, epilog="Example: lakehouse bookmarks orders")
def bookmarks() -> None:
    """Show how far the streams' logs were landed; pause, resume, rewind or reset a stream."""


@bookmarks.command(epilog="Example: lakehouse bookmarks show --json | jq 'map(.lag) | add'")
@click.argument("streams", metavar="[STREAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
@click.pass_obj
def show(invocation: "Invocation", streams: tuple[str, ...], as_json: bool) -> None:
    """Show how far each log of the streams was landed, and how many bytes of it wait.

    Offsets count bytes of text. A log that is in no source of its stream any more has no size
    and no lag. The sequence numbers the stream's deliveries, the record id its lines.
    """
    settings = invocation.settings()
    from ingest.positions import stream_positions
    from lakehouse.catalog import open_existing
    from lakehouse.catalog.explaining import explained

    rows = []
    with open_existing(settings) as catalog, explained("the catalog"):
        for name in streams or tuple(settings.streams):
            rows += [asdict(each) for each in stream_positions(name, catalog, settings)]
    print_rows(rows, as_json=as_json)


@bookmarks.command(epilog="Example: lakehouse bookmarks pause orders")
@click.argument("stream")
@click.option("--json", "as_json", is_flag=True, help="Print the change as JSON.")
@click.pass_obj
def pause(invocation: "Invocation", stream: str, as_json: bool) -> None:
    """Let nothing be delivered to a stream until it is resumed; who follows it waits."""
    settings = invocation.settings()
    from ingest import bookmark_changes
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained

    with open_catalog(settings) as catalog, explained("the catalog"):
        change = bookmark_changes.pause(stream, catalog, settings)
    _tell(change, f"{stream}: paused", f"{stream} was paused already", as_json=as_json)


@bookmarks.command(epilog="Example: lakehouse bookmarks resume orders")
@click.argument("stream")
@click.option("--json", "as_json", is_flag=True, help="Print the change as JSON.")
@click.pass_obj
def resume(invocation: "Invocation", stream: str, as_json: bool) -> None:
    """Let a paused stream go on."""
    settings = invocation.settings()
    from ingest import bookmark_changes
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained

    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        change = bookmark_changes.resume(stream, catalog, settings)
    _tell(change, f"{stream}: resumed", f"{stream} was not paused", as_json=as_json)


@bookmarks.command(epilog="Example: lakehouse bookmarks rewind orders --to 2026-03-01T06:00")
@click.argument("stream")
@click.option(
    "--to", "goal", required=True, help="The last delivery that stays: its number, or a UTC time."
)
@click.option("--even-if-lost", is_flag=True, help="Take lines back whose logs are gone.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken back.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the change as JSON.")
@click.pass_obj
def rewind(  # noqa: PLR0913, PLR0917 - click's
    invocation: "Invocation",
    stream: str,
    goal: str,
    even_if_lost: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take back what was delivered after a delivery, so that it is read again.

    Its rows and rejects leave the tables in the commit that moves the bookmarks back; the next
    `lakehouse ingest` lands the lines again, with new delivery numbers. Refused while an ingester
    is at work on the stream, and when a log that would have to be read again is gone.
    """
    from ingest.rewinding import RewindOrder

    order = RewindOrder(stream, _goal(goal), even_if_lost, dry_run)
    _rewind(invocation, order, yes=yes, as_json=as_json)


@bookmarks.command(epilog="Example: lakehouse bookmarks reset orders --dry-run")
@click.argument("stream")
@click.option("--even-if-lost", is_flag=True, help="Take lines back whose logs are gone.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken back.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the change as JSON.")
@click.pass_obj
def reset(  # noqa: PLR0913, PLR0917 - click's
    invocation: "Invocation",
    stream: str,
    even_if_lost: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take everything back that a stream ever delivered: `rewind` to its beginning."""
    from ingest.rewinding import RewindOrder

    order = RewindOrder(stream, None, even_if_lost, dry_run)
    _rewind(invocation, order, yes=yes, as_json=as_json)


def _goal(given: str) -> "Goal":
    from ingest.history import Goal

    if given.isdecimal():
        return Goal(sequence=int(given))
    try:
        time = datetime.fromisoformat(given)
    except ValueError as e:
        hint = "a number, or a time such as 2026-03-01T06:00"
        raise click.BadParameter(f"{given!r} is neither: {hint}", param_hint="--to") from e
    return Goal(time=time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC))


def _rewind(invocation: "Invocation", order: "RewindOrder", *, yes: bool, as_json: bool) -> None:
    from dataclasses import replace

    from ingest.rewinding import rewind as run
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained

    settings = invocation.settings()
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        if not yes and not order.dry_run:
            planned = run(replace(order, dry_run=True), catalog, settings)
            if planned:
                confirm(f"{order.stream}: takes back {_told(planned)}", yes=False)
        change = run(order, catalog, settings)
    says = "would take back" if order.dry_run else "took back"
    told = f"{order.stream}: {says} {_told(change)}" if change else ""
    if change and not order.dry_run:
        told += f"; `lakehouse ingest {order.stream}` lands it again"
    _tell(change, told, f"{order.stream} has delivered nothing since", as_json=as_json)


def _told(change: "BookmarkChange") -> str:
    return (
        f"what was delivered to {change.stream} after delivery {change.to_sequence:,}: "
        f"{change.rows_removed:,} rows and {change.rejects_removed:,} rejects"
    )


def _tell(change: "BookmarkChange | None", done: str, nothing: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(change) if change else None, default=str))
    console.note(done if change else nothing)
