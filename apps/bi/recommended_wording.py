"""How recommendations read: reasons, sentences, and the rows of the tables."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from apps.bi import wording
from apps.bi.queries.recommendations import Pick, Score

# Which scores a kind of list is judged by: with what was bought before, or without.
_JUDGED = {"for_you": "all", "buy_again": "all", "discover": "new"}
# The lists of a customer: their titles, and what they are for.
KINDS: Mapping[str, tuple[str, str]] = {
    "for_you": ("For you", "What the customer will most likely buy next, known or new."),
    "discover": ("Discover", "What the customer never bought, and why it may please."),
    "buy_again": ("Buy again", "What the customer comes back for."),
}


def reason(pick: Pick) -> str:
    """Why a product is on the list."""
    if pick.kind == "popular":
        return "Popular now"
    if pick.orders:
        times = f"{pick.orders:,} order{'' if pick.orders == 1 else 's'}"
        last = "" if pick.last is None else f", last {wording.day(pick.last)}"
        return f"Bought in {times}{last}"
    if pick.because is not None:
        return f"Because of {wording.title(pick.because)}"
    return "Goes with what was bought" if pick.kind == "for_you" else "Popular, to fill the list"


def for_customer(number: str, picks: Sequence[Pick], worth: Sequence[Score]) -> str:
    """One sentence of Markdown: the first of the list, why, and what such lists are worth."""
    first = next((pick for pick in picks if pick.kind == "for_you"), picks[0])
    why = reason(first)
    told = (
        f"Customer **{wording.plain(number)}** should see "
        f"**{wording.plain(wording.title(first.name))}** first "
        f"({wording.plain(why[0].lower() + why[1:])})"
    )
    hit = next((s for s in worth if s.name == "hr@10" and s.scope == "all"), None)
    if hit is None:
        return f"{told}."
    # The best of those that are shown: they are sorted.
    return (
        f"{told}; of such ten, **{_share(hit.value)}** of the customers bought one within four "
        f"weeks ({_share(hit.low)} {wording.DASH} {_share(hit.high)}), of the ten most popular "
        f"{_share(hit.baseline_value)}."
    )


def for_a_stranger(number: str) -> str:
    """What goes before the fallback for a customer of whom nothing is known but the number."""
    return (
        f"Customer **{wording.plain(number)}** bought nothing that lists could be learned from, "
        "and gets what everybody unknown gets. "
    )


def for_nobody(picks: Sequence[Pick]) -> str:
    """One sentence of Markdown on the fallback."""
    if not picks:
        return "There is no list yet for customers who are not known."
    first = wording.plain(wording.title(picks[0].name))
    return f"Whoever is not known is shown what is popular now, **{first}** first."


def with_product(name: str, baskets: Sequence[Mapping[str, Any]]) -> str:
    """One sentence of Markdown: the product's first partner."""
    shown = wording.plain(name)
    if not baskets:
        return f"**{shown}** has too few orders to say what goes with it."
    best = baskets[0]
    partner = wording.plain(wording.title(best["description"]))
    return (
        f"With **{shown}** goes **{partner}**: it is in {_share(best['confidence'])} of the orders "
        f"({best['orders_together']:,}), **{best['lift']:,.1f} times** as often as by chance."
    )


def pick_rows(picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """One row a product: rank, product, reason."""
    return [
        {"rank": str(each.rank), "product": wording.title(each.name), "reason": reason(each)}
        for each in picks
    ]


def pick_columns() -> dict[str, Any]:
    """How the columns of `pick_rows` look."""
    column = st.column_config
    return {
        "rank": column.TextColumn("#", width=35, alignment="right"),
        "product": column.TextColumn("Product", width=260),
        "reason": column.TextColumn("Why", width=330),
    }


def beside_columns() -> dict[str, Any]:
    """How the columns of a product's partners and neighbours look."""
    column = st.column_config
    return {
        "product_id": column.TextColumn("Code", width=65),
        "description": column.TextColumn("Product", width=195),
        "orders_together": column.NumberColumn("Orders", format="localized", width=60),
        "confidence": column.NumberColumn("Share", format="%.1f%%", width=65),
        "lift": column.NumberColumn("Times chance", format="%.1f", width=85),
        "customers_in_common": column.NumberColumn("Customers", format="localized", width=75),
        "similarity": column.NumberColumn("Similarity", format="%.3f", width=70),
    }


def audience_columns() -> dict[str, Any]:
    """How the columns of a product's audience look."""
    column = st.column_config
    return {
        "customer_id": column.TextColumn("Customer", width=75),
        "country": column.TextColumn("Country", width=110),
        "order_count": column.NumberColumn("Orders", format="localized", width=60),
        "score": column.NumberColumn("Score", format="%.3f", width=60),
    }


def score_rows(found: Sequence[Score], shipped: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a list: its scores with their intervals, and those of what was popular lately."""
    rows = []
    for kind, scope in _JUDGED.items():
        mine = {s.name: s for s in found if (s.model, s.scope) == (shipped.get(kind), scope)}
        if not mine:
            continue
        judged = "all products" if scope == "all" else "new products"
        rows.append(
            {
                "list": f"{KINDS[kind][0]}, {judged}",
                **{name: _told(mine.get(f"{name}@10")) for name in ("hr", "ndcg", "recall")},
                "popular": f"{mine['ndcg@10'].baseline_value:.3f}" if "ndcg@10" in mine else "",
            }
        )
    return rows


def score_columns() -> dict[str, Any]:
    """How the columns of `score_rows` look."""
    column = st.column_config
    return {
        "list": column.TextColumn("List", width=190),
        "hr": column.TextColumn("Hit rate", help="Customers who bought one of the ten."),
        "ndcg": column.TextColumn("NDCG@10", help="1: what was bought stood first on the list."),
        "recall": column.TextColumn("Recall", help="How much of what was bought was listed."),
        "popular": column.TextColumn("NDCG of popular", help="What was popular lately."),
    }


def _told(score: Score | None) -> str:
    if score is None:
        return wording.DASH
    return f"{score.value:.3f} ({score.low:.3f} {wording.DASH} {score.high:.3f})"


def _share(fraction: float) -> str:
    return wording.percent(Decimal(fraction))
