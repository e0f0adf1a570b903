"""The card of alerts and reports on the operations page: what there is, and what became of it."""

from datetime import datetime, timedelta

import streamlit as st

from apps.bi import alarms, states
from apps.bi.card import card
from apps.bi.view import LakeView
from lakehouse.notices.listing import Row, alert_rows, last_round, report_rows

_WHEN = "YYYY-MM-DD HH:mm"
# What starts it every few minutes has failed when it did nothing for so long.
_LATE = timedelta(hours=1)


def draw(view: LakeView, now: datetime) -> None:
    """Draw the alerts and reports of the home, with their last state."""
    home = view.settings.home
    alerts, _ = alert_rows(home)
    reports, _ = report_rows(home, now)
    about = (
        "What somebody is told by mail or webhook; the pages' menu \u201cAlerts\u201d makes one."
    )
    with card(view, "Alerts and reports", key="notices", about=about):
        if not alerts and not reports:
            st.markdown(
                "Nobody is told anything yet: **Alerts**, in the upper right corner of a page, "
                "watches one of its figures, or sends the page."
            )
            return
        _tell_round(view, now)
        if alerts:
            _table(alerts, "Every alert: its figure, threshold, state and last value")
        if reports:
            _table(reports, "Every report: its page, schedule and when it is sent next")


def _tell_round(view: LakeView, now: datetime) -> None:
    at = last_round(view.settings.home)
    command = states.command(view.settings, "reports run --follow")
    if at is None:
        st.warning(f"Nothing sends them yet: `{command}` does.")
    elif now - at > _LATE:
        st.warning(f"Nothing has sent them for {alarms.ago(now - at)}: `{command}` does.")
    else:
        st.caption(f"What was due was last done {alarms.ago(now - at)} ago.")


def _table(rows: list[Row], alt: str) -> None:
    column = st.column_config
    moments = {
        "measured_at": "Measured (UTC)",
        "sent_at": "Last sent (UTC)",
        "next_at": "Next (UTC)",
    }
    words = ("name", "figure", "threshold", "state", "value", "page", "schedule", "timezone")
    st.dataframe(
        rows,
        column_config={
            **{word: column.TextColumn(word.capitalize()) for word in words},
            **{
                name: column.DatetimeColumn(label, format=_WHEN, timezone="UTC")
                for name, label in moments.items()
            },
            "waiting": column.NumberColumn("Waiting", help="Messages not taken yet"),
            "error": column.TextColumn("Last error"),
        },
        hide_index=True,
        placeholder="",
        alt=alt,
    )
