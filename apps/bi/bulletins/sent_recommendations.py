"""The recommendations page as it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.bi import recommended_wording, wording
from apps.bi.bulletins.asked_state import State
from apps.bi.bulletins.sheets import Column, Parts, sheet
from apps.bi.queries import customers, products, recommendations
from apps.bi.queries.recommendations import Pick, Score
from apps.bi.recommended_wording import KINDS
from apps.bi.statement import Answer
from lakehouse.errors import ConfigError
from lakehouse.notices.content import Sheet

_SHOWN = 20


def recommended(state: State) -> Parts:
    """A product's partners, a customer's lists, or what is popular; and what lists are worth."""
    asked, worth = recommendations.scores(state.ask)
    if state.wanted.product:
        sentence, sheets = _with_product(state, state.wanted.product.upper())
    elif state.wanted.customer:
        sentence, sheets = _for_customer(state, state.wanted.customer.removesuffix(".0"), worth)
    else:
        sentence, sheets = _for_nobody(state)
    rows = recommended_wording.score_rows(worth, recommendations.shipped(state.ask))
    names = (("List", "list"), ("Hit rate", "hr"), ("NDCG@10", "ndcg"), ("Recall", "recall"))
    columns = [Column(label, [row[name] for row in rows]) for label, name in names]
    return sentence, [*sheets, sheet("How good the lists are", asked, columns, "worth")], ()


def _for_customer(state: State, number: str, worth: Sequence[Score]) -> tuple[str, list[Sheet]]:
    asked, picks = recommendations.lists(state.ask, number)
    if picks:
        sheets = [
            _ranked(title, asked, [each for each in picks if each.kind == kind], kind)
            for kind, (title, _) in KINDS.items()
        ]
        return recommended_wording.for_customer(number, picks, worth), sheets
    _, known = customers.customer(state.ask, number)
    if known is None:
        similar = customers.similar_numbers(state.ask, number)
        hint = f"numbers that begin alike: {', '.join(similar)}" if similar else ""
        raise ConfigError(f"filters.customer: nobody has the number {number!r}", hint=hint)
    sentence, sheets = _for_nobody(state)
    return f"{recommended_wording.for_a_stranger(number)}{sentence}", sheets


def _for_nobody(state: State) -> tuple[str, list[Sheet]]:
    asked, picks = recommendations.popular(state.ask)
    return recommended_wording.for_nobody(picks), [_ranked("Popular now", asked, picks, "popular")]


def _with_product(state: State, code: str) -> tuple[str, list[Sheet]]:
    _, found = products.product(state.ask, code)
    if found is None:
        similar = products.similar(state.ask, code)
        hint = f"codes that begin alike: {', '.join(similar)}" if similar else ""
        raise ConfigError(f"filters.product: there is no product {code!r}", hint=hint)
    name = wording.title(found["description"])
    baskets_asked, baskets = recommendations.partners(state.ask, code)
    alike_asked, alike = recommendations.neighbours(state.ask, code)
    people_asked, people = recommendations.audience(state.ask, code)
    sheets = [
        sheet(
            "In the same basket",
            baskets_asked,
            (
                *_products(baskets),
                Column("Orders", [f"{row['orders_together']:,}" for row in baskets], True),
                Column("Share", [f"{row['confidence'] * 100:.1f}%" for row in baskets], True),
                Column("Times chance", [f"{row['lift']:,.1f}" for row in baskets], True),
            ),
            "baskets",
        ),
        sheet(
            "Bought by the same customers",
            alike_asked,
            (
                *_products(alike),
                Column("Customers", [f"{row['customers_in_common']:,}" for row in alike], True),
            ),
            "neighbours",
        ),
        sheet(
            "Whom to tell",
            people_asked,
            (
                Column("Customer", [row["customer_id"] for row in people]),
                Column("Country", [row["country"] or "" for row in people]),
            ),
            "audience",
        ),
    ]
    return recommended_wording.with_product(name, baskets), sheets


def _ranked(title: str, asked: Answer, picks: Sequence[Pick], file: str) -> Sheet:
    rows = recommended_wording.pick_rows(picks)
    columns = (
        Column("#", [row["rank"] for row in rows], True),
        Column("Product", [row["product"] for row in rows]),
        Column("Why", [row["reason"] for row in rows]),
    )
    return sheet(title, asked, columns, file, shown=_SHOWN)


def _products(rows: Sequence[Mapping[str, Any]]) -> tuple[Column, Column]:
    return (
        Column("Code", [row["product_id"] for row in rows]),
        Column("Product", [wording.title(row["description"]) for row in rows]),
    )
