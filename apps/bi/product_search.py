"""One product: the search, its history, its prices, and what is bought with it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from apps.bi import drill, filters, insight, product_charts, wording
from apps.bi.card import card
from apps.bi.kpis import draw_kpi
from apps.bi.product_kpis import product_kpis
from apps.bi.queries import products
from apps.bi.queries.lines import Drill, Of
from apps.bi.queries.products import Partner
from apps.bi.view import View
from lakehouse.query.published_moment import UnpublishedError

PRODUCT, WORDS = "product", "find"
PARTNERS = 10


def search_boxes() -> tuple[str, str]:
    """Draw the search; returns the code that is looked for, and the words."""
    with st.container(horizontal=True, gap="small"):
        code = st.text_input(
            "Product code",
            key=PRODUCT,
            bind="query-params",
            placeholder="Product code, for one history",
            label_visibility="collapsed",
            icon=":material/search:",
            width=280,
            max_chars=40,
        )
        words = st.text_input(
            "Words",
            key=WORDS,
            bind="query-params",
            placeholder="Words of a name, to narrow the list",
            label_visibility="collapsed",
            width=280,
            max_chars=80,
        )
    return wording.typed(code).upper(), wording.typed(words, 80)


def row_chosen(key: str, codes: Sequence[str]) -> None:
    """Show the product whose row was chosen in the table `key`."""
    for row in st.session_state[key].selection.rows:
        st.session_state[PRODUCT] = codes[row]


def bar_chosen(key: str, codes: Sequence[str]) -> None:
    """Show the product whose bar was clicked in the chart `key`."""
    for selected in st.session_state[key].selection.selected:
        st.session_state[PRODUCT] = codes[selected["data_indices"][0]]


def show(view: View, code: str) -> str:
    """Draw a product; returns the sentence about it."""
    ask, chosen = view.ask, view.chosen
    _, found = products.product(ask, code)
    with st.container(horizontal=True, gap="small"):
        st.button("All products", on_click=_back, icon=":material/arrow_back:", type="tertiary")
        if found is not None:
            st.button(
                "Its order lines",
                on_click=partial(drill.into, Drill(Of.PRODUCT, code)),
                icon=":material/list:",
                type="tertiary",
            )
    if found is None:
        return _nothing(view, code)
    name = wording.plain(wording.title(found["description"]))
    st.header(f"{name} · {wording.plain(code)}", anchor=False)
    asked, days = products.history(ask, chosen, code)
    _figures(view, found, days)
    span = wording.span(chosen.period)
    with card(view, "Product revenue per day", asked, key="history"):
        st.echarts_chart(
            product_charts.sold_per_day(chosen.period, days),
            height=240,
            alt=f"Product revenue per day of {name}, {span}",
        )
    left, right = st.columns(2)
    with left:
        _prices(view, code, name)
    with right:
        baskets, with_it = _partners(view, code, name)
    return insight.product(name, days, baskets, with_it)


def _figures(view: View, found: dict[str, Any], days: Sequence[dict[str, Any]]) -> None:
    with st.grid(4, min_column_width=150, gap="small"):
        for kpi in product_kpis(found, days):
            draw_kpi(kpi, wording.span(view.chosen.period))


def _prices(view: View, code: str, name: str) -> None:
    try:
        asked, prices = products.prices(view.ask, code)
    except UnpublishedError:
        st.info("The price history is not built yet: `lakehouse build` keeps it.")
        return
    about = "By week: what most lines with a known customer asked. Over all days."
    with card(view, "List price", asked, key="prices", about=about):
        if prices:
            st.echarts_chart(
                product_charts.list_prices(prices, view.covered.days.last),
                height=260,
                alt=f"The list price of {name} over all days",
            )
        else:
            st.caption("No known customer ever bought it, so it has no list price.")


def _partners(view: View, code: str, name: str) -> tuple[int, list[Partner]]:
    asked, baskets, found = products.partners(view.ask, view.chosen, code, PARTNERS)
    about = "In which share of the orders with this product another one is. Click one to see it."
    with card(view, "Bought together", asked, key="partners", about=about):
        if found:
            key = filters.chart_key("partners")
            st.echarts_chart(
                product_charts.bought_with(found, baskets),
                height=26 * len(found) + 10,
                key=key,
                on_select=partial(bar_chosen, key, [each.product_id for each in found]),
                alt=f"What is most often bought with {name}",
            )
        else:
            st.caption("In these days it was bought alone, or not at all.")
    return baskets, found


def _nothing(view: View, code: str) -> str:
    similar = products.similar(view.ask, code)
    with st.container(border=True, width=640):
        st.header(f"There is no product {wording.plain(code)}", anchor=False)
        st.markdown(
            f"Codes that begin alike: {', '.join(map(wording.plain, similar))}."
            if similar
            else "No code begins like that. Words of a name find products by what they are."
        )
    return f"Nothing has the code **{wording.plain(code)}**."


def _back() -> None:
    st.session_state[PRODUCT] = ""
