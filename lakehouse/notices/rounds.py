"""A round: what is due is measured or made, and put in its outbox; then what waits is delivered.

One round at a time works in a home. An alert that can't be measured and a report that can't be
made are told, tried again later, and stop nothing else.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from lakehouse.config import Settings
from lakehouse.errors import ConfigError, LakehouseError
from lakehouse.locks import home_lock
from lakehouse.notices import messages
from lakehouse.notices.asking import Answer, Ask, Question, measured, page, published_version
from lakehouse.notices.definitions import Alert, Report
from lakehouse.notices.delivering import Carrier, Clock, Sent
from lakehouse.notices.files import N, Notices
from lakehouse.notices.judging import is_over_quiet, judged
from lakehouse.notices.state import FOLDER, LAST_ROUND, AlertState, K, ReportState, States, Told
from lakehouse.notices.storing import replace_file
from lakehouse.notices.timetable import latest_slot, on_the_wall

LOCK = "notices"


@dataclass(frozen=True)
class Failed:
    """A notice that could not be read, measured or made."""

    what: str
    name: str
    error: LakehouseError


@dataclass(frozen=True)
class Checked:
    """An alert that was measured: its state now, and what it had to tell."""

    name: str
    state: AlertState
    event: str | None


@dataclass
class Round:
    """Measures, makes and delivers for one home. `stop` ends it between two deliveries."""

    settings: Settings
    ask: Ask
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    failed: list[Failed] = field(default_factory=list)

    def __post_init__(self) -> None:
        home = self.settings.home
        self.alerts, self.reports = Notices(home, Alert), Notices(home, Report)
        self.alert_states = States(home, "alert", AlertState)
        self.report_states = States(home, "report", ReportState)
        told = (self.clock, self.stop)
        self._carriers = (
            Carrier(self.settings, self.reports, self.report_states, *told),
            Carrier(self.settings, self.alerts, self.alert_states, *told),
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other round out. Raises LockedError when there is one."""
        with home_lock(self.settings.home, LOCK, "sending the messages of"):
            yield

    def run(self) -> list[Sent]:
        """Everything that is due: reports, alerts whose figures can have moved, what waits."""
        with self.alone():
            self.make(self._due_reports())
            self.check(self._moved_alerts())
            sent = list(self.deliver())
            if not self.stop.is_set():
                at = self.clock().isoformat(timespec="seconds")
                replace_file(self.settings.home / FOLDER / LAST_ROUND, at.encode())
        return sent

    def check(self, names: Sequence[str], *, keep: bool = True) -> list[Checked]:
        """Measure alerts, keep their states and put what they tell in their outboxes.

        Unless it is to `keep` that: then nothing changes and nobody will be told.
        """
        alerts = self._read(self.alerts, names)
        version = published_version(self.settings)
        answers = self._asked([Question(alert=alert) for alert in alerts.values()])
        checked = []
        for (name, alert), answer in zip(alerts.items(), answers, strict=True):
            try:
                checked.append(self._check(name, alert, answer, version, keep=keep))
            except LakehouseError as e:
                self._note("alert", name, e)
                if keep:
                    self._put_off(self.alert_states, name, e)
        return checked

    def make(self, due: Sequence[tuple[str, datetime | None]]) -> None:
        """Make reports, each for its slot (None: for no slot), and put them in their outboxes."""
        slots = dict(due)
        reports = self._read(self.reports, list(slots))
        answers = self._asked([Question(report=report) for report in reports.values()])
        for (name, report), answer in zip(reports.items(), answers, strict=True):
            try:
                self._make(name, report, answer, slots[name])
            except LakehouseError as e:
                self._note("report", name, e)
                self._put_off(self.report_states, name, e)

    def deliver(self, what: str | None = None, names: Sequence[str] = ()) -> Iterator[Sent]:
        """Deliver what waits: of everything, or of these alerts or reports."""
        for carrier in self._carriers:
            if what in (None, carrier.notices.what):
                for name in names or carrier.states.names():
                    try:
                        yield from carrier.deliver(name)
                    except LakehouseError as e:
                        self._note(carrier.notices.what, name, e)

    def _due_reports(self) -> list[tuple[str, datetime | None]]:
        now = self.clock()
        due: list[tuple[str, datetime | None]] = []
        for name, report in self._read(self.reports, self.reports.names()).items():
            try:
                state = self.report_states.read(name)
            except LakehouseError as e:
                self._note("report", name, e)
                continue
            slot = latest_slot(report, now)
            since = state.slot or self._written_at(name, report, now)
            waits = state.failed is not None and state.failed.again_at > now
            if slot is not None and slot > since and not waits:
                due.append((name, slot))
        return due

    def _written_at(self, name: str, report: Report, now: datetime) -> datetime:
        """When the file of a report that was never made was written: it is due after that."""
        seconds = self.reports.file(name).stat().st_mtime
        return on_the_wall(report, datetime.fromtimestamp(seconds, now.tzinfo))

    def _moved_alerts(self) -> list[str]:
        """The alerts that can have something to tell since they were measured."""
        now, version = self.clock(), published_version(self.settings)
        moved = []
        for name, alert in self._read(self.alerts, self.alerts.names()).items():
            try:
                state = self.alert_states.read(name)
            except LakehouseError as e:
                self._note("alert", name, e)
                continue
            same = version and (state.version, state.definition) == (version, _digest(alert))
            untold = state.beyond and not state.told and is_over_quiet(alert, state, now)
            waits = state.failed is not None and state.failed.again_at > now
            if (not same or untold or alert.moves_alone) and not waits:
                moved.append(name)
        return moved

    def _check(
        self, name: str, alert: Alert, answer: Answer, version: str, *, keep: bool
    ) -> Checked:
        found, now = measured(answer), self.clock()
        before = self.alert_states.read(name)
        state, event = judged(alert, before, found.figure, now)
        state = state.model_copy(update={"version": version, "definition": _digest(alert)})
        if event is not None:
            message = messages.of_alert(self.settings, name, alert, found, event, now)
            outbox = (*state.outbox, message.addressed(alert.targets))
            state = state.model_copy(update={"outbox": outbox})
        if keep:
            self.alert_states.write(name, state)
        return Checked(name, state, event)

    def _make(self, name: str, report: Report, answer: Answer, slot: datetime | None) -> None:
        message = messages.of_report(self.settings, name, report, page(answer), self.clock())
        state = self.report_states.read(name)
        update: dict[str, object] = {
            "outbox": (*state.outbox, message.addressed(report.targets)),
            "failed": None,
        }
        if slot is not None:
            update["slot"] = slot
        self.report_states.write(name, state.model_copy(update=update))

    def _read(self, notices: Notices[N], names: Sequence[str]) -> dict[str, N]:
        found = {}
        for name in names:
            try:
                found[name] = notices.read(name)
            except LakehouseError as e:
                self._note(notices.what, name, e)
        return found

    def _asked(self, questions: Sequence[Question]) -> Sequence[Answer]:
        return self.ask(self.settings, questions) if questions else []

    def _note(self, what: str, name: str, error: LakehouseError) -> None:
        if not any((each.what, each.name) == (what, name) for each in self.failed):
            self.failed.append(Failed(what, name, error))

    def _put_off(self, states: States[K], name: str, error: LakehouseError) -> None:
        with suppress(ConfigError):  # a damaged state is told by who reads it
            state = states.read(name)
            failed = Told.of(error, self.clock(), state.failed)
            states.write(name, state.model_copy(update={"failed": failed}))


def _digest(alert: Alert) -> str:
    return alert.model_dump_json()
