"""Products: what sells, what is it worth, and what goes with it."""

from functools import partial

import streamlit as st

from apps.bi import filters, insight, product_search, states, tables, wording
from apps.bi.card import card
from apps.bi.queries import products
from apps.bi.view import view

SHOWN = 200

this = view()
chosen = this.chosen
span = wording.span(chosen.period)

code, words = product_search.search_boxes()
if code:
    this.say(product_search.show(this, code))
    st.stop()
asked, found = products.sold(this.ask, chosen, words)
if not found and words:
    states.no_product_named(words)
    st.stop()
if not found:
    states.no_sales(chosen, this.covered)
    st.stop()
this.say(insight.products(found, words))

about = "By product revenue. Choose one to see its history, its prices and what goes with it."
with card(this, f"{len(found):,} products", asked, key="leaderboard", about=about):
    shown = found[:SHOWN]
    key = filters.chart_key("leaderboard")
    st.dataframe(
        tables.sold_rows(shown, compared=chosen.before is not None),
        column_config=tables.sold_columns(shown),
        hide_index=True,
        height=620,
        placeholder="new",
        key=key,
        on_select=partial(product_search.row_chosen, key, [each.product_id for each in shown]),
        selection_mode="single-row",
        alt=f"Products by product revenue, {span}",
    )
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN}; the files behind SQL hold all of them.")
