"""Customers: who buys, who comes back, and who is about to leave."""

from functools import partial

import streamlit as st

from apps.bi import customer_search, customer_tables, filters, insight, states, wording
from apps.bi.card import card
from apps.bi.charts import leaderboard
from apps.bi.customer_kpis import buyer_kpis
from apps.bi.filters import Filter
from apps.bi.groups import SEGMENT_RULES, SEGMENTS
from apps.bi.kpis import draw_kpi
from apps.bi.queries import customers
from apps.bi.queries.sales import Seller
from apps.bi.retention_chart import retention
from apps.bi.view import view

BEST = 20
ROW_HEIGHT = 35

this = view()
ask, chosen = this.ask, this.chosen
span = wording.span(chosen.period)

asked, now = customers.buyers(ask, chosen, chosen.period)
searched = customer_search.search_box()
if searched:
    this.say(customer_search.show(this, searched))
    st.stop()
if now.customers == 0:
    states.no_sales(chosen, this.covered)
    st.stop()
earlier = customers.buyers(ask, chosen, chosen.before)[1] if chosen.before else None
with st.grid(4, min_column_width=150, gap="small"):
    for kpi in buyer_kpis(now, earlier):
        draw_kpi(kpi, span)

by_cohort, cohorts = customers.cohorts(ask, chosen)
by_segment, segments = customers.segments(ask, chosen)
this.say(insight.customers(now, cohorts, segments, this.covered.days.last))

left, right = st.columns([3, 2])
with (
    left,
    card(
        this,
        "Retention",
        by_cohort,
        key="retention",
        about="Of the customers whose first order was in a month, the share that ordered again in "
        "each month since. Over all days; the last month may not be over.",
    ),
):
    st.echarts_chart(
        retention(cohorts),
        height=60 + 30 * len(cohorts),
        alt="Share of each month's new customers that ordered again, by months since",
    )
with right, card(this, "Segments", by_segment, key="segments", about=SEGMENT_RULES):
    key = filters.chart_key("segments")
    names = [each.name for each in segments]
    st.echarts_chart(
        leaderboard(
            [Seller(each.name, each.amount, each.amount) for each in segments], chosen.segment
        ),
        height=ROW_HEIGHT * len(segments),
        key=key,
        on_select=partial(filters.bar_clicked, Filter.SEGMENT, key, names, tuple(SEGMENTS)),
        alt="What the customers of each segment have ordered",
    )
    st.dataframe(
        customer_tables.segment_rows(segments),
        column_config=customer_tables.segment_columns(),
        hide_index=True,
        alt="The segments: customers, how many, days since the last order, and orders",
    )

best_asked, best = customers.best(ask, chosen, BEST)
with card(
    this,
    "Best customers",
    best_asked,
    key="best",
    about=f"By net revenue, {span}. Choose one to see the order history.",
):
    key = filters.chart_key("best")
    st.dataframe(
        customer_tables.best_rows(best),
        column_config=customer_tables.best_columns(best),
        hide_index=True,
        height="content",
        key=key,
        on_select=partial(customer_search.chosen, key, [each["customer_id"] for each in best]),
        selection_mode="single-row",
        alt=f"The customers who brought most, {span}",
    )
