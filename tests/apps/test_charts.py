"""What the charts draw and say, on the shop and on figures small enough to see through."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from apps.bi import charts
from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries import sales
from apps.bi.queries.sales import Seller
from apps.bi.statement import Answer, Ask
from lakehouse.query.published_watch import Watch
from tests.apps.shop import FIRST, LAST, Line

NOON = datetime(2024, 5, 9, 12, 50)  # noqa: DTZ001 - logs carry no zone


@pytest.fixture(scope="module")
def ask(shop_watch: Watch) -> Ask:
    marts = shop_watch.published.marts
    assert marts is not None
    return lambda statement: Answer(statement, marts.query(statement.sql, statement.parameters))


def sold_in(ask: Ask, period: Period, country: str | None = None) -> list[sales.Day]:
    return sales.daily(ask, Filters(period, country=country), period)[1]


def every_day(ask: Ask, period: Period, country: str | None = None) -> pa.Table:
    trading = sales.open_days(ask, period)
    return sales.every_day(period, sold_in(ask, period, country), trading, FIRST)


def drawn(option: dict[str, Any]) -> dict[str, list[Any]]:
    """The columns of what a chart draws."""
    columns: dict[str, list[Any]] = option["dataset"]["source"].to_pydict()
    return columns


def net_of(lines: Sequence[Line], day: date, country: str | None = None) -> Decimal:
    return sum((x.net for x in lines if x.day == day and country in (None, x.country)), Decimal(0))


def test_every_day_is_drawn_and_closed_ones_are_zero(ask: Ask, lines: Sequence[Line]) -> None:
    period = Period(LAST - timedelta(13), LAST)
    option = charts.revenue_per_day(every_day(ask, period), None, None, NOON)
    columns = drawn(option)

    days = [period.first + timedelta(n) for n in range(14)]
    assert columns["day"] == [day.isoformat() for day in days]
    assert columns["net"][:-1] == [float(net_of(lines, day)) for day in days[:-1]]
    sunday = days.index(date(2024, 5, 5))
    assert columns["net"][sunday] == 0
    assert columns["when"][sunday] == "Sun 5 May 2024, closed"
    assert columns["amount"][sunday] == "£0.00"
    assert columns["when"][0] == "Fri 26 Apr 2024"


def test_a_day_without_sales_in_one_country_is_not_closed(ask: Ask) -> None:
    period = Period(LAST - timedelta(6), LAST)
    columns = drawn(charts.revenue_per_day(every_day(ask, period, "France"), None, None, NOON))
    assert columns["amount"] == ["£0.00"] * 7
    assert [when for when in columns["when"] if "closed" in when] == ["Sun 5 May 2024, closed"]


def test_the_last_day_is_drawn_apart_as_unfinished(ask: Ask, lines: Sequence[Line]) -> None:
    period = Period(LAST - timedelta(6), LAST)
    option = charts.revenue_per_day(every_day(ask, period), None, None, NOON)
    columns = drawn(option)
    assert columns["net"][-1] is None
    assert columns["so_far"] == [None] * 6 + [float(net_of(lines, LAST))]
    assert columns["when"][-1] == "Thu 9 May 2024, until 12:50"
    assert [one["name"] for one in option["series"]] == ["Net revenue", "9 May until 12:50"]


def test_days_that_are_over_are_all_alike(ask: Ask) -> None:
    period = Period(FIRST, FIRST + timedelta(6))
    option = charts.revenue_per_day(every_day(ask, period), None, None, NOON)
    assert [one["name"] for one in option["series"]] == ["Net revenue"]


def test_a_long_period_has_the_average_of_seven_days(ask: Ask, lines: Sequence[Line]) -> None:
    option = charts.revenue_per_day(every_day(ask, Period(FIRST, LAST)), None, None, NOON)
    averages = drawn(option)["average"]
    assert averages[:6] == [None] * 6
    for end in (6, 30, 69):
        week = [net_of(lines, FIRST + timedelta(end - back)) for back in range(7)]
        assert averages[end] == pytest.approx(float(sum(week) / 7))
    assert "7-day average" in [one["name"] for one in option["series"]]


def test_the_period_compared_with_is_drawn_day_by_day(ask: Ask, lines: Sequence[Line]) -> None:
    now = Period(LAST - timedelta(6), LAST)
    before = now.shifted(-7)
    option = charts.revenue_per_day(every_day(ask, now), every_day(ask, before), before, NOON)
    columns = drawn(option)
    days = [before.first + timedelta(n) for n in range(7)]
    assert columns["against"] == [float(net_of(lines, day)) for day in days]
    assert columns["earlier"][0] == f"Fri 26 Apr 2024: £{net_of(lines, days[0]):,.2f}"
    assert option["series"][-1]["name"] == "26 Apr \u2013 2 May 2024"
    assert "{@earlier}" in option["tooltip"]["formatter"]


def _seller(name: str, net: str, before: str = "0") -> Seller:
    return Seller(name, Decimal(net), Decimal(before))


SELLERS = [_seller("United Kingdom", "750", "500"), _seller("France", "200"), _seller("EIRE", "50")]


def test_countries_say_their_share_of_all() -> None:
    columns = drawn(charts.leaderboard(SELLERS, None))
    assert columns["label"] == ["£750.00 · 75.0%", "£200.00 · 20.0%", "£50.00 · 5.0%"]
    assert columns["change"] == ["+50.0%", "", ""]
    assert columns["chosen"] == [750, 200, 50]
    assert columns["others"] == [None, None, None]


def test_the_country_that_was_chosen_stands_out_and_the_shares_stay() -> None:
    columns = drawn(charts.leaderboard(SELLERS, "France"))
    assert columns["chosen"] == [None, 200, None]
    assert columns["others"] == [750, None, 50]
    assert columns["label"][1] == "£200.00 · 20.0%"


def test_many_countries_end_in_one_row_that_sums_up_the_others() -> None:
    short = sales.shortened(SELLERS, 1, None)
    assert short == [SELLERS[0], _seller("2 others", "250")]
    assert sales.shortened(SELLERS, 2, None) == SELLERS


def test_the_country_that_was_chosen_is_always_among_those_shown() -> None:
    assert sales.shortened(SELLERS, 1, "EIRE") == [SELLERS[2], _seller("2 others", "950", "500")]
    assert sales.shortened(SELLERS, 1, "United Kingdom")[0] == SELLERS[0]


def test_a_sparkline_shows_gaps_as_gaps() -> None:
    option = charts.sparkline([("Mon", Decimal("1.5"), "£1.50"), ("Tue", None, "\u2013")])
    assert drawn(option) == {
        "when": ["Mon", "Tue"],
        "figure": [1.5, None],
        "text": ["£1.50", "\u2013"],
    }
    assert drawn(charts.sparkline([])) == {"when": [], "figure": [], "text": []}


def steps(ask: Ask, period: Period) -> list[sales.Step]:
    return sales.steps(period, sold_in(ask, period))


def test_steps_are_days_or_whole_weeks_that_end_with_the_period(
    ask: Ask, lines: Sequence[Line]
) -> None:
    week = steps(ask, Period(LAST - timedelta(6), LAST))
    assert [step.days.last for step in week] == [LAST - timedelta(n) for n in range(6, -1, -1)]
    assert [step.net for step in week] == [net_of(lines, step.days.last) for step in week]

    weeks = steps(ask, Period(LAST - timedelta(39), LAST))
    assert [step.days.days for step in weeks] == [7] * 5
    assert weeks[-1].days == Period(LAST - timedelta(6), LAST)
    assert weeks[-1].net == sum(step.net for step in week)
    assert weeks[0].days.first == LAST - timedelta(34)
