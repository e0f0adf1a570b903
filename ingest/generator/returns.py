"""Cancellations: what comes back of an order, and on which later day.

That is drawn with the week of the order, so the cancellations of a week are found by going
through the orders of the weeks before it: none needs the logs of another.
"""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from ingest.generator.assortment import Shelf, is_service, open_assortment, shelf_of_week
from ingest.generator.draws import Flags, Ints, Purpose, stream
from ingest.generator.invoices import MINUTES, Invoices, Kind, Lines
from ingest.generator.orders import business_minutes
from ingest.generator.seasons import CLOSING_MINUTE, is_open
from lakehouse.config import GenerateSettings

WEEKS_BACK = 22
_LONGEST_WAIT = 7 * WEEKS_BACK - 13  # days: a closed fortnight may follow
_RETURNING_ORDERS = 0.2
_LINES_STOP, _MUCH_COMES_BACK = 0.58, 0.09
_SAME_DAY, _TYPICAL_WAIT, _WAIT_SPREAD = 0.07, 15.0, 1.7
_WHOLE_LINE = 0.4
# Credited for something the customer never bought here.
_OTHER_ITEM = 0.07


def returns_of_week(
    settings: GenerateSettings, monday: date, orders: Invoices
) -> dict[date, Invoices]:
    """The cancellations of one week's orders, by the Monday of the week they are logged in."""
    random = stream(settings.seed, Purpose.RETURNS, monday.toordinal())
    chosen = np.flatnonzero(_coming_back(random, orders))
    order, invoice = np.unique(orders.lines.invoice[chosen], return_inverse=True)
    returned = _booked(random, settings.seed, monday, orders.lines.at(chosen), invoice)
    ordered = orders.day[order]
    day = _due_days(random, monday, ordered)
    soon = orders.minute[order] % MINUTES + random.integers(2, 90, len(order))
    minute = np.where(
        day == ordered, np.minimum(soon, CLOSING_MINUTE), business_minutes(random, len(order))
    )
    everything = Invoices(
        kind=np.full(len(order), Kind.RETURN),
        minute=day * MINUTES + minute,
        customer=orders.customer[order],
        country=orders.country[order],
        lines=returned,
    ).in_order_of_time()
    mondays = [monday + timedelta(weeks=n) for n in range(WEEKS_BACK + 2)]
    bounds = np.searchsorted(everything.day, [each.toordinal() for each in mondays]).tolist()
    return {
        each: everything.part(start, stop)
        for each, (start, stop) in zip(mondays, pairwise(bounds), strict=False)
        if start < stop
    }


def _coming_back(random: np.random.Generator, orders: Invoices) -> Flags:
    """Which lines come back: of some orders a line or two, of a few a good part."""
    back = (random.random(orders.count) < _RETURNING_ORDERS) & (orders.kind == Kind.ORDER)
    few = random.geometric(_LINES_STOP, orders.count)
    much = np.where(random.random(orders.count) < _MUCH_COMES_BACK, random.random(orders.count), 0)
    size = orders.sizes()
    taken = np.where(back, np.maximum(few, np.rint(much * size)), 0)
    lines = np.flatnonzero(back[orders.lines.invoice])
    invoice = orders.lines.invoice[lines]
    # The rank of a line in its order, by lot: the first ones come back.
    by_lot = np.lexsort((random.random(len(lines)), invoice))
    start = np.cumsum(np.where(back, size, 0)) - np.where(back, size, 0)
    rank = np.empty(len(lines), dtype=np.int64)
    rank[by_lot] = np.arange(len(lines)) - start[invoice[by_lot]]
    found = np.zeros(len(orders.lines.invoice), dtype=bool)
    found[lines[rank < taken[invoice]]] = True
    return found & ~is_service(orders.lines.item)


def _booked(
    random: np.random.Generator, seed: int, monday: date, bought: Lines, invoice: Ints
) -> Lines:
    """The lines as they are credited: all or a part of what was bought, at its price."""
    count = len(bought.item)
    part = np.maximum(np.rint(bought.quantity * random.random(count) ** 1.4), 1)
    quantity = np.where(random.random(count) < _WHOLE_LINE, bought.quantity, part)
    shelf: Shelf = shelf_of_week(seed, monday.toordinal())
    other = random.random(count) < _OTHER_ITEM
    any_item = shelf.item[random.integers(0, len(shelf.item), count)]
    item = np.where(other, any_item, bought.item)
    assortment = open_assortment(seed)
    return Lines(
        invoice=invoice,
        item=item,
        text=assortment.text_of(item, monday.toordinal()),
        quantity=-quantity.astype(np.int64),
        pence=np.where(other, assortment.pence[item], bought.pence),
    )


def _due_days(random: np.random.Generator, monday: date, ordered: Ints) -> Ints:
    """The open day each cancellation is logged on: that of the order or a later one."""
    wait = np.exp(random.normal(np.log(_TYPICAL_WAIT), _WAIT_SPREAD, len(ordered)))
    wait = np.where(random.random(len(ordered)) < _SAME_DAY, 0, np.maximum(np.rint(wait), 1))
    after = ordered - monday.toordinal() + np.minimum(wait, _LONGEST_WAIT).astype(np.int64)
    days = range(7 * (WEEKS_BACK + 2))
    opened = np.array([n for n in days if is_open(monday + timedelta(days=n))])
    return monday.toordinal() + opened[np.searchsorted(opened, after)]
