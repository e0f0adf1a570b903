"""The products page against the shop's order lines, counted in plain Python."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.bi import product_charts
from apps.bi.periods import Period
from apps.bi.queries.products import Partner, Price
from tests.apps import shop_marts
from tests.apps.conftest import Opened
from tests.apps.shop import LAST, PRODUCTS, Line
from tests.apps.test_customers import metrics, sentence

FIRST_OF_28 = LAST - timedelta(27)


def sold(lines: Sequence[Line], country: str | None = None) -> dict[str, list[Line]]:
    """The product lines of the last 28 days."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.is_product and line.day >= FIRST_OF_28 and country in (None, line.country):
            found.setdefault(line.product_id, []).append(line)
    return found


@pytest.mark.parametrize("country", [None, "Norway"])
def test_the_leaderboard_sums_up_the_order_lines(
    open_app: Opened, lines: Sequence[Line], country: str | None
) -> None:
    expected = sold(lines, country)
    narrowed = {"country": country} if country else {}
    app = open_app(page="products", period="28d", **narrowed)
    assert not app.exception
    table = app.dataframe[0].value
    nets = {p: sum((x.net for x in group), Decimal(0)) for p, group in expected.items()}
    assert list(table["code"]) == sorted(nets, key=lambda p: (-nets[p], p))
    assert [Decimal(str(net)) for net in table["net"]] == [nets[p] for p in table["code"]]
    assert list(table["units"]) == [sum(x.quantity for x in expected[p]) for p in table["code"]]
    returns = [-sum(x.net for x in expected[p] if x.is_cancellation) for p in table["code"]]
    assert [Decimal(str(each)) for each in table["returns"]] == returns
    assert f"Of {len(nets)} products" in sentence(app)


@pytest.mark.parametrize(
    ("words", "codes"),
    [("bag", ["85099B"]), ("RED jumbo", ["85099B"]), ("8509", ["85099B"]), ("%", []), ("_", [])],
)
def test_words_find_products(open_app: Opened, words: str, codes: list[str]) -> None:
    app = open_app(page="products", period="All", find=words)
    if codes:
        assert list(app.dataframe[0].value["code"]) == codes
    else:
        assert app.header[0].value.startswith("Nothing is called ")
    assert not app.exception


def test_one_product_has_its_figures_and_partners(open_app: Opened, lines: Sequence[Line]) -> None:
    mine = sold(lines)["22423"]
    app = open_app(page="products", period="28d", product="22423")
    assert not app.exception
    found = metrics(app)
    assert found["Product revenue"] == f"£{sum(x.net for x in mine):,.0f}"
    assert found["Units"] == str(sum(x.quantity for x in mine))
    assert found["List price"] == "£12.75"
    orders = {x.order_id for x in mine if x.sells}
    together = Counter(
        x.product_id for x in lines if x.order_id in orders and x.sells and x.product_id != "22423"
    )
    assert not together  # the shop sells one product an order, and postage is none
    assert f"£{sum(x.net for x in mine):,.2f}" in sentence(app)


def test_a_product_group_holds_the_products_of_that_price(open_app: Opened) -> None:
    app = open_app(page="products", period="All", group="£2 to £5")
    assert list(app.dataframe[0].value["code"]) == ["47566", "85099B"]


def test_a_product_that_does_not_exist_is_named(open_app: Opened) -> None:
    app = open_app(page="products", product="22499")
    assert [h.value for h in app.header] == ["There is no product 22499"]
    assert "22423" in app.markdown[-1].value
    app.button[0].click().run()
    assert len(app.dataframe[0].value) == 4


def test_list_prices_are_a_staircase_up_to_the_last_day() -> None:
    steps = [Price(date(2024, 3, 1), Decimal("8.50")), Price(date(2024, 4, 1), Decimal("12.75"))]
    drawn = product_charts.list_prices(steps, LAST)["dataset"]["source"].to_pydict()
    assert drawn["since"] == ["2024-03-01", "2024-04-01", "2024-05-09"]
    assert drawn["price"] == [8.5, 12.75, 12.75]
    assert drawn["told"][1] == "1 Apr 2024: <b>£12.75</b>"


def test_partners_are_shares_of_the_orders_with_the_product() -> None:
    option = product_charts.bought_with([Partner("A", "RED BAG", 3), Partner("B", "TIN", 1)], 8)
    drawn = option["dataset"]["source"].to_pydict()
    assert drawn["name"] == ["Red Bag", "Tin"]
    assert drawn["label"] == ["37.5%", "12.5%"]


def test_every_day_of_the_period_is_drawn() -> None:
    period = Period(LAST - timedelta(2), LAST)
    rows = [{"order_date": LAST, "net_amount": Decimal("5.00"), "unit_count": 2}]
    drawn = product_charts.sold_per_day(period, rows)["dataset"]["source"].to_pydict()
    assert drawn["net"] == [0, 0, 5]
    assert drawn["told"][2] == "Thu 9 May 2024<br/><b>£5.00</b><br/>2 units"


def test_the_price_history_of_the_shop_is_drawn(open_app: Opened) -> None:
    app = open_app(page="products", product=next(iter(PRODUCTS)))
    assert "List price" in [h.value for h in app.header]
    assert shop_marts.list_prices("22423")[0][1] == Decimal("8.5000")
