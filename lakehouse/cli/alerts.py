"""`lakehouse alerts`: figures that are watched, and what became of them."""

import sys
from typing import TYPE_CHECKING

import click

from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.notices.definitions import Alert
    from lakehouse.notices.rounds import Round
    from lakehouse.notices.state import AlertState

# The code that says: an alert is beyond its threshold. Errors go before it.
FIRING = 10


@click.group(invoke_without_command=True, epilog="Example: lakehouse alerts check --dry-run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def alerts(context: click.Context, *, as_json: bool) -> None:
    """Tell somebody when a figure goes beyond a threshold, and when it is back.

    Without a command: list the alerts with their last state. An alert is a file, alerts/NAME.toml
    in the home. `lakehouse reports run` checks all of them when something was published.
    """
    if context.invoked_subcommand is not None:
        return
    from lakehouse.cli.notices import list_all
    from lakehouse.notices.listing import alert_rows

    rows, errors = alert_rows(context.obj.settings().home)
    list_all(rows, errors, as_json=as_json)


@alerts.command(epilog="Example: lakehouse alerts check norway --json")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Measure only: keep nothing, send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(
    invocation: "Invocation", *, names: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Measure alerts now, all or those named, and send what they have to tell.

    \b
    Exit codes: 0 none is beyond its threshold, 10 one is; 9 a message could not be
    delivered, and 2, 4, 5 as for every command when one could not be measured.
    """
    from lakehouse.cli.notices import open_round, raise_errors, say_sent

    round_ = open_round(invocation.settings())
    wanted = list(names) or round_.alerts.names()
    with round_.alone():
        checked = round_.check(wanted, keep=not dry_run)
        rows = [_checked(round_, each.name, each.state, each.event) for each in checked]
        if rows or as_json:
            print_rows(rows, as_json=as_json)
        sent = [] if dry_run else say_sent(round_.deliver("alert", wanted))
    raise_errors(round_.failed, sent)
    if any(each.state.beyond for each in checked):
        sys.exit(FIRING)


@alerts.command(epilog="Example: lakehouse alerts test norway")
@click.argument("name")
@click.pass_obj
def test(invocation: "Invocation", *, name: str) -> None:
    """Send a test message to the targets of an alert; nothing is measured."""
    from lakehouse.cli.notices import raise_errors, say_sent
    from lakehouse.notices.definitions import Alert
    from lakehouse.notices.delivering import try_out
    from lakehouse.notices.files import Notices
    from lakehouse.notices.timetable import utc_now

    settings = invocation.settings()
    raise_errors((), say_sent(try_out(settings, Notices(settings.home, Alert), name, utc_now)))


def _checked(
    round_: "Round", name: str, state: "AlertState", event: str | None
) -> dict[str, object]:
    from lakehouse.notices.listing import told

    return {
        "name": name,
        **_figure(round_.alerts.read(name)),
        "state": told(state),
        "value": state.text,
        "figure_value": None if state.value is None else str(state.value),
        "event": event,
    }


def _figure(alert: "Alert") -> dict[str, object]:
    from lakehouse.notices.messages import limit

    return {"figure": alert.kpi or f"query {alert.query}", "threshold": limit(alert)}
