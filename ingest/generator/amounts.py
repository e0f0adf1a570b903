"""How many of an item somebody takes, and what one costs them."""

import numpy as np

from ingest.generator.assortment import PROMOTED_PRICE
from ingest.generator.baskets import Market
from ingest.generator.draws import Flags, Floats, Ints

_TYPICAL, _LINE_SPREAD, _DEAR = 1.83, 0.75, 0.5
_MOST = 6_000
# From this many boxes on an item is cheaper.
_BREAK_BOXES, _BREAK_PRICE = 6, 0.86
# What people without an account pay over the trade price: VAT and a retailer's margin.
_RETAIL = 1.97


def quantities(
    random: np.random.Generator, market: Market, item: Ints, bulk: Floats, retail: Flags
) -> Ints:
    """The units on each line: fewer of dear things, in whole boxes when it comes near one."""
    price = np.log(market.assortment.pence[item] / 100)
    level = _TYPICAL + bulk - _DEAR * price + random.normal(0.0, _LINE_SPREAD, len(item))
    wanted = np.exp(np.where(retail, 0.15 + random.normal(0.0, 0.85, len(item)), level))
    pack = market.assortment.pack[item]
    boxes = np.maximum(np.rint(wanted / pack), 1)
    boxed = ~retail & (wanted > 0.45 * pack)
    units = np.where(boxed, boxes * pack, np.rint(wanted))
    return np.clip(units, 1, _MOST).astype(np.int64)


def unit_pence(
    random: np.random.Generator, market: Market, item: Ints, quantity: Ints, retail: Flags
) -> Ints:
    """The price of one unit in pence: the trade price, or retail, or cheaper in bulk."""
    tag = market.assortment.pence[item]
    cheaper = quantity >= _BREAK_BOXES * np.maximum(market.assortment.pack[item], 4)
    factor = np.where(cheaper, _BREAK_PRICE, 1.0)
    factor[np.isin(item, market.shelf.promoted)] *= PROMOTED_PRICE
    # A few invoices are written at another list.
    factor[random.random(len(item)) < 0.02] *= 1.25
    factor = np.where(retail, _RETAIL, factor)
    return np.maximum(np.rint(tag * factor), 1).astype(np.int64)
