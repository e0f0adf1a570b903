"""Forecast: what the next weeks bring, and how far that can be relied on."""

import streamlit as st

from apps.bi import choices, forecast_charts, forecast_states, forecast_wording, kpis, wording
from apps.bi.card import card
from apps.bi.outlook import LEVELS, MEASURES, OF, WEEKS, look
from apps.bi.queries import forecasts
from apps.bi.view import view

this = view()
ask = this.ask
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters_ahead"):
    measure = choices.choice("metric", "Metric", MEASURES)
    level = choices.choice("level", "Level", LEVELS, width=190)
    if measure is None or level is None:
        forecast_states.nothing_like_that()
        st.stop()
    known = forecasts.series(ask, level)
    series_id = next(iter(known), None)
    if level in OF and known:
        named = {key: wording.title(name) for key, name in known.items()}
        told = {k: f"{name} · {k}" if name != k else k for k, name in named.items()}
        series_id = choices.choice("series", "Country or product", told, width=320)
    weeks = choices.choice("weeks", "Weeks", WEEKS, width=120)

judged, of = forecasts.level(ask, level, measure)
if of is None or not known:
    forecast_states.not_computed(this.settings)
    st.stop()
if series_id is None:
    forecast_states.no_series(known)
    st.stop()
if weeks is None:
    forecast_states.nothing_like_that()
    st.stop()

looked = look(ask, of, series_id, known[series_id], int(weeks))
shown = looked.outlook
name, ahead, tests = shown.name, shown.ahead, shown.backtests
this.say(forecast_wording.sentence(shown))
forecast_states.warnings(this.settings, of, this.covered.days.last)
with st.grid(4, min_column_width=150, gap="small"):
    for kpi in forecast_wording.figures(shown):
        kpis.draw_kpi(kpi, wording.span(shown.days))

about = (
    "Demand is what was wanted and not undone within a day; days the shop is closed are left out."
)
unit = "£" if measure == "revenue" else "units"
grain = "day" if level.endswith("_daily") else "week"
title = f"{wording.plain(name)}, {unit} a {grain}"
with card(this, title, looked.ahead, looked.past, key="fan", about=about):
    st.echarts_chart(
        forecast_charts.fan(looked.history, ahead, measure),
        height=380,
        alt=f"{name}: what was, and what is expected {wording.span(shown.days)}",
    )
with card(
    this,
    "How good it was",
    looked.backtests,
    judged,
    key="backtests",
    about="Every model foretold past weeks from what was known before them. Bias: by how much it "
    "was too high (+) or too low on the whole.",
):
    if of.reliable:  # else it stands above
        st.caption(wording.plain(of.statement))
    st.dataframe(
        forecast_wording.backtest_rows(tests),
        column_config=forecast_wording.backtest_columns(),
        hide_index=True,
        alt="The error of every model in the backtests, the best first",
    )
with card(this, "Values", looked.ahead, key="values"):
    st.dataframe(
        forecast_wording.value_rows(ahead),
        column_config=forecast_wording.value_columns(ahead, measure),
        hide_index=True,
        height="content",
        alt=f"{name}: what is expected, with its intervals",
    )
