"""Who buys: each year brings new customers, who come back at their own pace until they leave.

Fitted to the UCI Online Retail data: orders per customer in a year (median 2, 99 % under 30),
the share that comes back (65 %), and what a customer keeps from order to order.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from ingest.generator.draws import Floats, Ints, Purpose, pick, stream
from ingest.generator.seasons import busyness

FIRST_NUMBER = 12_346
# A year's new customers per order of an average day; so the shop grows with its orders.
_NEW_A_YEAR = 22.5
_YEARS_KEPT = 5
_FIRST_YEAR = 1990
_ONE_TIMERS = 0.05
_MEAN_STAY = 1_400.0  # days
_PACE_SIGMA = 1.15

COUNTRIES = (
    *("United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium"),
    *("Switzerland", "Portugal", "Australia", "Norway", "Italy", "Channel Islands", "Finland"),
    *("Cyprus", "Sweden", "Austria", "Denmark", "Japan", "Poland", "USA", "Unspecified"),
)
HOME, IRELAND = 0, 3
_COUNTRY_WEIGHTS = np.cumsum(
    [3816, 104, 97, 17, 32, 18, 25, 21, 19, 12, 11, 14, 10, 12, 9, 9, 11, 9, 8, 7, 6, 5]
).astype(np.float64)


@dataclass(frozen=True)
class Customers:
    """Customers of some years; arrays are parallel, days are proleptic ordinals.

    `pace` is how often one orders relative to others; `size` and `bulk` are what one adds to the
    logarithm of the lines of an order and of the quantity on a line.
    """

    key: Ints
    joined: Ints
    left: Ints
    pace: Floats
    country: Ints
    size: Floats
    bulk: Floats

    def returning(self, random: np.random.Generator, monday: int, orders: int) -> Ints:
        """Who places each of `orders` later orders of a week, as positions."""
        here = (self.joined < monday) & (monday <= self.left)
        return pick(random, np.cumsum(np.where(here, self.pace, 0.0)), orders)


def new_customers_a_year(orders_per_day: float) -> int:
    """How many people place their first order in a year."""
    return max(1, round(_NEW_A_YEAR * orders_per_day))


@lru_cache(maxsize=8)
def customers_of(seed: int, orders_per_day: float, year: int) -> Customers:
    """Everybody who may order in a year: its own new customers and those of the years before."""
    cohorts = [_cohort(seed, orders_per_day, y) for y in range(year - _YEARS_KEPT, year + 1)]
    return Customers(
        key=np.concatenate([cohort.key for cohort in cohorts]),
        joined=np.concatenate([cohort.joined for cohort in cohorts]),
        left=np.concatenate([cohort.left for cohort in cohorts]),
        pace=np.concatenate([cohort.pace for cohort in cohorts]),
        country=np.concatenate([cohort.country for cohort in cohorts]),
        size=np.concatenate([cohort.size for cohort in cohorts]),
        bulk=np.concatenate([cohort.bulk for cohort in cohorts]),
    )


@lru_cache(maxsize=16)
def _cohort(seed: int, orders_per_day: float, year: int) -> Customers:
    random = stream(seed, Purpose.CUSTOMERS, year)
    count = new_customers_a_year(orders_per_day)
    first = date(year, 1, 1)
    days = (date(year + 1, 1, 1) - first).days
    busy = np.cumsum([busyness(first + timedelta(days=n)) for n in range(days)])
    joined = first.toordinal() + pick(random, busy, count)
    stay = np.where(random.random(count) < _ONE_TIMERS, 0.0, random.exponential(_MEAN_STAY, count))
    longest = _YEARS_KEPT * 365
    return Customers(
        key=(year - _FIRST_YEAR) * count + np.arange(count),
        joined=joined,
        left=joined + np.minimum(stay, longest).astype(np.int64),
        pace=random.lognormal(0.0, _PACE_SIGMA, count),
        country=pick(random, _COUNTRY_WEIGHTS, count),
        size=random.normal(0.0, 0.62, count),
        bulk=random.normal(0.0, 0.85, count),
    )
