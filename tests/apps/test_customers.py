"""The customers page against the shop's order lines, counted in plain Python."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries import customers
from apps.bi.retention_chart import retention
from lakehouse.query.published_watch import Watch
from tests.apps import shop_marts
from tests.apps.asking import asker
from tests.apps.conftest import Opened
from tests.apps.shop import FIRST, LAST, Line


def metrics(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def sentence(app: AppTest) -> str:
    (found,) = [m.value for m in app.markdown if "lightbulb" in m.value]
    return str(found)


def ordered(lines: Sequence[Line], first: date, last: date) -> dict[str, set[str]]:
    """The orders of each known customer in some days."""
    orders: dict[str, set[str]] = {}
    for line in lines:
        if line.sells and line.customer_id and first <= line.day <= last:
            orders.setdefault(line.customer_id, set()).add(line.order_id)
    return orders


@pytest.mark.parametrize(("period", "days"), [("28d", 28), ("7d", 7), ("All", 70)])
@pytest.mark.parametrize("country", [None, "United Kingdom"])
def test_the_figures_are_those_of_the_order_lines(
    open_app: Opened, lines: Sequence[Line], period: str, days: int, country: str | None
) -> None:
    chosen = [x for x in lines if country in (None, x.country)]
    first = LAST - timedelta(days - 1)
    orders = ordered(chosen, first, LAST)
    begun = {c: min(x.day for x in lines if x.customer_id == c) for c in orders}
    repeat = [c for c in orders if begun[c] < first or len(orders[c]) > 1]
    net = sum(x.net for x in chosen if x.customer_id in orders and first <= x.day <= LAST)

    app = open_app(page="customers", period=period, **({"country": country} if country else {}))
    assert not app.exception
    found = metrics(app)
    assert found["Customers"] == f"{len(orders):,}"
    assert found["New customers"] == str(sum(1 for day in begun.values() if day >= first))
    rate = Decimal(len(repeat)) / len(orders) * 100
    assert found["Repeat rate"] == (f"{rate:.1f}%" if rate < 99.95 else "100%")
    assert found["Revenue per customer"] == f"£{net / len(orders):.2f}"
    assert f"of the {len(orders):,} customers" in sentence(app)


def test_cohorts_are_those_of_the_mart(shop_watch: Watch, lines: Sequence[Line]) -> None:
    marts = shop_watch.published.marts
    assert marts is not None
    found = customers.cohorts(asker(marts), Filters(Period(FIRST, LAST)))[1]
    expected = {
        (row["cohort_month"], row["months_since"]): row["active_customer_count"]
        for row in shop_marts.cohorts(lines)
    }
    assert expected == {
        (each.month, since): came for each in found for since, came in enumerate(each.active)
    }
    sizes = {row["cohort_month"]: row["customer_count"] for row in shop_marts.cohorts(lines)}
    assert sizes == {each.month: each.size for each in found}


def test_the_heat_map_shows_shares_of_the_cohort() -> None:
    month = date(2024, 3, 1)
    option = retention([customers.Cohort(month, 8, (8, 2, 0)), customers.Cohort(month, 3, (3,))])
    drawn = option["dataset"]["source"].to_pydict()
    assert drawn["since"] == ["1", "2"]
    assert drawn["share"] == [25.0, 0.0]
    assert drawn["told"] == ["2 of 8 (25.0%)", "0 of 8 (0.0%)"]
    assert option["yAxis"]["data"] == ["Mar 2024"]


def test_segments_hold_every_customer_once(open_app: Opened, lines: Sequence[Line]) -> None:
    table = open_app(page="customers", period="All").dataframe[0].value
    expected: dict[str, int] = {}
    for row in shop_marts.segments(lines):
        name = row["segment"].replace("_", " ").capitalize()
        expected[name] = expected.get(name, 0) + 1
    assert dict(zip(table["segment"], table["customers"], strict=True)) == expected


def test_one_customer_has_every_invoice(open_app: Opened, lines: Sequence[Line]) -> None:
    mine = [x for x in lines if x.customer_id == "10003"]
    app = open_app(page="customers", customer="10003")
    assert not app.exception
    table = app.dataframe[0].value
    assert set(table["order"]) == {x.order_id for x in mine}
    assert Decimal(str(sum(table["net"]))).quantize(Decimal("0.01")) == sum(x.net for x in mine)
    assert metrics(app)["Orders"] == str(len({x.order_id for x in mine if x.sells}))
    assert f"{len({x.order_id for x in mine if x.sells})} orders" in sentence(app)
    assert f"£{sum(x.net for x in mine):,.2f}" in sentence(app)


@pytest.mark.parametrize("typed", [" 10003 ", "10003.0"])
def test_a_number_is_found_however_it_was_copied(open_app: Opened, typed: str) -> None:
    assert "Customer **10003**" in sentence(open_app(page="customers", customer=typed))


@pytest.mark.parametrize("typed", ["10099", "'; drop table core.dim_customers; --", "*", "ü"])
def test_a_customer_that_does_not_exist_is_named(open_app: Opened, typed: str) -> None:
    app = open_app(page="customers", customer=typed)
    assert not app.exception
    assert app.header[0].value.startswith("There is no customer ")
    if typed == "10099":
        assert "10000, 10001" in app.markdown[-1].value
    app.button[0].click().run()
    assert "Customers" in metrics(app)
