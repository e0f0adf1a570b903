"""The menu of a page that watches one of its figures, or sends the page on a schedule.

What it writes are the files of docs/alerts.md. They are measured as the owner of the home, so
where people log in, to see what their rules let them, nobody is offered it.
"""

from collections.abc import Callable, Mapping
from datetime import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.bi import states, wording
from apps.bi.bulletins.asked_state import State
from apps.bi.bulletins.choosing import SEARCHES
from apps.bi.bulletins.figures import kpis_of, name_of
from apps.bi.bulletins.sent_dashboard import is_dashboard
from apps.bi.filters import Filter
from apps.bi.kpis import Kpi
from apps.bi.operations_kpis import figures, health
from apps.bi.periods import Preset
from apps.bi.queries.operations import asking
from apps.bi.view import LakeView, View
from lakehouse.errors import LakehouseError
from lakehouse.notices.definitions import Alert, Condition, PageFilters, Report
from lakehouse.notices.files import Notices, problems
from lakehouse.query.operations import open_operations

_ALERT, _REPORT = "Alert me", "Send as a report"
_DAYS: Mapping[str, str] = {
    "Every day": "* * *",
    "Monday to Friday": "* * 1-5",
    "Every Monday": "* * 1",
    "The first of the month": "1 * *",
}
_SEVEN = time(7)
_WITHOUT_FIGURES = ("recommendations",)
Shown = Mapping[str, DeltaGenerator]


def offer(view: LakeView, place: DeltaGenerator) -> None:
    """Draw the menu into `place`, on a page that can be sent. Only once it is open, it is made."""
    can_be_sent = view.page.path in SEARCHES or is_dashboard(view.page.path)
    if not can_be_sent or view.settings.access.provider:
        return
    menu = place.popover(
        "Alerts",
        icon=":material/notifications:",
        type="tertiary",
        on_change="rerun",
        key="notices",
        help="Be told when a figure goes beyond a threshold, or be sent this page",
    )
    if menu.open:
        with menu:
            what = _REPORT
            if view.page.path not in _WITHOUT_FIGURES and not is_dashboard(view.page.path):
                what = st.segmented_control(
                    "What", [_ALERT, _REPORT], default=_ALERT, required=True, key="notice_kind",
                    label_visibility="collapsed",
                )  # fmt: skip
            (_report if what == _REPORT else _alert)(view)


def filters_of(view: LakeView) -> PageFilters:
    """What the page is narrowed to now."""
    given = _bar_of(view) if isinstance(view, View) else {}
    for name in SEARCHES.get(view.page.path, ()):
        # A choice stands in the URL alone, a search also in the session.
        asked = st.session_state.get(name) or st.query_params.get(name)
        given[name] = wording.typed(asked, 80) or None
    return PageFilters.model_validate(given)


def _bar_of(view: View) -> dict[str, object]:
    chosen, takes = view.chosen, view.page.filters
    preset = st.session_state.get(Filter.PERIOD)
    given: dict[str, object] = {}
    if Filter.PERIOD in takes:
        given |= {"country": chosen.country, "segment": chosen.segment, "group": chosen.group}
        if preset == Preset.CUSTOM:
            given["days"] = (chosen.period.first, chosen.period.last)
        else:
            given["period"] = preset
    if Filter.COMPARE in takes:
        given["compare"] = chosen.comparison
    return given


def _figures(view: LakeView) -> list[Kpi]:
    if isinstance(view, View):
        return kpis_of(State.of(view.page, view.marts, filters_of(view)))
    with open_operations(view.settings) as about_itself:
        return figures(health(view.settings, asking(about_itself), None, None))


def _alert(view: LakeView) -> None:
    try:
        found = _figures(view)
    except LakehouseError as e:
        st.info(f"No figure of this page can be watched now: {states.told(e)}")
        return
    now = {kpi.label: kpi.value for kpi in found}
    given, shown = dict[str, object](), dict[str, DeltaGenerator]()
    label = st.selectbox(
        "Figure", list(now), key="alert_figure", format_func=lambda one: f"{one}, now {now[one]}"
    )
    given["kpi"] = f"{view.page.path}.{name_of(label)}"
    with st.container(horizontal=True):
        given["condition"] = st.selectbox("Is", list(Condition), key="alert_condition", width=190)
        given["threshold"] = _field("threshold", "Threshold", shown, width=150)
    shown["threshold"] = st.container()
    given["quiet"] = _field("quiet", "Quiet after it fired", shown, value="24h")
    _save(view, Alert, given, shown)


def _report(view: LakeView) -> None:
    given: dict[str, object] = {"page": view.page.path}
    with st.container(horizontal=True):
        days = st.selectbox("On", list(_DAYS), key="report_days", width=190)
        at = st.time_input("At", _SEVEN, key="report_at", width=120) or _SEVEN
    given["schedule"] = f"{at.minute} {at.hour} {_DAYS[days]}"
    shown = dict[str, DeltaGenerator]()
    given["timezone"] = _field("timezone", "Time zone", shown, value="UTC")
    _save(view, Report, given, shown)


def _save(
    view: LakeView,
    kind: type[Alert] | type[Report],
    given: dict[str, object],
    shown: dict[str, DeltaGenerator],
) -> None:
    """The fields that both have, and the button that writes the file."""
    given["to"] = _listed("to", "E-mail to", shown, "name@example.com")
    given["webhooks"] = _listed("webhooks", "Webhook", shown, "https://")
    name = _field("name", "Name", shown, placeholder="revenue_is_low")
    if view.page.path in SEARCHES:
        st.caption("It keeps the filters of the page as they are now.")
    if not st.button("Save", key="notice_save"):
        return
    given["filters"] = filters_of(view).model_dump(exclude_none=True)
    wrong = problems(kind, given)
    for field, reason in wrong.items():
        _complain(shown, field, reason)
    if wrong:
        return
    _write(view, kind, name, given, shown)


def _write(
    view: LakeView,
    kind: type[Alert] | type[Report],
    name: str,
    given: Mapping[str, object],
    shown: Shown,
) -> None:
    notices: Notices[Alert | Report] = Notices(view.settings.home, kind)
    try:
        file = notices.write(name, kind.model_validate(given))
    except LakehouseError as e:
        _complain(shown, "name", f"{e.message}: {e.hint}")
    else:
        what = "alerts" if kind is Alert else "reports"
        command = states.command(view.settings, f"{what} test {name}")
        st.success(f"Saved as {wording.plain(file.name)}. `{command}` sends a test.")


def _field(
    name: str, label: str, shown: dict[str, DeltaGenerator], value: str = "", **how: object
) -> str:
    text: Callable[..., str] = st.text_input
    written = text(label, value, key=f"notice_{name}", **how)
    shown[name] = st.container()
    return wording.typed(written, 2000)


def _listed(name: str, label: str, shown: dict[str, DeltaGenerator], like: str) -> list[str]:
    written = _field(name, label, shown, placeholder=like, help="Several are told apart by commas")
    return [each.strip() for each in written.split(",") if each.strip()]


def _complain(shown: Shown, field: str, reason: str) -> None:
    place = shown.get(field) or st.container()
    place.error(wording.plain(reason[:1].upper() + reason[1:]))
