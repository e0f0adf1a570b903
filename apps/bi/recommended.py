"""The lists of a customer and of nobody, what goes with a product, and what the lists are worth."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from apps.bi import recommended_wording, states, wording
from apps.bi.card import card
from apps.bi.queries import customers, products, recommendations
from apps.bi.queries.recommendations import Pick, Score
from apps.bi.statement import Answer
from apps.bi.view import View

CUSTOMER, PRODUCT = "customer", "product"


def search_boxes() -> tuple[str, str]:
    """Draw the search; returns the customer and the product that are looked for."""
    with st.container(horizontal=True, gap="small"):
        customer = _box(CUSTOMER, "Customer number", "For whom? A customer number")
        product = _box(PRODUCT, "Product code", "Or: what goes with a product code")
    return customer.removesuffix(".0"), product.upper()


def for_customer(view: View, number: str, worth: Sequence[Score]) -> str:
    """Draw the lists of a customer; returns the sentence about them."""
    answer, picks = recommendations.lists(view.ask, number)
    if not picks:
        return _for_a_stranger(view, number)
    for kind, (title, about) in recommended_wording.KINDS.items():
        listed = [each for each in picks if each.kind == kind]
        with card(view, title, answer, key=kind, about=about):
            if listed:
                _ranked(kind, listed, f"{title}: products for customer {number}, best first")
            else:
                st.caption("Nothing that the customer bought is still sold.")
    return recommended_wording.for_customer(number, picks, worth)


def for_nobody(view: View, told: str = "") -> str:
    """Draw what an unknown customer gets; returns the sentence about it."""
    answer, picks = recommendations.popular(view.ask)
    about = "By recent orders, whoever placed them. The fallback for who is not known."
    with card(view, "Popular now", answer, key="popular", about=about):
        _ranked("popular", picks, "What is popular now, for customers who are not known")
    return f"{told}{recommended_wording.for_nobody(picks)}"


def with_product(view: View, code: str) -> str:
    """Draw what goes with a product; returns the sentence about it."""
    _, found = products.product(view.ask, code)
    st.button("Back", on_click=_back, icon=":material/arrow_back:", type="tertiary")
    if found is None:
        return _no_product(view, code)
    name = wording.title(found["description"])
    st.header(f"{wording.plain(name)} · {wording.plain(code)}", anchor=False)
    baskets = recommendations.partners(view.ask, code)
    _beside(
        view,
        "In the same basket",
        baskets,
        "Orders that have both; the share of the product's orders; how many times as often as by "
        "chance. Left out: orders of more than 200 products, and what was taken back within a day.",
    )
    left, right = st.columns([3, 2])
    with left:
        _beside(
            view,
            "Bought by the same customers",
            recommendations.neighbours(view.ask, code),
            "Neighbours by the customers they have in common.",
        )
    with right:
        asked, people = recommendations.audience(view.ask, code)
        about = "Who never bought it and is likeliest to be won for it."
        with card(view, "Whom to tell", asked, key="audience", about=about):
            st.dataframe(
                people,
                column_config=recommended_wording.audience_columns(),
                hide_index=True,
                alt=f"The customers likeliest to be won for {name}",
            )
    return recommended_wording.with_product(name, baskets[1])


def worth_of_lists(view: View) -> list[Score]:
    """Draw what the models are worth; returns the scores."""
    answer, found = recommendations.scores(view.ask)
    about = (
        "On four weeks that were kept from the models, of the customers who bought in them. In "
        "brackets: the 95% interval."
    )
    with card(view, "How good the lists are", answer, key="worth", about=about):
        if found:
            st.dataframe(
                recommended_wording.score_rows(found, recommendations.shipped(view.ask)),
                column_config=recommended_wording.score_columns(),
                hide_index=True,
                alt="How good each list is, against what was popular lately",
            )
            st.caption(f"Judged on {found[0].window.replace('..', ' to ')}.")
        else:
            st.caption("There is too little past to judge by: eight weeks of orders are needed.")
    return found


def _for_a_stranger(view: View, number: str) -> str:
    _, known = customers.customer(view.ask, number)
    shown = wording.plain(number)
    if known is not None:
        return for_nobody(view, recommended_wording.for_a_stranger(number))
    with states.card(f"There is no customer {shown}"):
        similar = customers.similar_numbers(view.ask, number)
        st.markdown(
            f"Numbers that begin alike: {', '.join(map(wording.plain, similar))}."
            if similar
            else "No number begins like that. Orders without a login have no customer."
        )
        st.markdown("Below is the fallback: what somebody unknown is shown.")
    return for_nobody(view, f"Nobody has the number **{shown}**. ")


def _no_product(view: View, code: str) -> str:
    with states.card(f"There is no product {wording.plain(code)}"):
        similar = products.similar(view.ask, code)
        st.markdown(
            f"Codes that begin alike: {', '.join(map(wording.plain, similar))}."
            if similar
            else "No code begins like that."
        )
    return f"Nothing has the code **{wording.plain(code)}**."


def _ranked(key: str, picks: Sequence[Pick], alt: str) -> None:
    st.dataframe(
        recommended_wording.pick_rows(picks),
        column_config=recommended_wording.pick_columns(),
        hide_index=True,
        key=f"list_{key}",
        on_select=partial(_row_chosen, f"list_{key}", [each.product_id for each in picks]),
        selection_mode="single-row",
        alt=alt,
    )


def _beside(view: View, title: str, asked: tuple[Answer, list[dict[str, Any]]], about: str) -> None:
    answer, rows = asked
    key = title.lower().replace(" ", "_")
    with card(view, title, answer, key=key, about=about):
        if not rows:
            st.caption("Too few orders have it beside anything else.")
            return
        drawn = [
            {**row, "description": wording.title(row["description"])}
            | ({"confidence": row["confidence"] * 100} if "confidence" in row else {})
            for row in rows
        ]
        st.dataframe(
            drawn,
            column_config=recommended_wording.beside_columns(),
            hide_index=True,
            key=f"list_{key}",
            on_select=partial(_row_chosen, f"list_{key}", [row["product_id"] for row in rows]),
            selection_mode="single-row",
            alt=title,
        )


def _box(key: str, label: str, hint: str) -> str:
    typed = st.text_input(
        label,
        key=key,
        bind="query-params",
        placeholder=hint,
        label_visibility="collapsed",
        icon=":material/search:",
        width=300,
        max_chars=40,
    )
    return (typed or "").strip()


def _row_chosen(key: str, codes: Sequence[str]) -> None:
    for row in st.session_state[key].selection.rows:
        st.session_state[PRODUCT] = codes[row]


def _back() -> None:
    st.session_state[PRODUCT] = ""
