"""What lies in a basket: favourites bought again, things to one's taste, and what sells."""

from dataclasses import dataclass

import numpy as np

from ingest.generator.assortment import (
    FIRST_YEAR,
    Assortment,
    Shelf,
    open_assortment,
    shelf_of_week,
    shelf_of_year,
)
from ingest.generator.draws import Flags, Floats, Ints, Trait, hashed, locate, slots
from ingest.generator.invoices import UNKNOWN

# A customer's tastes are a list of families: each line asks them in turn and stops at one.
_TASTES, _TASTE_STOP = 12, 0.3
_TASTE_SHARE = 0.58
# Favourites are a list of items, asked in the same way; the more is bought, the deeper.
_FAVOURITES, _FAVOURITE_DEPTH = 500, 0.42
_FAVOURITE_SHARE = 0.86
# How long a place in the list keeps its item, in days.
_FAVOURITE_LASTS = 730
# The same item on two lines of an order: how many of the drawn ones stay.
_TWICE = 0.07


@dataclass(frozen=True)
class Market:
    """What can be bought in one week, which begins on `monday` (a proleptic ordinal)."""

    assortment: Assortment
    shelf: Shelf
    monday: int


def market_of_week(seed: int, monday: int) -> Market:
    """The market of the week that begins on a Monday."""
    return Market(open_assortment(seed), shelf_of_week(seed, monday), monday)


def fill(
    random: np.random.Generator, market: Market, customer: Ints, sizes: Ints
) -> tuple[Ints, Ints]:
    """The lines of some orders: which order each belongs to, and its item.

    `customer` is the key of who ordered or UNKNOWN, `sizes` the lines each order would have if
    nothing were taken twice.
    """
    order = np.repeat(np.arange(len(sizes)), sizes)
    item = _favourites(random, market, customer[order], sizes[order])
    other = np.flatnonzero(item < 0)
    item[other] = by_taste(random, market, customer[order[other]])
    kept = _without_most_repeats(random, order, item)
    return order[kept], item[kept]


def by_taste(random: np.random.Generator, market: Market, customer: Ints) -> Ints:
    """An item for each customer: to their taste if it is the season for it, else what sells."""
    shelf = market.shelf
    count = len(customer)
    family = locate(shelf.high, random.random(count))
    theirs = _tastes(market, customer, slots(random.random(count), _TASTE_STOP, _TASTES))
    wanted = random.random(count) < _TASTE_SHARE * np.minimum(shelf.season[theirs], 1.0)
    family = np.where(wanted & (customer != UNKNOWN), theirs, family)
    return shelf.within(family, random.random(count))


def _favourites(random: np.random.Generator, market: Market, customer: Ints, size: Ints) -> Ints:
    """A favourite for each line that takes one, -1 for every other line."""
    asked = (random.random(len(customer)) < _FAVOURITE_SHARE) & (customer != UNKNOWN)
    at = np.flatnonzero(asked)
    slot = slots(random.random(len(at)), 1 / (1 + _FAVOURITE_DEPTH * size[at]), _FAVOURITES)
    found = favourite(market, customer[at], slot)
    season = market.shelf.season[market.assortment.family[found]]
    usable = market.assortment.on_sale(found, market.monday)
    usable &= random.random(len(at)) < season
    item = np.full(len(customer), -1, dtype=np.int64)
    item[at[usable]] = found[usable]
    return item


def favourite(market: Market, customer: Ints, slot: Ints) -> Ints:
    """The item in a slot of each customer's favourites: the same for two years, then another."""
    seed = market.assortment.seed
    phase = hashed(seed, Trait.FAVOURITE_CHANGE, customer, slot) * _FAVOURITE_LASTS
    era = ((market.monday - phase) // _FAVOURITE_LASTS).astype(np.int64)
    year = ((era * _FAVOURITE_LASTS + phase) / 365.2425).astype(np.int64) + 1
    place = era * _FAVOURITES + slot
    taste = slots(hashed(seed, Trait.FAVOURITE_TASTE, customer, place), _TASTE_STOP, _TASTES)
    family = _tastes(market, customer, taste)
    uniform = hashed(seed, Trait.FAVOURITE_ITEM, customer, place)
    item = np.empty(len(customer), dtype=np.int64)
    for each in np.flatnonzero(np.bincount(year)) if len(year) else ():
        lines = np.flatnonzero(year == each)
        item[lines] = shelf_of_year(seed, int(each)).within(family[lines], uniform[lines])
    return item


def _tastes(market: Market, customer: Ints, slot: Ints) -> Ints:
    """The family in a slot of each customer's tastes: the same in every week."""
    families = shelf_of_year(market.assortment.seed, FIRST_YEAR).high
    return locate(families, hashed(market.assortment.seed, Trait.TASTE, customer, slot))


def _without_most_repeats(random: np.random.Generator, order: Ints, item: Ints) -> Flags:
    """Which lines stay: the first of an item in its order, and some of the others."""
    key = order * (int(item.max(initial=0)) + 1) + item
    by_key = np.argsort(key, kind="stable")
    again = np.zeros(len(key), dtype=bool)
    again[by_key[1:]] = key[by_key[1:]] == key[by_key[:-1]]
    return ~again | (random.random(len(key)) < _TWICE)


def mixed_sizes(
    random: np.random.Generator, level: Floats, *, centre: float, spread: float, topping_up: float
) -> Ints:
    """Lines of each order: mostly lognormal around `level`, some a few lines to top up."""
    count = len(level)
    whole = np.exp(centre + level + random.normal(0.0, spread, count))
    few = random.geometric(0.35, count)
    size = np.where(random.random(count) < topping_up, few, np.rint(whole))
    return np.clip(size, 1, 1_200).astype(np.int64)
