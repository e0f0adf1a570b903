"""Which days a page is about, and which days it compares them with."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def shifted(self, days: int) -> Self:
        """The same number of days, `days` later."""
        by = timedelta(days)
        return type(self)(self.first + by, self.last + by)

    def within(self, other: "Period") -> bool:
        """Whether every day of this period is one of `other`."""
        return other.first <= self.first and self.last <= other.last


class Preset(StrEnum):
    """The periods that need no calendar; the day counts end on the last day of the data."""

    WEEK = "7d"
    FOUR_WEEKS = "28d"
    QUARTER = "90d"
    HALF_YEAR = "180d"
    ALL = "All"
    CUSTOM = "Custom"


_DAYS = {Preset.WEEK: 7, Preset.FOUR_WEEKS: 28, Preset.QUARTER: 90, Preset.HALF_YEAR: 180}


class Comparison(StrEnum):
    """What a period can be held against."""

    PREVIOUS = "vs previous period"
    YEAR = "vs a year earlier"
    NONE = "No comparison"


# 52 weeks: a Monday is held against a Monday, and a closed Saturday against a closed one.
_YEAR = 364


def preset_period(preset: Preset, data: Period) -> Period:
    """The days that `preset` stands for, in data that covers `data`; never more than those.

    Preset.CUSTOM stands for its starting point, the last 28 days.
    """
    if preset is Preset.ALL:
        return data
    days = _DAYS.get(preset, _DAYS[Preset.FOUR_WEEKS])
    return Period(max(data.first, data.last - timedelta(days - 1)), data.last)


def compared_period(period: Period, comparison: Comparison, data: Period) -> Period | None:
    """The days to compare `period` with, or None when the data does not cover all of them."""
    match comparison:
        case Comparison.PREVIOUS:
            before = period.shifted(-period.days)
        case Comparison.YEAR:
            before = period.shifted(-_YEAR)
        case Comparison.NONE:
            return None
    return before if before.within(data) else None
