from datetime import date
from decimal import Decimal

import pytest

from apps.bi import insight
from apps.bi.queries.customers import Buyers, Cohort
from apps.bi.queries.sales import Seller, Totals


def _totals(net: int, days: int = 1) -> Totals:
    return Totals(Decimal(net), Decimal(net), Decimal(0), orders=1, units=1, days_with_sales=days)


def _seller(name: str, net: int, before: int) -> Seller:
    return Seller(name, Decimal(net), Decimal(before))


FRANCE, NORWAY = _seller("France", 900, 500), _seller("Norway", 40, 90)
SPAIN, EIRE = _seller("Spain", 60, 10), _seller("EIRE", 20, 15)


def test_a_rise_names_the_two_that_rose_most() -> None:
    sentence = insight.compared(_totals(1020), _totals(615), [NORWAY, EIRE, SPAIN, FRANCE])
    assert sentence == (
        "Net revenue is **up 65.9%** (+£405.00), "
        "led by **France** (+£400.00) and **Spain** (+£50.00)."
    )


def test_a_fall_names_those_that_fell() -> None:
    sentence = insight.compared(_totals(90), _totals(100), [NORWAY, SPAIN])
    assert sentence == (
        "Net revenue is **down 10.0%** (\u2212£10.00), led by **Norway** (\u2212£50.00)."
    )


def test_a_rise_from_nothing_has_no_percentage() -> None:
    sentence = insight.compared(_totals(900), _totals(0), [_seller("France", 900, 0)])
    assert sentence == "Net revenue is **up £900.00**, led by **France** (+£900.00)."


def test_what_did_not_change_says_so() -> None:
    assert insight.compared(_totals(5), _totals(5), [FRANCE]) == (
        "Net revenue is **unchanged** at £5.00."
    )


def test_without_a_comparison_it_tells_the_rate_and_the_best() -> None:
    assert insight.alone(_totals(1200, days=8), [NORWAY, FRANCE]) == (
        "Net revenue is **£150.00 a day** over 8 days with sales; "
        "**France** brought the most, 75.0% of it."
    )
    assert insight.alone(_totals(40), [NORWAY]).startswith(
        "Net revenue is **£40.00 a day** over 1 day with sales; **Norway**"
    )


def test_nobody_is_best_at_losing() -> None:
    assert insight.alone(_totals(-30), [_seller("EIRE", -30, 0)]) == (
        "Net revenue is **\u2212£30.00 a day** over 1 day with sales."
    )


def test_names_from_the_data_are_plain_text() -> None:
    sentence = insight.compared(_totals(2), _totals(1), [_seller("*SALE* [5]", 2, 1)])
    assert r"**\*Sale\* \[5\]**" in sentence


@pytest.mark.parametrize(
    ("until", "share"), [(date(2024, 5, 9), "50.0%"), (date(2024, 5, 31), "30.0%")]
)
def test_who_still_may_come_back_is_not_said_to_stay_away(until: date, share: str) -> None:
    now = Buyers(customers=20, new=20, repeat=6, orders=26, amount=Decimal(26))
    cohorts = [Cohort(date(2024, 3, 1), 10, (10, 5, 0)), Cohort(date(2024, 4, 1), 10, (10, 1))]
    assert f"**{share}** of new ones" in insight.customers(now, cohorts, [], until)
