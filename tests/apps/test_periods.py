from datetime import date

import pytest

from apps.bi.periods import Comparison, Period, Preset, compared_period, preset_period

DATA = Period(date(2010, 12, 1), date(2011, 12, 9))


@pytest.mark.parametrize(
    ("preset", "first"),
    [
        (Preset.WEEK, date(2011, 12, 3)),
        (Preset.FOUR_WEEKS, date(2011, 11, 12)),
        (Preset.QUARTER, date(2011, 9, 11)),
        (Preset.HALF_YEAR, date(2011, 6, 13)),
        (Preset.ALL, date(2010, 12, 1)),
        (Preset.CUSTOM, date(2011, 11, 12)),
    ],
)
def test_a_preset_ends_on_the_last_day_of_the_data(preset: Preset, first: date) -> None:
    assert preset_period(preset, DATA) == Period(first, DATA.last)


def test_a_preset_never_begins_before_the_data() -> None:
    week = Period(date(2011, 12, 7), date(2011, 12, 9))
    assert preset_period(Preset.QUARTER, week) == week


def test_the_previous_period_is_as_long_and_ends_the_day_before() -> None:
    period = Period(date(2011, 9, 11), date(2011, 12, 9))
    before = compared_period(period, Comparison.PREVIOUS, DATA)
    assert before == Period(date(2011, 6, 13), date(2011, 9, 10))
    assert before.days == period.days == 90


def test_a_year_earlier_falls_on_the_same_weekdays() -> None:
    period = Period(date(2011, 12, 5), date(2011, 12, 9))
    before = compared_period(period, Comparison.YEAR, DATA)
    assert before == Period(date(2010, 12, 6), date(2010, 12, 10))
    assert before.first.isoweekday() == period.first.isoweekday()


def test_days_that_the_data_does_not_cover_are_not_compared_with() -> None:
    # The day before 2 December is the first of the data, the one before that is not in it.
    assert compared_period(
        Period(date(2010, 12, 2), date(2010, 12, 2)), Comparison.PREVIOUS, DATA
    ) == Period(date(2010, 12, 1), date(2010, 12, 1))
    two_days = Period(date(2010, 12, 2), date(2010, 12, 3))
    assert compared_period(two_days, Comparison.PREVIOUS, DATA) is None
    assert compared_period(DATA, Comparison.PREVIOUS, DATA) is None
    assert compared_period(DATA, Comparison.YEAR, DATA) is None


def test_no_comparison_is_none() -> None:
    assert compared_period(Period(DATA.last, DATA.last), Comparison.NONE, DATA) is None
