"""Sales overview: how are we doing, against what, and why."""

from functools import partial

import streamlit as st

from apps.bi import charts, filters, insight, kpis, queries, states, tables, wording
from apps.bi.header import page_header

COUNTRIES = 10
PRODUCTS = 10
ROW_HEIGHT = 35

marts, covered = page_header("Sales overview")
chosen = filters.filter_bar(covered)
period, before, country = chosen.period, chosen.before, chosen.country

now = queries.totals(marts, period, country)
if now.lines == 0:
    states.no_sales(chosen, covered)
    st.stop()
earlier = queries.totals(marts, before, country) if before else None

with st.grid(4, min_column_width=150, gap="small"):
    for kpi in kpis.kpis(now, earlier, queries.steps(marts, period, country)):
        with st.container(border=True, gap=None):
            st.metric(
                kpi.label,
                kpi.value,
                kpi.delta,
                delta_color="inverse" if kpi.less_is_better else "normal",
                delta_description=kpi.against,
                help=kpi.meaning,
            )
            st.echarts_chart(
                charts.sparkline(kpi.trend),
                height=60,
                key=f"trend_{kpi.label}",
                alt=f"How {kpi.label.lower()} went, {wording.span(period)}",
            )

sellers = queries.countries(marts, period, before)
best = queries.products(marts, period, before, country, PRODUCTS)
if before and earlier:
    movers = sellers if country is None else queries.movers(marts, period, before, country)
    sentence = insight.compared(now, earlier, movers)
else:
    sentence = insight.alone(now, sellers if country is None else best)
st.markdown(f":material/lightbulb: {sentence}")

with st.container(border=True):
    st.header("Net revenue per day", anchor=False)
    daily = queries.daily(marts, period, country)
    daily_before = queries.daily(marts, before, country) if before else None
    st.echarts_chart(
        charts.revenue_per_day(daily, daily_before, before, covered.last_order_at),
        height=300,
        key="revenue_per_day",
        alt=f"Net revenue per day, {wording.span(period)}",
    )

left, right = st.columns([2, 3])
with left.container(border=True, height="stretch"):
    st.header("Countries", anchor=False, help="Click a country to see it alone.")
    shown = queries.shortened(sellers, COUNTRIES, country)
    key = filters.chart_key("countries")
    st.echarts_chart(
        charts.country_bars(shown, country),
        height=ROW_HEIGHT * len(shown),
        key=key,
        on_select=partial(
            filters.country_clicked, key, [row.name for row in shown], covered.countries
        ),
        alt=f"Net revenue by country, {wording.span(period)}",
    )
with right.container(border=True, height="stretch"):
    st.header("Top products", anchor=False, help="Products by net revenue, services left out.")
    st.dataframe(
        tables.leaderboard(best, compared=before is not None),
        column_config=tables.leaderboard_columns(best),
        hide_index=True,
        placeholder="new",
        alt=f"The products of the highest net revenue, {wording.span(period)}",
    )
