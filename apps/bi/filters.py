"""The filter bar. All it holds stands in the URL, so that a link shows the same page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from apps.bi import wording
from apps.bi.periods import Comparison, Period, Preset, compared_period, preset_period
from apps.bi.queries import Coverage

PERIOD, DAYS, COUNTRY, COMPARE = "period", "days", "country", "compare"
DEFAULT_PRESET = Preset.QUARTER
_CLICKS = "clicks"


@dataclass(frozen=True)
class Filters:
    """What the page is about. `before` is None when nothing is, or can be, compared."""

    period: Period
    country: str | None
    comparison: Comparison
    before: Period | None


def filter_bar(covered: Coverage) -> Filters:
    """Draw the bar; returns what is chosen. Nonsense in the URL counts as not given."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        period = _period(covered.days)
        country = _country(covered.countries)
        comparison = _comparison()
        before = compared_period(period, comparison, covered.days)
        chosen = Filters(period, country, comparison, before)
        st.caption(_in_words(chosen, covered), width="content")
    return chosen


def show_everything() -> None:
    """Clear the filters that can empty a page: all days, all countries."""
    st.session_state[PERIOD] = Preset.ALL
    st.session_state[COUNTRY] = None


def chart_key(chart: str) -> str:
    """The key of a chart whose bars are clicked to filter: a new one after every click.

    A chart remembers what is selected under its key, but here the filter bar does.
    """
    return f"{chart}_{st.session_state.get(_CLICKS, 0)}"


def country_clicked(key: str, rows: Sequence[str], countries: Sequence[str]) -> None:
    """Show the country that was clicked alone, or all again if it already is.

    `rows` names the bars of the chart `key`; one that is none of `countries` does nothing.
    """
    for selected in st.session_state[key].selection.selected:
        clicked = rows[selected["data_indices"][0]]
        if clicked in countries:
            chosen = st.session_state.get(COUNTRY)
            st.session_state[COUNTRY] = None if chosen == clicked else clicked
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1


def _period(data: Period) -> Period:
    chosen = st.segmented_control(
        "Period",
        list(Preset),
        default=DEFAULT_PRESET,
        required=True,
        key=PERIOD,
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
    days: tuple[date, ...] = chosen if isinstance(chosen, tuple) else (chosen,)
    return Period(days[0], days[-1]) if days else start


def _country(countries: Sequence[str]) -> str | None:
    chosen = st.selectbox(
        "Country",
        countries,
        index=None,
        placeholder="All countries",
        key=COUNTRY,
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    return chosen or None


def _comparison() -> Comparison:
    chosen = st.selectbox(
        "Compare with",
        list(Comparison),
        key=COMPARE,
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
