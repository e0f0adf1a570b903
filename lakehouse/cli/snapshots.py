"""`lakehouse tables rollback|tag|branch`: what a table was, and names for it."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from lakehouse.cli import console
from lakehouse.cli.asking import confirm
from lakehouse.cli.loading import loaded

if TYPE_CHECKING:
    from datetime import timedelta

    from lakehouse.cli.root import Invocation
    from lakehouse.tables.snapshots import Bookmarks

_WHEN = "A snapshot's id, a branch or tag, or a time in UTC [now]."


@click.command(epilog="Example: lakehouse tables rollback core.fct_orders 2026-01-31T12:00:00")
@click.argument("name", metavar="TABLE")
@click.argument("to")
@click.option(
    "--bookmarks",
    type=click.Choice(["move", "keep"]),
    help="Of a table that streams deliver to: land again what came since, or never.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what changes as JSON.")
@click.pass_obj
def rollback(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    name: str,
    to: str,
    bookmarks: "Bookmarks | None",
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make TABLE what it was: TO is a snapshot's id, a branch or tag, or a time in UTC."""
    from dataclasses import asdict

    from ingest.streams import stream_lock
    from lakehouse.cli.tables import print_rows
    from lakehouse.tables.snapshots import check_bookmarks, find_snapshot, plan_rollback, roll_back

    settings = invocation.settings()
    with loaded(settings, name) as table, ExitStack() as held:
        if not dry_run:
            # Nobody delivers from here on, so that the bookmarks are what is told.
            for stream in plan_rollback(table, find_snapshot(table, to)).streams:
                held.enter_context(stream_lock(stream, settings))
            table.refresh()
        target = find_snapshot(table, to)
        plan = plan_rollback(table, target)
        print_rows([asdict(plan)], as_json=as_json)
        check_bookmarks(table, target, bookmarks)
        if dry_run:
            return
        confirm(f"{name} goes back to what it was at {plan.made_at:%Y-%m-%d %H:%M:%S}.", yes=yes)
        console.note(f"{name} is at snapshot {roll_back(table, target, bookmarks)}")


def _age(_context: click.Context, _option: click.Parameter, text: str | None) -> object:
    from lakehouse.maintenance_settings import parse_duration

    try:
        return parse_duration(text) if text else None
    except ValueError as e:
        raise click.BadParameter(str(e)) from e


def _reference(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The arguments and flags of a command that names snapshots."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing."),
            click.option("--delete", is_flag=True, help=f"Remove the {kind}."),
            click.option(
                "--keep", callback=_age, help=f"How long the {kind} stays, as in 30d [for good]."
            ),
            click.option("--at", help=_WHEN),
            click.argument("reference", metavar=kind.upper()),
            click.argument("name", metavar="TABLE"),
        ):
            command = option(command)
        return command

    return decorated


@click.command(epilog="Example: lakehouse tables tag core.fct_orders closing-2026-01 --keep 365d")
@_reference("tag")
@click.pass_obj
def tag(invocation: "Invocation", /, **given: Any) -> None:  # noqa: ANN401 - the flags above
    """Name a snapshot of TABLE, so that it stays and can be found."""
    _refer(invocation, "tag", **given)


@click.command(epilog="Example: lakehouse tables branch core.fct_orders trial --at 1234567890")
@_reference("branch")
@click.pass_obj
def branch(invocation: "Invocation", /, **given: Any) -> None:  # noqa: ANN401 - the flags above
    """Begin a branch of TABLE at a snapshot, for other engines to write to."""
    _refer(invocation, "branch", **given)


def _refer(  # noqa: PLR0913 - what is named, and how
    invocation: "Invocation",
    kind: str,
    *,
    name: str,
    reference: str,
    at: str | None,
    keep: "timedelta | None",
    delete: bool,
    dry_run: bool,
) -> None:
    from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType

    from lakehouse.tables import snapshots

    wanted = SnapshotRefType(kind)
    would = "would be " if dry_run else ""
    with loaded(invocation.settings(), name) as table:
        if delete:
            found = snapshots.named_by(table, reference, wanted)
            if not dry_run:
                snapshots.remove_reference(table, reference, wanted)
            console.note(f"{kind} {reference}, on snapshot {found}: {would}deleted")
            return
        target = snapshots.find_snapshot(table, at or MAIN_BRANCH)
        snapshots.check_free(table, reference)
        if not dry_run:
            snapshots.set_reference(table, reference, target, wanted, keep)
        console.note(f"{kind} {reference}, on snapshot {target.snapshot_id}: {would}made")
