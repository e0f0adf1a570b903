"""The alerts and reports of a home as rows: what they are, and what became of them."""

from datetime import datetime
from pathlib import Path

from lakehouse.errors import LakehouseError
from lakehouse.notices.definitions import Alert, Report
from lakehouse.notices.files import Notices
from lakehouse.notices.messages import limit
from lakehouse.notices.state import FOLDER, LAST_ROUND, AlertState, Kept, ReportState, States
from lakehouse.notices.timetable import next_slot

Row = dict[str, object]


def alert_rows(home: Path) -> tuple[list[Row], list[LakehouseError]]:
    """A row for each alert, and what is wrong with the files of some."""
    notices, states = Notices(home, Alert), States(home, "alert", AlertState)
    rows, errors = list[Row](), list[LakehouseError]()
    for name in notices.names():
        row: Row = dict.fromkeys(("name", "figure", "threshold", "state", "value", "measured_at"))
        error = None
        state = AlertState()
        try:
            alert, state = notices.read(name), states.read(name)
            row["figure"], row["threshold"] = alert.kpi or f"query {alert.query}", limit(alert)
            row["state"] = told(state)
            row["value"] = state.text or None
            row["measured_at"] = _brief(state.measured_at)
        except LakehouseError as e:
            error = e
            errors.append(e)
        rows.append(row | {"name": name} | _kept(state, error))
    return rows, errors


def report_rows(home: Path, now: datetime) -> tuple[list[Row], list[LakehouseError]]:
    """A row for each report, and what is wrong with the files of some."""
    notices, states = Notices(home, Report), States(home, "report", ReportState)
    rows, errors = list[Row](), list[LakehouseError]()
    for name in notices.names():
        row: Row = dict.fromkeys(("name", "page", "schedule", "timezone", "next_at"))
        error = None
        state = ReportState()
        try:
            report, state = notices.read(name), states.read(name)
            query = report.filters.as_query()
            row["page"] = f"{report.page}{f'?{query}' if query else ''}"
            row["schedule"], row["timezone"] = report.schedule, report.timezone
            row["next_at"] = _brief(next_slot(report, now))
        except LakehouseError as e:
            error = e
            errors.append(e)
        rows.append(row | {"name": name} | _kept(state, error))
    return rows, errors


def told(state: AlertState) -> str:
    """How an alert stands: normal, beyond, no figure, or never measured."""
    if state.measured_at is None:
        return "never measured"
    return {None: "no figure", True: "beyond", False: "normal"}[state.beyond]


def last_round(home: Path) -> datetime | None:
    """When `lakehouse reports run` last came to its end; None if it never did."""
    try:
        return datetime.fromisoformat((home / FOLDER / LAST_ROUND).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _kept(kept: Kept, error: LakehouseError | None) -> Row:
    failed = error.message if error else kept.failed.message if kept.failed else None
    return {
        "waiting": sum(len(message.waiting) for message in kept.outbox),
        "sent_at": _brief(kept.sent_at),
        "error": failed or kept.undelivered,
    }


def _brief(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)
