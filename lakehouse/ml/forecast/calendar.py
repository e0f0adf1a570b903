"""When the shop trades: learned from its own past, with England's holidays for what is to come."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class TradingCalendar:
    """The days of the week the shop never opens, and its closed days in the past.

    `keeps_holidays` says whether the past has holidays and none of them was traded on; only then
    are coming holidays taken to be closed.
    """

    closed_weekdays: frozenset[int]
    closed_days: frozenset[date]
    last: date
    keeps_holidays: bool

    def is_open(self, day: date) -> bool:
        """Whether the shop traded that day, or will as far as can be told."""
        if day.weekday() in self.closed_weekdays or day in self.closed_days:
            return False
        return day <= self.last or not (self.keeps_holidays and day in holidays(day.year))

    @property
    def week(self) -> int:
        """How many days of the week the shop opens."""
        return 7 - len(self.closed_weekdays)


def learn_calendar(traded: Collection[date], first: date, last: date) -> TradingCalendar:
    """The calendar of a shop that sold something on exactly the days `traded`, from first to last.

    A weekday counts as closed when it was never traded on; less than a week tells nothing.
    """
    days = set(traded)
    span = list(_days(first, last))
    never = frozenset(range(7)) - {day.weekday() for day in days}
    closed_weekdays = never if len(span) >= 7 else frozenset()
    closed = frozenset(d for d in span if d not in days and d.weekday() not in closed_weekdays)
    past = {d for d in span if d in holidays(d.year) and d.weekday() not in closed_weekdays}
    return TradingCalendar(closed_weekdays, closed, last, bool(past) and past <= closed)


def holidays(year: int) -> frozenset[date]:
    """England's bank holidays, Easter Sunday, and the days from Christmas Eve to New Year's Day.

    Source of the rules: Banking and Financial Dealings Act 1971, schedule 1, and the
    proclamation of the early May and New Year holidays.
    """
    easter = easter_sunday(year)
    found = {easter - 2 * ONE_DAY, easter, easter + ONE_DAY}
    found |= set(_days(date(year, 12, 24), date(year, 12, 31)))
    new_year = date(year, 1, 1)
    found |= set(_days(new_year, _not_weekend(new_year)))
    found |= {_monday_from(date(year, month, day)) for month, day in ((5, 1), (5, 25), (8, 25))}
    return frozenset(found)


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _not_weekend(day: date) -> date:
    return day if day.weekday() < 5 else _monday_from(day)


def _days(first: date, last: date) -> Iterator[date]:
    for back in range((last - first).days + 1):
        yield first + timedelta(days=back)
