"""The figures of the page against sums over the shop's order lines, made in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

from tests.apps import shop_marts
from tests.apps.conftest import Opened
from tests.apps.shop import FIRST, LAST, PRODUCTS, Line


class Sums(NamedTuple):
    net: Decimal
    orders: int
    returns: Decimal


def sums(lines: Sequence[Line], first: date, last: date, country: str | None = None) -> Sums:
    """What the four figures must be made of."""
    chosen = [x for x in lines if first <= x.day <= last and country in (None, x.country)]
    return Sums(
        sum((x.net for x in chosen), Decimal(0)),
        len({x.order_id for x in chosen if x.sells}),
        sum((-x.net for x in chosen if x.is_cancellation), Decimal(0)),
    )


def metric(app: AppTest, label: str) -> tuple[str, str, str]:
    """Value, change and explanation of one figure."""
    (found,) = [m for m in app.metric if m.label == label]
    return found.value, found.delta, found.proto.help


def days_back(days: int) -> tuple[date, date]:
    return LAST - timedelta(days - 1), LAST


@pytest.mark.parametrize(
    ("period", "days", "country"),
    [
        ("7d", 7, None),
        ("28d", 28, None),
        ("28d", 28, "Norway"),
        ("90d", 70, "France"),
        ("All", 70, None),
    ],
)
def test_the_figures_are_the_sums_of_the_order_lines(
    open_app: Opened, lines: Sequence[Line], period: str, days: int, country: str | None
) -> None:
    parameters = {"period": period} | ({"country": country} if country else {})
    app = open_app(**parameters)
    expected = sums(lines, *days_back(days), country)

    assert f"**£{expected.net:,.2f}**" in metric(app, "Net revenue")[2]
    assert metric(app, "Orders")[0] == f"{expected.orders:,}"
    assert metric(app, "Average order")[0] == f"£{expected.net / expected.orders:.2f}"
    assert f"**£{expected.returns:,.2f}**" in metric(app, "Returns")[2]


def test_the_changes_are_against_the_days_before(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app(period="28d")
    now = sums(lines, *days_back(28))
    before = sums(lines, LAST - timedelta(55), LAST - timedelta(28))

    assert metric(app, "Net revenue")[1] == f"{(now.net / before.net - 1) * 100:+.1f}%"
    assert metric(app, "Orders")[1] == f"{(now.orders / before.orders - 1) * 100:+.1f}%"
    rate = (now.net / now.orders) / (before.net / before.orders) - 1
    assert metric(app, "Average order")[1] == f"{rate * 100:+.1f}%"
    assert metric(app, "Returns")[1] == f"{(now.returns / before.returns - 1) * 100:+.1f}%"
    assert _dates(app) == "**12 Apr \u2013 9 May 2024**, compared with 15 Mar \u2013 11 Apr 2024"


def test_the_whole_of_the_data_is_compared_with_nothing(open_app: Opened) -> None:
    app = open_app(period="All")
    assert [m.delta for m in app.metric] == ["", "", "", ""]
    assert _dates(app) == (
        "**1 Mar \u2013 9 May 2024**, compared with nothing: the data begins on 1 Mar 2024"
    )


def test_the_sentence_names_the_countries_that_moved_it(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    app = open_app(period="28d")
    now, before = days_back(28), (LAST - timedelta(55), LAST - timedelta(28))
    gain = sums(lines, *now).net - sums(lines, *before).net
    gains = {
        country: sums(lines, *now, country).net - sums(lines, *before, country).net
        for country in ("United Kingdom", "France", "Norway")
    }
    with_it = sorted((c for c in gains if gains[c] * gain > 0), key=lambda c: -abs(gains[c]))

    sentence = _sentence(app)
    assert f"**{'up' if gain > 0 else 'down'} " in sentence
    assert [c for c in gains if c in sentence] == [c for c in gains if c in with_it[:2]]
    assert sentence.index(with_it[0]) > sentence.index("led by")
    assert f"£{abs(gains[with_it[0]]):,.0f}" in sentence or (
        f"£{abs(gains[with_it[0]]):,.2f}" in sentence
    )


def test_top_products_are_the_best_sellers_without_services(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    app = open_app(period="28d", country="United Kingdom")
    first, last = days_back(28)
    net: defaultdict[str, Decimal] = defaultdict(Decimal)
    units: Counter[str] = Counter()
    for line in lines:
        if first <= line.day <= last and line.country == "United Kingdom":
            net[line.product_id] += line.net
            units[line.product_id] += line.quantity
    best = sorted((p for p in net if p != "POST"), key=lambda p: (-net[p], p))

    table = app.dataframe[0].value
    assert [name.upper() for name in table["product"]] == [PRODUCTS[p] for p in best]
    assert [Decimal(str(value)) for value in table["net"]] == [net[p] for p in best]
    assert list(table["units"]) == [units[p] for p in best]
    for trend, value in zip(table["trend"], table["net"], strict=True):
        assert len(trend) == 28
        assert sum(trend) == pytest.approx(value)


def test_what_the_page_is_about_stands_on_it(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app()
    last = max(line.ordered_at for line in lines)
    freshness, origin = (caption.value for caption in app.caption[:2])
    assert freshness == f"Data through **Thu 9 May 2024, {last:%H:%M}**"
    for table in ("core.fct_order_lines", "reports.rpt_daily_sales"):
        assert table in origin


def test_a_filter_changes_the_page(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app(period="28d")
    app.selectbox(key="country").set_value("Norway").run()
    assert metric(app, "Orders")[0] == str(sums(lines, *days_back(28), "Norway").orders)

    app.get_by_key("period").set_value("7d").run()
    assert metric(app, "Orders")[0] == str(sums(lines, *days_back(7), "Norway").orders)

    app.selectbox(key="compare").set_value("No comparison").run()
    assert metric(app, "Orders")[1] == ""

    app.get_by_key("period").set_value("Custom").run()
    app.date_input(key="days").set_value((FIRST, FIRST + timedelta(9))).run()
    expected = sums(lines, FIRST, FIRST + timedelta(9), "Norway")
    assert metric(app, "Orders")[0] == str(expected.orders)
    assert not app.exception


def test_a_link_opens_the_same_page(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app(
        period="Custom",
        days=["2024-04-01", "2024-04-10"],
        country="United Kingdom",
        compare="No comparison",
    )
    expected = sums(lines, date(2024, 4, 1), date(2024, 4, 10), "United Kingdom")
    assert metric(app, "Orders")[0] == str(expected.orders)
    assert _dates(app) == "**1 \u2013 10 Apr 2024**"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"period": "a fortnight", "country": "Atlantis", "compare": "1999"},
        {"period": "Custom", "days": ["1066-10-14", "2024-04-10"]},
        {"period": "Custom", "days": ["then", "now"]},
        {"period": "", "country": "", "compare": ""},
        {"country": "'; drop table daily_sales; --"},
    ],
)
def test_nonsense_in_a_link_counts_as_not_given(
    open_app: Opened, lines: Sequence[Line], nonsense: dict[str, str | list[str]]
) -> None:
    app = open_app(**nonsense)
    assert not app.exception
    days = 28 if nonsense.get("period") == "Custom" else 70
    assert metric(app, "Orders")[0] == str(sums(lines, *days_back(days)).orders)


@pytest.mark.parametrize(
    ("nonsense", "told"),
    [
        ({"country": "Atlantis"}, "no country called **Atlantis**"),
        ({"segment": "*whales*"}, r"no segment called **\*whales\***"),
        ({"group": "free"}, "no product group called **free**"),
        ({"period": "a fortnight"}, "no period called **a fortnight**"),
        ({"period": "Custom", "days": ["1066-10-14", "2024-04-10"]}, "is no day that the data"),
    ],
)
def test_nonsense_in_a_link_is_named(
    open_app: Opened, nonsense: dict[str, str | list[str]], told: str
) -> None:
    (warning,) = open_app(**nonsense).warning
    assert told in warning.value


def test_segments_and_groups_are_the_sums_of_their_lines(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    of = {row["customer_id"]: row["segment"] for row in shop_marts.segments(lines)}
    app = open_app(period="All", segment="Champions")
    mine = [x for x in lines if of.get(str(x.customer_id)) == "champions"]
    assert f"**£{sum(x.net for x in mine):,.2f}**" in metric(app, "Net revenue")[2]
    assert metric(app, "Orders")[0] == str(len({x.order_id for x in mine if x.sells}))

    app = open_app(period="All", segment="No segment", group="Under £1")
    nobody = [x for x in lines if str(x.customer_id) not in of and x.product_id == "23084"]
    assert f"**£{sum(x.net for x in nobody):,.2f}**" in metric(app, "Product revenue")[2]
    assert metric(app, "Units")[0] == str(sum(x.quantity for x in nobody))


def test_days_in_the_wrong_order_are_put_right(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app(period="Custom", days=["2024-04-10", "2024-04-01"])
    expected = sums(lines, date(2024, 4, 1), date(2024, 4, 10))
    assert metric(app, "Orders")[0] == str(expected.orders)


def test_days_without_sales_say_so_and_offer_the_way_out(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    app = open_app(period="7d", country="France")
    assert [h.value for h in app.header] == ["No sales \u00b7 France, 3 \u2013 9 May 2024"]
    assert not app.metric

    app.button[0].click().run()
    assert metric(app, "Orders")[0] == str(sums(lines, FIRST, LAST).orders)


def _dates(app: AppTest) -> str:
    return str(app.caption[3].value)


def _sentence(app: AppTest) -> str:
    (sentence,) = [m.value for m in app.markdown if "lightbulb" in m.value]
    return str(sentence)
