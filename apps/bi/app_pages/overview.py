"""Sales overview: how are we doing, against what, and why."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from apps.bi import charts, drill, filters, groups, insight, kpis, states, tables, wording
from apps.bi.card import card
from apps.bi.filters import Filter
from apps.bi.queries import sales
from apps.bi.queries.lines import Of
from apps.bi.queries.narrowing import By
from apps.bi.view import view

BARS = 8
PRODUCTS = 10
ROW_HEIGHT = 35

this = view()
chosen, covered = this.chosen, this.covered
period, before = chosen.period, chosen.before
since = covered.days.first

daily, sold = sales.daily(this.ask, chosen, period)
now = sales.total(sales.within(period, sold))
if now.days_with_sales == 0:
    states.no_sales(chosen, covered)
    st.stop()
daily_before, sold_before = sales.daily(this.ask, chosen, before) if before else (None, [])
earlier = sales.total(sales.within(before, sold_before)) if before else None

with st.grid(4, min_column_width=150, gap="small"):
    for kpi in kpis.kpis(now, earlier, sales.steps(period, sold)):
        kpis.draw_kpi(kpi, wording.span(period))

asked_of = {by: sales.sellers(this.ask, chosen, by) for by in (By.COUNTRY, By.SEGMENT, By.GROUP)}
countries = asked_of[By.COUNTRY][1]
bestsellers, best = sales.products(this.ask, chosen, PRODUCTS)
if before and earlier:
    movers = countries if chosen.country is None else sales.movers(this.ask, chosen)
    this.say(insight.compared(now, earlier, movers))
else:
    this.say(insight.alone(now, countries if chosen.country is None else best))

trading = sales.open_days(this.ask, covered.days)
asked = [daily] if daily_before is None else [daily, daily_before]
drawn = sales.every_day(period, sold, trading, since)
about = "Click a day to see its order lines."
with card(this, f"{now.measure} per day", *asked, key="days", about=about):
    clicked = drill.clicked_key("revenue_per_day")
    st.echarts_chart(
        charts.revenue_per_day(
            drawn,
            sales.every_day(before, sold_before, trading, since) if before else None,
            before,
            covered.last_order_at,
        ),
        height=300,
        key=clicked,
        on_select=drill.bar_clicked(
            clicked, Of.DAY, [str(day) for day in drawn["day"].to_pylist()]
        ),
        alt=f"{now.measure} per day, {wording.span(period)}",
    )


class Leaders(NamedTuple):
    """A card of bars: what they are, and the filter that a click on one sets."""

    title: str
    by: By
    filter: Filter
    known: Sequence[str]
    about: str = ""


def draw(board: Leaders) -> None:
    """Draw the bars of a leaderboard."""
    answer, rows = asked_of[board.by]
    only = getattr(chosen, board.filter)
    shown = sales.shortened(rows, BARS, only)
    about = f"Click one to see it alone. {board.about}"
    with card(this, board.title, answer, key=board.filter, about=about):
        key = filters.chart_key(board.filter)
        names = [row.name for row in shown]
        st.echarts_chart(
            charts.leaderboard(shown, only),
            height=ROW_HEIGHT * len(shown),
            key=key,
            on_select=partial(filters.bar_clicked, board.filter, key, names, board.known),
            alt=f"{board.title} by net revenue, {wording.span(period)}",
        )


with st.grid(3, min_column_width=300, gap="small"):
    draw(Leaders("Countries", By.COUNTRY, Filter.COUNTRY, covered.countries))
    draw(
        Leaders(
            "Customer segments",
            By.SEGMENT,
            Filter.SEGMENT,
            tuple(groups.SEGMENTS),
            groups.SEGMENT_RULES,
        )
    )
    draw(Leaders("Product groups", By.GROUP, Filter.GROUP, groups.PRICE_BANDS, groups.BAND_RULES))

with card(
    this,
    "Top products",
    bestsellers,
    key="products",
    about="Products by net revenue, services left out. Choose one to see its order lines.",
):
    clicked = drill.clicked_key("top_products")
    st.dataframe(
        tables.leaderboard(best, compared=before is not None),
        column_config=tables.leaderboard_columns(best),
        hide_index=True,
        placeholder="new",
        key=clicked,
        on_select=drill.row_clicked(clicked, Of.PRODUCT, [each.product_id for each in best]),
        selection_mode="single-row",
        alt=f"The products of the highest net revenue, {wording.span(period)}",
    )
