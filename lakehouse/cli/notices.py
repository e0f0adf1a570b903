"""What `lakehouse alerts` and `lakehouse reports` share: a round, and how it is told."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lakehouse.cli import console
from lakehouse.cli.tables import print_rows
from lakehouse.errors import LakehouseError

if TYPE_CHECKING:
    from lakehouse.config import Settings
    from lakehouse.notices.delivering import Sent
    from lakehouse.notices.listing import Row
    from lakehouse.notices.rounds import Failed, Round


def open_round(settings: "Settings") -> "Round":
    """A round for this home, by the clock of this machine."""
    from lakehouse.cli.the_app import ask_the_app
    from lakehouse.notices.rounds import Round
    from lakehouse.notices.timetable import utc_now

    return Round(settings, ask_the_app, utc_now)


def say_sent(sent: "Iterable[Sent]") -> list["Sent"]:
    """Tell of every delivery as it is done; returns them all."""
    from lakehouse.notices.definitions import shown

    done = []
    for each in sent:
        done.append(each)
        target = shown(each.target)
        fields = {"what": each.what, "name": each.name, "target": target}
        if each.error is None:
            console.say("sent", f"{each.what} {each.name}: {each.event} to {target}", **fields)
        elif each.given_up and each.event != "test":
            console.say("given up", f"{each.what} {each.name}: given up on {target}", **fields)
    return done


def raise_errors(failed: "Sequence[Failed]", sent: "Sequence[Sent]") -> None:
    """Complain of everything that went wrong, and raise the last of it."""
    found = [(f"{each.what} {each.name}", each.error, "") for each in failed]
    found += [
        (f"{each.what} {each.name}", each.error, "" if each.given_up else "it is tried again")
        for each in sent
        if each.error is not None
    ]
    errors = [_told(where, error, more) for where, error, more in found]
    for error in errors[:-1]:
        console.complain(error)
    if errors:
        raise errors[-1]


def list_all(rows: "Sequence[Row]", errors: Sequence[LakehouseError], *, as_json: bool) -> None:
    """Print the rows; then complain of the files that are wrong, and raise the last of it."""
    print_rows(rows, as_json=as_json)
    for error in errors[:-1]:
        console.complain(error)
    if errors:
        raise errors[-1]


def _told(where: str, error: LakehouseError, more: str) -> LakehouseError:
    hint = "; ".join(part for part in (error.hint, more) if part)
    told = type(error).__new__(type(error))
    LakehouseError.__init__(told, f"{where}: {error.message}", hint=hint)
    told.exit_code = error.exit_code  # type: ignore[misc]
    return told
