"""`lakehouse reports`: pages that are sent on a schedule."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.errors import ConfigError, LakehouseError

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.notices.rounds import Round
    from lakehouse.notices.state import Message

RUN_EPILOG = """\b
Examples:
  lakehouse reports run --follow
  */5 * * * *  lakehouse --home /srv/lake reports run     (in a crontab)
"""
_POLL_SECONDS = 30.0


@click.group(invoke_without_command=True, epilog="Example: lakehouse reports send weekly")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def reports(context: click.Context, *, as_json: bool) -> None:
    """Send pages of the dashboard by e-mail and to webhooks, on a schedule.

    Without a command: list the reports with their last state. A report is a file,
    reports/NAME.toml in the home.
    """
    if context.invoked_subcommand is not None:
        return
    from lakehouse.cli.notices import list_all
    from lakehouse.notices.listing import report_rows
    from lakehouse.notices.timetable import utc_now

    rows, errors = report_rows(context.obj.settings().home, utc_now())
    list_all(rows, errors, as_json=as_json)


@reports.command(epilog="Example: lakehouse reports send weekly --to-file weekly.html")
@click.argument("name")
@click.option(
    "--to-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to FILE (.html, .txt, .eml, or .json as a webhook gets it) and send nothing.",
)
@click.pass_obj
def send(invocation: "Invocation", *, name: str, to_file: Path | None) -> None:
    """Make a report now and send it, whatever its schedule says."""
    from lakehouse.cli.notices import open_round, raise_errors, say_sent

    settings = invocation.settings()
    round_ = open_round(settings)
    if to_file is not None:
        _write(settings, round_, name, to_file)
        return
    with round_.alone():
        round_.make([(name, None)])
        sent = say_sent(round_.deliver("report", [name])) if not round_.failed else []
    raise_errors(round_.failed, sent)


@reports.command(epilog=RUN_EPILOG)
@click.option("--follow", is_flag=True, help="Go on, until Ctrl-C or SIGTERM.")
@click.pass_obj
def run(invocation: "Invocation", *, follow: bool) -> None:
    """Do what is due: send reports, check alerts, try again what could not be delivered.

    An alert is measured when something was published since, or its file has changed. Exit codes
    without --follow: 0, 9 when a message could not be delivered, 7 when another run is at work.
    """
    from lakehouse.cli.notices import open_round, raise_errors, say_sent

    round_ = open_round(invocation.settings())
    if follow:
        _follow(round_)
        return
    raise_errors(round_.failed, say_sent(round_.run()))


@reports.command(epilog="Example: lakehouse reports test weekly")
@click.argument("name")
@click.pass_obj
def test(invocation: "Invocation", *, name: str) -> None:
    """Send a test message to the targets of a report; no page is made."""
    from lakehouse.cli.notices import raise_errors, say_sent
    from lakehouse.notices.definitions import Report
    from lakehouse.notices.delivering import try_out
    from lakehouse.notices.files import Notices
    from lakehouse.notices.timetable import utc_now

    settings = invocation.settings()
    raise_errors((), say_sent(try_out(settings, Notices(settings.home, Report), name, utc_now)))


def _follow(round_: "Round") -> None:
    """Rounds until a signal; what goes wrong in one is told, and stops none."""
    from lakehouse.cli.notices import raise_errors, say_sent
    from lakehouse.errors import LockedError

    _set_by_signals(round_.stop)
    console.say("following", "sending what is due; stop with Ctrl-C")
    while not round_.stop.is_set():
        round_.failed.clear()
        try:
            raise_errors(round_.failed, say_sent(round_.run()))
        except LockedError:
            pass  # another run does the same
        except LakehouseError as e:
            console.complain(e)
        round_.stop.wait(_POLL_SECONDS)


def _set_by_signals(stop: threading.Event) -> None:
    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _write(settings: "Settings", round_: "Round", name: str, file: Path) -> None:
    from lakehouse.notices import messages
    from lakehouse.notices.asking import Question, page
    from lakehouse.notices.storing import replace_file

    if file.suffix.lower() not in (".html", ".txt", ".eml", ".json"):
        hint = "its name ends with .html, .txt, .eml or .json"
        raise ConfigError(f"{file} names no format", hint=hint)
    report = round_.reports.read(name)
    (answer,) = round_.ask(settings, [Question(report=report)])
    message = messages.of_report(settings, name, report, page(answer), round_.clock())
    replace_file(file, _as_file(settings, message, file.suffix.lower()))
    console.note(f"{message.subject}: written to {file}")


def _as_file(settings: "Settings", message: "Message", suffix: str) -> bytes:
    import json

    from lakehouse.notices.letter import with_pictures
    from lakehouse.notices.mail import as_mail

    match suffix:
        case ".html":
            return with_pictures(message.html, message.files).encode()
        case ".txt":
            return message.text.encode()
        case ".json":
            return json.dumps(message.payload, indent=2, ensure_ascii=False).encode()
    sender = settings.smtp.sender or "lakehouse@localhost"
    return as_mail(message, sender, "nobody@localhost").as_bytes()
