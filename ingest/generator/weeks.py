"""Everything that is invoiced in a week: the one source of all logs of its days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, log10

import numpy as np

from ingest.generator.assortment import FIRST_YEAR
from ingest.generator.draws import Ints
from ingest.generator.invoices import Invoices, joined
from ingest.generator.ledger import ledger_of_week
from ingest.generator.orders import orders_of_week
from ingest.generator.returns import WEEKS_BACK, returns_of_week
from lakehouse.config import GenerateSettings

_OPENED = date(FIRST_YEAR, 1, 1)


@dataclass(frozen=True)
class Week:
    """The invoices of the week from `monday` on, in order of time, and their numbers."""

    monday: date
    invoices: Invoices
    numbers: Ints


class Weeks:
    """Any week, made from the seed alone; going on to the next week is cheaper than to another.

    It keeps what is still to come back of the orders of the weeks before the last one asked for.
    """

    def __init__(self, settings: GenerateSettings) -> None:
        self._settings = settings
        self._returns: dict[date, Mapping[date, Invoices]] = {}

    def of(self, monday: date) -> Week:
        """The week that begins on `monday`: orders, cancellations of earlier ones, the rest."""
        orders = orders_of_week(self._settings, monday)
        before = [monday - timedelta(weeks=n) for n in range(WEEKS_BACK, 0, -1)]
        self._returns = {week: self._returns_of(week) for week in before}
        self._returns[monday] = returns_of_week(self._settings, monday, orders)
        back = [due[monday] for due in self._returns.values() if monday in due]
        parts = [orders, *ledger_of_week(self._settings, monday), *back]
        invoices = joined(parts).in_order_of_time()
        return Week(monday, invoices, _numbers(self._settings, invoices))

    def _returns_of(self, week: date) -> Mapping[date, Invoices]:
        if week in self._returns:
            return self._returns[week]
        return returns_of_week(self._settings, week, orders_of_week(self._settings, week))


def monday_of(day: date) -> date:
    """The Monday of the week a day lies in."""
    return day - timedelta(days=day.weekday())


def _numbers(settings: GenerateSettings, invoices: Invoices) -> Ints:
    """The number of each invoice: they count up within a day, from a start that is the day's own.

    Every day has a range eight times what an average day fills, so that numbers need no knowledge
    of the days before.
    """
    a_day = 10 ** ceil(log10(8 * settings.orders_per_day + 50))
    position = np.arange(invoices.count)
    in_day = position - np.searchsorted(invoices.day, invoices.day)
    numbers: Ints = (invoices.day - _OPENED.toordinal()) * a_day + in_day
    return numbers
