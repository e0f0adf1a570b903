"""What alerts and reports tell, against sums over the shop's order lines and against the pages."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.bi.bulletins.answering import Answerer, answers
from apps.bi.workbench.desk import Desk
from lakehouse.config import Settings, load_settings
from lakehouse.notices.asking import Answer, Question
from lakehouse.notices.content import Measured, Page
from lakehouse.notices.definitions import Alert, PageFilters, Report
from lakehouse.query.executions.saved import SavedQueries, SavedQuery
from lakehouse.query.published import Marts, open_marts
from tests.apps.conftest import Opened
from tests.apps.shop import LAST, Line

COMMON: dict[str, Any] = {"to": ("a@example.com",)}
BUSINESS = ("overview", "customers", "products")
SINCE = LAST - timedelta(27)  # of the last 28 days


@pytest.fixture(scope="module")
def marts(shop_settings: Settings) -> Iterator[Marts]:
    with closing(open_marts(shop_settings)) as marts:
        yield marts


def asked(settings: Settings, marts: Marts, name: str, **filters: str) -> Answer:
    alert = Alert.model_validate(
        {"kpi": name, "condition": "above", "threshold": 0, "filters": filters, **COMMON}
    )
    return Answerer(Desk.of_owner(settings), lambda: marts).answer(Question(alert=alert))


def figure(settings: Settings, marts: Marts, name: str, **filters: str) -> Measured:
    found = asked(settings, marts, name, **filters)
    assert found.measured is not None, found.refusal
    return found.measured


def sent(settings: Settings, marts: Marts, name: str, **filters: str) -> Page:
    report = Report(
        page=name, schedule="@daily", filters=PageFilters.model_validate(filters), **COMMON
    )
    found = Answerer(Desk.of_owner(settings), lambda: marts).answer(Question(report=report))
    assert found.page is not None, found.refusal
    return found.page


@pytest.mark.parametrize("country", [None, "Norway"])
def test_figures_are_sums_of_the_order_lines(
    shop_settings: Settings, marts: Marts, lines: Sequence[Line], country: str | None
) -> None:
    chosen = [x for x in lines if x.day >= SINCE and country in (None, x.country)]
    filters = {"period": "28d"} | ({"country": country} if country else {})
    net = sum((x.net for x in chosen), Decimal(0))
    orders = len({x.order_id for x in chosen if x.sells})

    found = figure(shop_settings, marts, "overview.net_revenue", **filters)
    assert found.figure.value == net
    assert figure(shop_settings, marts, "overview.orders", **filters).figure.value == orders
    average = figure(shop_settings, marts, "overview.average_order", **filters).figure.value
    assert average == pytest.approx(net / orders)
    earlier = [
        x for x in lines if SINCE - timedelta(28) <= x.day < SINCE and country in (None, x.country)
    ]
    before = sum((x.net for x in earlier), Decimal(0))
    assert found.figure.change == pytest.approx((net / before - 1) * 100)


def test_a_rate_is_in_percent(shop_settings: Settings, marts: Marts, lines: Sequence[Line]) -> None:
    here = [x for x in lines if x.sells and x.customer_id and x.day >= SINCE]
    customers = {x.customer_id for x in here}
    repeated = {
        one
        for one in customers
        if len({x.order_id for x in here if x.customer_id == one}) > 1
        or any(x.sells and x.customer_id == one and x.day < SINCE for x in lines)
    }
    found = figure(shop_settings, marts, "customers.repeat_rate", period="28d").figure
    assert found.value == pytest.approx(Decimal(100 * len(repeated)) / len(customers))
    count = figure(shop_settings, marts, "customers.customers", period="28d").figure
    assert count.value == len(customers)


@pytest.mark.parametrize(
    ("page", "names", "filters"),
    [
        ("overview", "net_revenue orders average_order returns", {"compare": "No comparison"}),
        (
            "overview",
            "product_revenue units average_unit_price returns",
            {"group": "£10 and more", "country": "Norway"},
        ),
        ("customers", "customers new_customers repeat_rate revenue_per_customer", {}),
        ("products", "", {"find": "bag"}),
        ("products", "product_revenue units returns list_price", {"product": "22423"}),
        ("forecast", "next_4_weeks busiest_day backtest_error_wape interval_coverage", {}),
        (
            "forecast",
            "next_2_weeks busiest_week backtest_error_wape interval_coverage",
            {"level": "product_weekly", "series": "22423", "metric": "units", "weeks": "2"},
        ),
        ("recommendations", "", {}),
        ("recommendations", "", {"customer": "10003"}),
        ("recommendations", "", {"product": "22423"}),
    ],
)
def test_a_report_says_what_its_page_says(  # noqa: PLR0917
    open_app: Opened,
    shop_settings: Settings,
    marts: Marts,
    page: str,
    names: str,
    filters: dict[str, str],
) -> None:
    filters |= {"period": "28d"} if page in BUSINESS else {}
    app = open_app(page=page, **filters)
    found = sent(shop_settings, marts, page, **filters)
    assert f":material/lightbulb: {found.sentence}" in [each.value for each in app.markdown]
    assert [each.text for each in found.figures] == [each.value for each in app.metric]
    assert [each.label for each in found.figures] == [each.label for each in app.metric]
    assert [each.name for each in found.figures] == names.split()


def test_a_report_brings_all_rows_and_a_picture(
    shop_settings: Settings, marts: Marts, lines: Sequence[Line]
) -> None:
    found = sent(shop_settings, marts, "overview", period="28d")
    countries = next(each for each in found.sheets if each.title == "Countries")
    rows = {row["country"]: row for row in csv.DictReader(io.StringIO(countries.csv))}
    norway = sum((x.net for x in lines if x.country == "Norway" and x.day >= SINCE), Decimal(0))
    assert Decimal(rows["Norway"]["net_amount"]) == norway
    (picture,) = found.pictures
    assert picture.png.startswith(b"\x89PNG")
    assert "28" not in picture.title
    assert found.moment.path == "?period=28d"


@pytest.mark.parametrize(
    ("name", "filters", "says", "hint"),
    [
        ("overview.revenue", {}, "there is no figure 'revenue'", "net_revenue"),
        ("net_revenue", {}, "names no page", "overview.net_revenue"),
        ("overveiw.orders", {}, "there is no page 'overveiw'", "overview"),
        ("overview.orders", {"country": "Norwy"}, "no country 'Norwy'", "Norway"),
        ("overview.orders", {"period": "3d"}, "no period '3d'", "7d"),
        ("overview.orders", {"product": "22423"}, "has no filter 'product'", "country"),
        ("products.units", {}, "of one product only", "22423"),
        ("products.units", {"product": "224"}, "no product '224'", "22423"),
        ("overview.units", {}, "there is no figure 'units'", "orders"),
        ("forecast.next_4_weeks", {"weeks": "2"}, "no figure 'next_4_weeks'", "next_2_weeks"),
        ("forecast.busiest_day", {"level": "country"}, "no level 'country'", "country_daily"),
        ("forecast.busiest_day", {"level": "country_daily", "series": "Mars"}, "'Mars'", "Norway"),
        ("forecast.busiest_day", {"country": "Norway"}, "no filter 'country'", "level"),
        ("recommendations.orders", {}, "has no figures", "report"),
        ("operations.file", {}, "no figure 'file'", "files"),
        ("operations.files", {"stale": "5"}, "no limit '5'", "'6'"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(  # noqa: PLR0917
    shop_settings: Settings,
    marts: Marts,
    name: str,
    filters: dict[str, str],
    says: str,
    hint: str,
) -> None:
    refusal = asked(shop_settings, marts, name, **filters).refusal
    assert refusal is not None
    assert says in refusal.message
    assert hint in refusal.hint
    assert refusal.exit_code == 2


def test_a_saved_query_is_asked_for_one_number(shop_settings: Settings) -> None:
    saved = SavedQueries(shop_settings.home / "queries" / "saved")
    for name, sql in {
        "norway": "SELECT count(*) FROM core.fct_orders WHERE country = ?",
        "two": "SELECT country, count(*) FROM core.fct_orders GROUP BY 1",
        "nothing": "SELECT cast(null AS double)",
        "broken": "SELECT x FROM core.fct_orders",
    }.items():
        saved.save(SavedQuery(name, sql), replace=True)

    def ask(query: str, *values: str) -> Question:
        given = {"query": query, "values": values, "condition": "above", "threshold": 1}
        return Question(alert=Alert.model_validate(given | COMMON))

    norway, two, nothing, broken, unknown = answers(
        shop_settings, [ask("norway", "'Norway'"), *map(ask, ("two", "nothing", "broken", "gone"))]
    )
    assert norway.measured is not None
    assert norway.measured.figure.value is not None
    assert norway.measured.figure.value > 0
    assert nothing.measured is not None
    assert nothing.measured.figure.value is None
    for refused, says in ((two, "one number"), (broken, ""), (unknown, "norway")):
        assert refused.refusal is not None
        assert refused.refusal.exit_code == 5
        assert says in refused.refusal.hint


def test_an_empty_lake_is_refused(tmp_path: Any) -> None:
    settings = load_settings(folder=tmp_path, environment={})
    report = Report(page="overview", schedule="@daily", **COMMON)
    (found,) = answers(settings, [Question(report=report)])
    assert found.refusal is not None
    assert found.refusal.exit_code == 4
    assert found.refusal.hint
