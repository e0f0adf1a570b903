"""The messages: what an alert or a report says, to people and, as JSON, to programs."""

import base64
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from lakehouse.config import Settings
from lakehouse.notices.content import Figure, Measured, Moment, Page
from lakehouse.notices.definitions import Alert, Condition, Report
from lakehouse.notices.letter import Letter
from lakehouse.notices.state import Event, File, Message


def of_alert(  # noqa: PLR0913, PLR0917 - what an alert is about
    settings: Settings, name: str, alert: Alert, measured: Measured, event: Event, now: datetime
) -> Message:
    """What an alert says when its figure went beyond the threshold, or is back."""
    figure, title = measured.figure, alert.title or name
    beyond = limit(alert)
    if event == "alert.fired":
        subject = f"Alert: {title}: {figure.label} is {figure.text}"
        sentence = f"{_said(figure.label)} is **{_said(figure.text)}**, {_said(beyond)}."
    else:
        subject = f"Back to normal: {title}: {figure.label} is {figure.text}"
        sentence = (
            f"{_said(figure.label)} is **{_said(figure.text)}**, and not {_said(beyond)} any more."
        )
    if figure.change_text and alert.condition is Condition.CHANGES:
        before = _said(figure.before_text or "")
        sentence += f" It changed by **{_said(figure.change_text)}**, from {before}."
    letter = Letter(
        subject,
        sentence,
        _small(measured.moment),
        _link(settings, measured.moment.path if measured.moment else "operations"),
        foot=f"Alert {name} of lakehouse.",
    )
    payload = {
        "alert": {
            "name": name,
            "title": title,
            "condition": alert.condition.value,
            "threshold": str(alert.threshold),
        },
        "figure": _figure(figure),
        "state": _state(settings, measured.moment),
    }
    return _message(event, now, subject, letter, payload)


def of_report(settings: Settings, name: str, report: Report, page: Page, now: datetime) -> Message:
    """A page as it is sent: the headline, the figures, the tables, and all rows as CSV files."""
    title = report.title or page.title
    letter = Letter(
        title,
        page.sentence,
        _small(page.moment),
        _link(settings, page.moment.path),
        page.figures,
        page.sheets,
        page.pictures,
        foot=f"Report {name} of lakehouse: {report.schedule} ({report.timezone}).",
    )
    payload = {
        "report": {"name": name, "title": title, "page": report.page},
        "question": page.question,
        "sentence": page.sentence,
        "figures": [_figure(each) for each in page.figures],
        "tables": [
            {"title": sheet.title, "columns": sheet.columns, "rows": sheet.rows, "csv": sheet.csv}
            for sheet in page.sheets
        ],
        "state": _state(settings, page.moment),
    }
    sheets = [
        File(name=each.file, kind="text/csv", content=base64.b64encode(each.csv.encode()))
        for each in page.sheets
    ]
    pictures = [
        File(name=each.file, kind="image/png", content=base64.b64encode(each.png))
        for each in page.pictures
    ]
    subject = f"{title}, {page.moment.days}"
    return _message("report", now, subject, letter, payload, (*sheets, *pictures))


def of_test(settings: Settings, name: str, notice: Alert | Report, now: datetime) -> Message:
    """A message that says nothing but that messages arrive."""
    what = type(notice).__name__.lower()
    subject = f"Test of the {what} {notice.title or name}"
    letter = Letter(
        subject,
        f"Messages of the {what} **{_said(name)}** arrive here.",
        (),
        _link(settings, "operations"),
        foot="Somebody asked for this message; nothing has happened.",
    )
    return _message("test", now, subject, letter, {what: {"name": name}})


def limit(alert: Alert) -> str:
    """What lies beyond the threshold, as it reads: above 1,000."""
    percent = "%" if alert.condition is Condition.CHANGES else ""
    return f"{alert.condition.value} {_plain(alert.threshold)}{percent}"


def _message(  # noqa: PLR0913, PLR0917 - the parts of a message
    event: Event,
    now: datetime,
    subject: str,
    letter: Letter,
    payload: Mapping[str, Any],
    files: tuple[File, ...] = (),
) -> Message:
    message = Message(
        event=event, made_at=now, subject=subject, text=letter.as_text(), html=letter.as_html(),
        payload={}, files=files,
    )  # fmt: skip
    head = {"type": event, "id": message.id, "made_at": now.isoformat()}
    return message.model_copy(update={"payload": head | dict(payload)})


def _small(moment: Moment | None) -> list[str]:
    if moment is None:
        return []
    about = " \N{MIDDLE DOT} ".join((moment.days, *moment.narrowed))
    compared = f", compared with {moment.compared}" if moment.compared else ""
    if moment.version is None:
        return [about]
    return [about + compared, f"Data through {moment.through}; snapshot {moment.version}"]


def _figure(figure: Figure) -> dict[str, object]:
    return figure.model_dump(mode="json", exclude={"less_is_better"})


def _state(settings: Settings, moment: Moment | None) -> dict[str, object] | None:
    if moment is None:
        return None
    link = {"link": _link(settings, moment.path)}
    return moment.model_dump(mode="json", exclude={"path"}) | link


def _link(settings: Settings, path: str) -> str:
    dashboard = settings.dashboard
    host = f"[{dashboard.host}]" if ":" in dashboard.host else dashboard.host
    base = settings.access.address or f"http://{host}:{dashboard.port}"
    return f"{base.rstrip('/')}/{path}"


def _plain(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _said(text: str) -> str:
    """Text in a sentence of Markdown, as it is."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("`", "\\`")
