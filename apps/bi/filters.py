"""The filter bar. All it holds stands in the URL, so that a link shows the same page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import streamlit as st

from apps.bi import groups, wording
from apps.bi.periods import Comparison, Period, Preset, compared_period, preset_period
from apps.bi.queries.coverage import Coverage


class Filter(StrEnum):
    """What a page can be narrowed by; its name in the URL."""

    PERIOD = "period"
    COMPARE = "compare"
    COUNTRY = "country"
    SEGMENT = "segment"
    GROUP = "group"


DAYS = "days"
DEFAULT_PRESET = Preset.QUARTER
_CLICKS = "clicks"
_KEPT = "filters of other pages"


@dataclass(frozen=True)
class Filters:
    """What the page is about. `before` is None when nothing is, or can be, compared.

    `segment` is one of groups.SEGMENTS, `group` one of groups.PRICE_BANDS.
    """

    period: Period
    comparison: Comparison = Comparison.NONE
    before: Period | None = None
    country: str | None = None
    segment: str | None = None
    group: str | None = None

    @property
    def narrowed(self) -> tuple[str, ...]:
        """What is left besides the days, as it reads."""
        return tuple(chosen for chosen in (self.country, self.segment, self.group) if chosen)


def filter_bar(covered: Coverage, shown: Sequence[Filter]) -> Filters:
    """Draw the bar with the filters that this page takes; returns what is chosen.

    What the other filters hold comes back on the next page that takes them.
    """
    _restore(shown)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        period = _period(covered.days) if Filter.PERIOD in shown else covered.days
        country = _choice(Filter.COUNTRY, shown, "Country", "All countries", covered.countries)
        segment = _choice(Filter.SEGMENT, shown, "Segment", "All segments", tuple(groups.SEGMENTS))
        group = _choice(
            Filter.GROUP, shown, "Product group", "All product groups", groups.PRICE_BANDS
        )
        comparison = _comparison() if Filter.COMPARE in shown else Comparison.NONE
        before = compared_period(period, comparison, covered.days)
        chosen = Filters(period, comparison, before, country, segment, group)
        if shown:
            st.caption(_in_words(chosen, covered), width="content")
    _keep(shown)
    return chosen


def show_everything() -> None:
    """Clear the filters that can empty a page: all days, everywhere, everybody, everything."""
    st.session_state[Filter.PERIOD] = Preset.ALL
    for name in (Filter.COUNTRY, Filter.SEGMENT, Filter.GROUP):
        st.session_state[name] = None


def chart_key(chart: str) -> str:
    """The key of a chart whose bars are clicked to filter: a new one after every click.

    A chart remembers what is selected under its key, but here the filter bar does.
    """
    return f"{chart}_{st.session_state.get(_CLICKS, 0)}"


def bar_clicked(name: Filter, key: str, rows: Sequence[str], known: Sequence[str]) -> None:
    """Show what was clicked alone, or all again if it already is.

    `rows` names the bars of the chart `key`; one that is none of `known` does nothing.
    """
    for selected in st.session_state[key].selection.selected:
        clicked = rows[selected["data_indices"][0]]
        if clicked in known:
            chosen = st.session_state.get(name)
            st.session_state[name] = None if chosen == clicked else clicked
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1


def nonsense(covered: Coverage) -> list[str]:
    """What the URL asks of the filters that they don't know, each as a sentence of Markdown."""
    known = {
        Filter.PERIOD: ("period", [str(preset) for preset in Preset]),
        Filter.COMPARE: ("comparison", [str(each) for each in Comparison]),
        Filter.COUNTRY: ("country", covered.countries),
        Filter.SEGMENT: ("segment", tuple(groups.SEGMENTS)),
        Filter.GROUP: ("product group", groups.PRICE_BANDS),
    }
    told = [
        f"There is no {what} called **{wording.plain(asked[:80])}**."
        for name, (what, options) in known.items()
        for asked in st.query_params.get_all(name)
        if asked and asked not in options
    ]
    if st.query_params.get(Filter.PERIOD) != Preset.CUSTOM:
        return told
    days = [asked for asked in st.query_params.get_all(DAYS) if not _is_day(asked, covered.days)]
    return [*told, *(_no_day(asked, covered) for asked in days)]


def _is_day(asked: str, data: Period) -> bool:
    try:
        return data.first <= date.fromisoformat(asked) <= data.last
    except ValueError:
        return False


def _no_day(asked: str, covered: Coverage) -> str:
    days = wording.span(covered.days)
    return f"**{wording.plain(asked[:80])}** is no day that the data covers: it covers {days}."


def _restore(shown: Sequence[Filter]) -> None:
    kept = st.session_state.get(_KEPT, {})
    for name in shown:
        if name in kept and name not in st.session_state and name not in st.query_params:
            st.session_state[name] = kept[name]


def _keep(shown: Sequence[Filter]) -> None:
    now = {name: st.session_state[name] for name in shown if name in st.session_state}
    st.session_state[_KEPT] = st.session_state.get(_KEPT, {}) | now


def _period(data: Period) -> Period:
    chosen = st.segmented_control(
        "Period",
        list(Preset),
        default=DEFAULT_PRESET,
        required=True,
        key=Filter.PERIOD,
        bind="query-params",
        label_visibility="collapsed",
    )
    # An empty parameter in the URL (`?period=`) leaves nothing chosen.
    preset = Preset(chosen or DEFAULT_PRESET)
    period = preset_period(preset, data)
    return _days(period, data) if preset is Preset.CUSTOM else period


def _days(start: Period, data: Period) -> Period:
    chosen = st.date_input(
        "Days",
        (start.first, start.last),
        min_value=data.first,
        max_value=data.last,
        format="DD/MM/YYYY",
        key=DAYS,
        bind="query-params",
        label_visibility="collapsed",
        width=240,
    )
    # While a range is being picked, its end is missing.
    days = sorted(chosen) if isinstance(chosen, tuple) else [chosen]
    return Period(days[0], days[-1]) if days else start


def _choice(
    name: Filter, shown: Sequence[Filter], label: str, everything: str, options: Sequence[str]
) -> str | None:
    if name not in shown:
        return None
    chosen = st.selectbox(
        label,
        options,
        index=None,
        placeholder=everything,
        key=name,
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    return chosen or None


def _comparison() -> Comparison:
    chosen = st.selectbox(
        "Compare with",
        list(Comparison),
        key=Filter.COMPARE,
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    return Comparison(chosen or Comparison.PREVIOUS)


def _in_words(chosen: Filters, covered: Coverage) -> str:
    """The days shown and the days compared with, or why there are none."""
    shown = f"**{wording.span(chosen.period)}**"
    if chosen.before is not None:
        return f"{shown}, compared with {wording.span(chosen.before)}"
    if chosen.comparison is Comparison.NONE:
        return shown
    return f"{shown}, compared with nothing: the data begins on {wording.day(covered.days.first)}"
