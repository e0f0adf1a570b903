"""When the shop trades, and how busy it is: weekday, month, hour, holidays.

The shape is that of the UCI Online Retail data: no Saturdays, bank holidays of England, a break
from Christmas Eve to New Year's Day, November at more than twice January.
"""

from datetime import date, timedelta
from functools import lru_cache

import numpy as np

SATURDAY = 5
# Orders per trading day by weekday (Monday first) and month, relative to their mean.
_WEEKDAY = np.array([72.8, 76.4, 78.2, 88.5, 72.7, 0.0, 44.1]) / 72.3
_MONTH = np.array([50.7, 48.9, 61.7, 71.6, 70.2, 64.2, 59.5, 56.1, 76.7, 87.5, 116.2, 82.0]) / 72.3
# Orders by hour of the day.
HOUR_WEIGHTS = np.array(
    [0] * 6 + [1, 29, 570, 1590, 2564, 2500, 3350, 2860, 2560, 2400, 1552, 901, 244, 146, 18, 0, 0]
    + [0], dtype=np.float64
)  # fmt: skip


# No invoice is written later.
CLOSING_MINUTE = 21 * 60 - 1


def is_open(day: date) -> bool:
    """Whether the shop takes orders that day."""
    return day.weekday() != SATURDAY and day not in _holidays(day.year)


def busyness(day: date) -> float:
    """Expected orders of the day, relative to an average trading day; 0 when closed."""
    if not is_open(day):
        return 0.0
    return float(_WEEKDAY[day.weekday()] * _month_weight(day))


def _month_weight(day: date) -> float:
    """The season, straight from the middle of one month to the middle of the next."""
    at = (day.month - 1) + (day.day - 15.5) / 31
    return float(np.interp(at, np.arange(-1, 13), np.r_[_MONTH[-1], _MONTH, _MONTH[0]]))


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    good_friday = _easter(year) - timedelta(days=2)
    closed = {good_friday, good_friday + timedelta(days=2), good_friday + timedelta(days=3)}
    closed |= {date(year, 12, day) for day in range(24, 32)} | {date(year, 1, 1)}
    if date(year, 1, 1).weekday() >= SATURDAY:
        # A New Year's Day at the weekend moves to the Monday; the shop stays shut until then.
        closed |= {date(year, 1, day) for day in range(2, 9 - date(year, 1, 1).weekday())}
    closed |= {_monday_from(date(year, 5, 1)), _monday_from(date(year, 5, 25))}
    return frozenset(closed | {_monday_from(date(year, 8, 25))})


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)
