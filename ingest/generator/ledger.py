"""What stands in an order log besides orders and cancellations: stock, fees, discounts, debts."""

from datetime import date, timedelta

import numpy as np

from ingest.generator.assortment import note_texts, service, shelf_of_week
from ingest.generator.customers import HOME, customers_of
from ingest.generator.draws import Ints, Purpose, pick, stream
from ingest.generator.invoices import MINUTES, UNKNOWN, Invoices, Kind, Lines
from ingest.generator.orders import business_minutes, demand_of_week, spread
from ingest.generator.seasons import is_open
from lakehouse.config import GenerateSettings

# Per order of the day.
_ADJUSTMENTS, _DISCOUNTS, _BAD_DEBTS = 0.112, 0.004, 0.00015
_TAKEN_OUT = 0.55
# What staff note on a correction, by NOTES; mostly nothing.
_REASONS = np.cumsum([0.11, 0.06, 0.06, 0.04, 0.05, 0.02, 0.02, 0.02, 0.62])


def ledger_of_week(settings: GenerateSettings, monday: date) -> list[Invoices]:
    """The invoices of a week that are neither order nor cancellation, each kind apart."""
    random = stream(settings.seed, Purpose.LEDGER, monday.toordinal())
    demand = demand_of_week(settings, monday)
    fees = np.array([_opens_the_month(monday + timedelta(days=n)) for n in range(7)], dtype=int)
    debts = random.poisson(demand * _BAD_DEBTS)
    return [
        _adjustments(random, settings.seed, monday, random.poisson(demand * _ADJUSTMENTS)),
        _discounts(random, settings, monday, random.poisson(demand * _DISCOUNTS)),
        _charges(random, "AMAZONFEE", Kind.FEE, monday, fees),
        _charges(random, "BANK CHARGES", Kind.FEE, monday, fees),
        _charges(random, "B", Kind.BAD_DEBT, monday, debts),
    ]


def _opens_the_month(day: date) -> bool:
    return is_open(day) and not any(is_open(day.replace(day=n)) for n in range(1, day.day))


def _adjustments(random: np.random.Generator, seed: int, monday: date, counts: Ints) -> Invoices:
    """Corrections of the stock: units in or out at no price, with a note or without."""
    count = int(counts.sum())
    shelf = shelf_of_week(seed, monday.toordinal())
    units = np.maximum(np.rint(random.lognormal(3.2, 1.6, count)), 1).astype(np.int64)
    lines = Lines(
        invoice=np.arange(count),
        item=shelf.item[random.integers(0, len(shelf.item), count)],
        text=note_texts()[pick(random, _REASONS, count)],
        quantity=np.where(random.random(count) < _TAKEN_OUT, -units, units),
        pence=np.zeros(count, dtype=np.int64),
    )
    return _of_nobody(random, Kind.ADJUSTMENT, monday, counts, lines)


def _charges(
    random: np.random.Generator, code: str, kind: Kind, monday: date, counts: Ints
) -> Invoices:
    """Money that goes to others (fees, at a quantity of -1) or will never come (bad debts)."""
    lines = _service_lines(random, code, int(counts.sum()), centre=8.0, spread=1.0)
    if kind is Kind.BAD_DEBT:
        lines = Lines(lines.invoice, lines.item, lines.text, -lines.quantity, lines.pence)
    return _of_nobody(random, kind, monday, counts, lines)


def _discounts(
    random: np.random.Generator, settings: GenerateSettings, monday: date, counts: Ints
) -> Invoices:
    """Money back to a customer, for no item."""
    count = int(counts.sum())
    lines = _service_lines(random, "D", count, centre=3.2, spread=1.2)
    invoices = _of_nobody(random, Kind.FEE, monday, counts, lines)
    customers = customers_of(settings.seed, settings.orders_per_day, monday.year)
    known = customers.returning(random, monday.toordinal(), count)
    return Invoices(
        invoices.kind, invoices.minute, customers.key[known], customers.country[known], lines
    )


def _service_lines(
    random: np.random.Generator, code: str, count: int, *, centre: float, spread: float
) -> Lines:
    """Lines of a quantity of -1 whose price in pounds is lognormal."""
    item, text = (np.full(count, index) for index in service(code))
    pence = np.rint(100 * random.lognormal(centre, spread, count)).astype(np.int64)
    return Lines(np.arange(count), item, text, np.full(count, -1), pence)


def _of_nobody(
    random: np.random.Generator, kind: Kind, monday: date, counts: Ints, lines: Lines
) -> Invoices:
    count = int(counts.sum())
    return Invoices(
        kind=np.full(count, kind),
        minute=(monday.toordinal() + spread(counts)) * MINUTES + business_minutes(random, count),
        customer=np.full(count, UNKNOWN),
        country=np.full(count, HOME),
        lines=lines,
    )
