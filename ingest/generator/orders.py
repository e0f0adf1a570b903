"""The orders of one week: of customers, of guests and of the marketplace.

A week is the unit that is drawn: it shares one assortment, and making seven days at a time costs
little more than making one.
"""

from datetime import date, timedelta

import numpy as np

from ingest.generator.amounts import quantities, unit_pence
from ingest.generator.assortment import service
from ingest.generator.baskets import Market, fill, market_of_week, mixed_sizes
from ingest.generator.customers import HOME, IRELAND, Customers, customers_of
from ingest.generator.draws import Floats, Ints, Purpose, pick, stream
from ingest.generator.invoices import MINUTES, UNKNOWN, Invoices, Kind, Lines
from ingest.generator.seasons import HOUR_WEIGHTS, busyness
from lakehouse.config import GenerateSettings

# Of all orders: those of guests, and those a marketplace sends on for many people at once.
_GUESTS, _MARKETPLACE = 0.037, 0.035
# Of all orders: first orders, which come on top of what is drawn for returning customers.
_FIRST_ORDERS = 0.08
_SECOND_ORDERS = 0.02
_NOISE_SHAPE = 18.0  # of a day's demand: a gamma factor of mean 1
_ITEM_TWICE_EXACTLY = 0.004
_POSTAGE = np.array([1800, 2800, 4000])


def orders_of_week(settings: GenerateSettings, monday: date) -> Invoices:
    """The orders placed in the week that begins on `monday`, in no order of time."""
    week = monday.toordinal()
    random = stream(settings.seed, Purpose.ORDERS, week)
    customers = customers_of(settings.seed, settings.orders_per_day, monday.year)
    demand = demand_of_week(settings, monday) * random.gamma(_NOISE_SHAPE, 1 / _NOISE_SHAPE, 7)
    first = np.flatnonzero((customers.joined >= week) & (customers.joined < week + 7))
    again = random.poisson(demand * (1 - _GUESTS - _MARKETPLACE - _FIRST_ORDERS))
    guests, marketplace = random.poisson(demand * _GUESTS), random.poisson(demand * _MARKETPLACE)
    back = customers.returning(random, week, int(again.sum()))
    # Some order twice on a day: the one who ordered before them, in this list of a week.
    back = np.where(random.random(len(back)) < _SECOND_ORDERS, np.roll(back, 1), back)
    known = np.concatenate([first, back])
    day = np.concatenate(
        [customers.joined[first], *(week + spread(each) for each in (again, guests, marketplace))]
    )
    kinds = [Kind.ORDER, Kind.GUEST, Kind.MARKETPLACE]
    kind = np.repeat(kinds, [len(known), int(guests.sum()), int(marketplace.sum())])
    minute = day * MINUTES + business_minutes(random, len(day))
    lines = _lines(random, market_of_week(settings.seed, week), customers, known, kind)
    others = np.full(len(kind) - len(known), UNKNOWN)
    key = np.concatenate([customers.key[known], others])
    country = np.concatenate([customers.country[known], np.full(len(others), HOME)])
    return _with_services(random, Invoices(kind, minute, key, country, lines))


def demand_of_week(settings: GenerateSettings, monday: date) -> Floats:
    """Expected orders of each day from Monday to Sunday."""
    days = [monday + timedelta(days=n) for n in range(7)]
    return settings.orders_per_day * np.array([busyness(day) for day in days])


def spread(counts: Ints) -> Ints:
    """The position of the day for each of `counts` events a day."""
    return np.repeat(np.arange(len(counts)), counts)


def business_minutes(random: np.random.Generator, count: int) -> Ints:
    """Minutes of the day at which invoices are written."""
    hour = pick(random, np.cumsum(HOUR_WEIGHTS), count)
    minute: Ints = hour * 60 + random.integers(0, 60, count)
    return minute


def _lines(
    random: np.random.Generator, market: Market, customers: Customers, known: Ints, kind: Ints
) -> Lines:
    unknown = np.full(len(kind) - len(known), UNKNOWN)
    order, item = fill(
        random,
        market,
        customer=np.concatenate([customers.key[known], unknown]),
        sizes=_sizes(random, customers.size[known], kind),
    )
    bulk = random.normal(0.0, 0.44, len(kind))
    bulk[: len(known)] += customers.bulk[known]
    retail = kind[order] != Kind.ORDER
    quantity = quantities(random, market, item, bulk[order], retail)
    pence = unit_pence(random, market, item, quantity, retail)
    text = market.assortment.text_of(item, market.monday)
    once = Lines(order, item, text, quantity, pence)
    # The real log holds 1 % exact duplicates.
    twice = np.flatnonzero(random.random(len(order)) < _ITEM_TWICE_EXACTLY)
    return once.at(np.concatenate([np.arange(len(order)), twice]))


def _sizes(random: np.random.Generator, levels: Floats, kind: Ints) -> Ints:
    guests = np.zeros(int((kind == Kind.GUEST).sum()))
    marketplace = np.zeros(int((kind == Kind.MARKETPLACE).sum()))
    return np.concatenate(
        [
            mixed_sizes(random, levels, centre=3.1, spread=0.66, topping_up=0.15),
            mixed_sizes(random, guests, centre=2.3, spread=1.4, topping_up=0.5),
            mixed_sizes(random, marketplace, centre=4.9, spread=0.95, topping_up=0.0),
        ]
    )


def _with_services(random: np.random.Generator, orders: Invoices) -> Invoices:
    """The orders with a line for postage where it is charged, and the odd manual entry."""
    count = orders.count
    chance = random.random(count)
    own = orders.kind == Kind.ORDER
    irish = own & (orders.country == IRELAND)
    abroad = own & (orders.country != HOME) & ~irish
    manual = np.clip(random.lognormal(5.3, 1.5, count), 10, 400_000).astype(np.int64)
    charges = (
        ("POST", abroad & (chance < 0.75), random.choice(_POSTAGE, count)),
        ("C2", irish & (chance < 0.6), np.full(count, 5_000)),
        ("DOT", orders.kind == Kind.MARKETPLACE, 250 + 165 * orders.sizes()),
        ("M", own & (orders.country == HOME) & (chance < 0.025), manual),
    )
    parts = [orders.lines]
    for code, charged, pence in charges:
        at = np.flatnonzero(charged)
        item, text = (np.full(len(at), index) for index in service(code))
        parts.append(Lines(at, item, text, np.ones(len(at), dtype=np.int64), pence[at]))
    fields = ("invoice", "item", "text", "quantity", "pence")
    lines = Lines(**{f: np.concatenate([getattr(part, f) for part in parts]) for f in fields})
    return Invoices(orders.kind, orders.minute, orders.customer, orders.country, lines)
