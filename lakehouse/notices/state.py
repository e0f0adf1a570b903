"""What is kept of each alert and report between runs: `notices/alerts/NAME.json` and so on.

A message lies in the outbox of its notice, in the same file as the state that made it: one write
brings both, so a kill neither loses a message nor makes it twice. A target is crossed off after
it has taken the message. A kill just between these two sends it that target again, with the same
id: delivery is at least once.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from uuid import uuid4

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from lakehouse.errors import ConfigError, LakehouseError
from lakehouse.notices.storing import replace_file

FOLDER = "notices"
# When the last round came to its end.
LAST_ROUND = "last_round"
# After a failure it is tried again in a minute, then in two, in four, at most in an hour.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(hours=24)

Event = Literal["alert.fired", "alert.resolved", "report", "test"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class File(_Kept):
    """A file that goes with a message; a picture is shown in it under its name."""

    name: str
    kind: str
    content: Base64Bytes

    @property
    def is_picture(self) -> bool:
        """Whether the message shows it."""
        return self.kind == "image/png"


class Told(_Kept):
    """What went wrong last, and how often it did one time after the other."""

    message: str
    hint: str = ""
    exit_code: int = 1
    times: int = 1
    again_at: datetime

    @classmethod
    def of(cls, error: LakehouseError, now: datetime, before: "Told | None" = None) -> "Told":
        """The failure after `before`, to be tried again when its time has come."""
        times = before.times + 1 if before else 1
        wait = min(_FIRST_WAIT * 2 ** min(times - 1, 10), _LONGEST_WAIT)
        return cls(
            message=error.message, hint=error.hint, exit_code=error.exit_code, times=times,
            again_at=now + wait,
        )  # fmt: skip


class Delivery(_Kept):
    """A target that has not taken its message yet."""

    target: str
    failed: Told | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it can be tried."""
        return self.failed is None or self.failed.again_at <= now


class Message(_Kept):
    """A message that is on its way: the same text to all, as mail or as JSON."""

    id: str = Field(default_factory=lambda: uuid4().hex)
    event: Event
    made_at: datetime
    subject: str
    text: str
    html: str
    payload: dict[str, Any]
    files: tuple[File, ...] = ()
    waiting: tuple[Delivery, ...] = ()

    def addressed(self, targets: tuple[str, ...]) -> "Message":
        """The message, to be delivered to these."""
        return self.model_copy(update={"waiting": tuple(Delivery(target=t) for t in targets)})


class Kept(_Kept):
    """What is kept of any notice: messages on their way, and the last failure."""

    outbox: tuple[Message, ...] = ()
    failed: Told | None = None
    undelivered: str | None = None
    sent_at: datetime | None = None


class AlertState(Kept):
    """`beyond`: the figure is beyond its threshold; `told`: that is what was told last.

    `version` and `definition` are what was measured: it is not measured again before one changes.
    """

    beyond: bool | None = None
    told: bool = False
    value: Decimal | None = None
    text: str = ""
    measured_at: datetime | None = None
    fired_at: datetime | None = None
    version: str = ""
    definition: str = ""


class ReportState(Kept):
    """`slot` is the time on the wall it was last made for."""

    slot: datetime | None = None


K = TypeVar("K", bound=Kept)


class States(Generic[K]):
    """The states of the alerts, or the reports, of a home."""

    def __init__(self, home: Path, what: str, kind: type[K]) -> None:
        self._folder = home / FOLDER / f"{what}s"
        self._kind = kind

    def read(self, name: str) -> K:
        """The state, a new one if nothing is kept. Raises ConfigError for a damaged file."""
        file = self._file(name)
        try:
            return self._kind.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return self._kind()
        except ValidationError as e:
            hint = "remove it: what it knew of earlier messages is forgotten then"
            raise ConfigError(f"{file} is damaged", hint=hint) from e

    def write(self, name: str, state: K) -> None:
        """Keep a state; it is on the disk when this returns."""
        replace_file(self._file(name), state.model_dump_json().encode())

    def forget(self, name: str) -> None:
        """Forget what is kept."""
        self._file(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Of which notices something is kept."""
        return sorted(file.stem for file in self._folder.glob("[!.]*.json"))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"
