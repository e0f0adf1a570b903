"""The recommendations page against the shop's lists and orders."""

from collections.abc import Sequence

import pytest

from apps.bi import wording
from tests.apps import shop_recommendations
from tests.apps.conftest import Opened
from tests.apps.shop import PRODUCTS, Line
from tests.apps.shop_recommendations import KNOWN
from tests.apps.test_customers import sentence


def test_a_customer_s_lists_have_reasons(open_app: Opened, lines: Sequence[Line]) -> None:
    (first, orders), *others = shop_recommendations.bought(lines, KNOWN).most_common()
    last = wording.day(shop_recommendations.last_bought(lines, KNOWN, first).date())
    app = open_app(page="recommendations", customer=f"{KNOWN}.0")
    assert not app.exception
    for_you, discover, again, worth = (each.value for each in app.dataframe)
    assert for_you["product"][0] == wording.title(PRODUCTS[first])
    times = f"{orders} order{'s' if orders > 1 else ''}"
    assert for_you["reason"][0] == f"Bought in {times}, last {last}"
    assert len(again) == 1 + len(others)
    if not others or len(others) < 3:
        assert discover["reason"][0] == f"Because of {wording.title(PRODUCTS[first])}"
    assert f"(bought in {times}, last {last})" in sentence(app)
    assert "**80.0%** of the customers" in sentence(app)
    assert "(75.0% \u2013 85.0%), of the ten most popular 50.0%" in sentence(app)
    assert next(iter(worth["hr"])) == "0.800 (0.750 \u2013 0.850)"
    assert len(worth) == 3


def test_nobody_gets_what_is_popular(open_app: Opened) -> None:
    app = open_app(page="recommendations")
    assert "Whoever is not known is shown what is popular now" in sentence(app)
    assert set(app.dataframe[0].value["reason"]) == {"Popular now"}


def test_a_customer_without_lists_gets_the_fallback(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    other = next(x.customer_id for x in lines if x.customer_id not in (None, KNOWN))
    app = open_app(page="recommendations", customer=other)
    assert f"Customer **{other}** bought nothing that lists could be learned from" in sentence(app)
    assert set(app.dataframe[0].value["reason"]) == {"Popular now"}


@pytest.mark.parametrize("number", ["9'9", "100"])
def test_a_customer_that_does_not_exist_gets_the_fallback(open_app: Opened, number: str) -> None:
    app = open_app(page="recommendations", customer=number)
    assert not app.exception
    assert app.header[0].value == f"There is no customer {number}"
    assert set(app.dataframe[0].value["reason"]) == {"Popular now"}


def test_a_product_has_partners_neighbours_and_an_audience(open_app: Opened) -> None:
    app = open_app(page="recommendations", product="22423")
    partner = sorted(code for code in PRODUCTS if code != "POST")[1]
    name = wording.title(PRODUCTS[partner])
    assert not app.exception
    assert (
        f"goes **{name}**: it is in 25.0% of the orders (12), **3.0 times** as often as by chance"
        in sentence(app)
    )
    assert [next(iter(each.value.iloc[0])) for each in app.dataframe[:3]] == [
        partner,
        partner,
        KNOWN,
    ]


def test_a_product_that_does_not_exist_is_named(open_app: Opened) -> None:
    app = open_app(page="recommendations", product="22499")
    assert "There is no product 22499" in [h.value for h in app.header]
    assert "22423" in "".join(m.value for m in app.markdown)
