"""What the shop sells: items that are launched, drift in and out of fashion, and end.

Fitted to the UCI Online Retail data: about 3,800 items on sale, a quarter of them replaced in a
year, popularity lognormal rather than Zipf.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl

from ingest.generator.draws import Flags, Floats, Ints, Purpose, Trait, hashed, stream
from ingest.generator.names import FAMILIES, item_names

FIRST_YEAR, LAST_YEAR = 2000, 2079
_LONGEST_LIFE = 8  # years
_LAUNCHED_A_YEAR = 900
_FIRST_LAUNCHES = FIRST_YEAR - _LONGEST_LIFE
_ITEMS = (LAST_YEAR - _FIRST_LAUNCHES + 1) * _LAUNCHED_A_YEAR
# The spread of log demand, above and below the middle: many items hardly sell.
_BEST_SELLERS, _SLOW_SELLERS = 0.95, 1.9
_PROMOTED_SHARE, _PROMOTED_LIFT, PROMOTED_PRICE = 0.01, 0.9, 0.85
# Pence: the prices that UK price tags end in.
PRICES = np.array(
    (
        *(8, 12, 14, 19, 21, 29, 39, 42, 55, 65, 79, 85, 95, 106, 125, 145, 165, 179, 195, 210),
        *(225, 255, 275, 295, 325, 375, 395, 415, 425, 465, 495, 545, 595, 650, 695, 750, 795),
        *(850, 995, 1095, 1275, 1495, 1695, 1995, 2495, 2995, 3995, 4995, 7995, 12500, 29500),
    ),
    dtype=np.int64,
)
# How many of an item go in a box; cheap things come in dozens, dear ones singly.
_PACKS = np.array([1, 2, 3, 4, 6, 10, 12, 12, 12, 24, 25])

# Lines that are no items: code and description.
SERVICES = (
    ("POST", "POSTAGE"),
    ("C2", "CARRIAGE"),
    ("DOT", "DOTCOM POSTAGE"),
    ("M", "Manual"),
    ("D", "Discount"),
    ("AMAZONFEE", "AMAZON FEE"),
    ("BANK CHARGES", "Bank Charges"),
    ("B", "Adjust bad debt"),
)
# What staff write in place of a description when they correct the stock; most write nothing.
NOTES = ("check", "damaged", "damages", "?", "found", "thrown away", "wet damaged", "missing", None)


@dataclass(frozen=True)
class Assortment:
    """Every item of every year, sorted by family; arrays are parallel.

    `codes` and `texts` go on past the items: codes with SERVICES, texts with the items' later
    names, the services' and NOTES. `spellings` are the codes, then the same in small letters.
    """

    seed: int
    codes: pl.Series
    spellings: pl.Series
    texts: pl.Series
    family: Ints
    launched: Ints
    ended: Ints
    renamed: Ints
    pence: Ints
    pack: Ints
    weight: Floats
    drift: Floats
    period: Floats
    phase: Floats

    def on_sale(self, item: Ints, day: int) -> Flags:
        """Whether each item is sold on the day."""
        found: Flags = (self.launched[item] <= day) & (day < self.ended[item])
        return found

    def spelled(self, item: Ints, small: Flags) -> pl.Series:
        """The code of each item, its letters typed small where it says so."""
        return self.spellings[np.where(small, item + len(self.codes), item)]

    def text_of(self, item: Ints, day: int) -> Ints:
        """Where in `texts` the description of each item stands on that day."""
        return np.where(self.renamed[item] <= day, item + _ITEMS, item)


def service(code: str) -> tuple[int, int]:
    """Where a service stands in `codes` and in `texts`."""
    at = [known for known, _ in SERVICES].index(code)
    return _ITEMS + at, 2 * _ITEMS + at


def is_service(item: Ints) -> Flags:
    """Whether each index of `codes` is a service rather than an item."""
    found: Flags = item >= _ITEMS
    return found


def note_texts() -> Ints:
    """Where NOTES stand in `texts`."""
    return 2 * _ITEMS + len(SERVICES) + np.arange(len(NOTES))


@dataclass(frozen=True)
class Shelf:
    """What is on sale in one week: `item` sorted by family, `upto` the running demand.

    Family f has the demand from `low[f]` to `high[f]`; `season` is its demand now over its mean.
    """

    item: Ints
    upto: Floats
    low: Floats
    high: Floats
    season: Floats
    promoted: Ints

    def within(self, family: Ints, uniform: Floats) -> Ints:
        """An item of each family, drawn by demand with `uniform` numbers."""
        point = self.low[family] + uniform * (self.high[family] - self.low[family])
        return self.item[np.searchsorted(self.upto, point, side="right")]


@lru_cache(maxsize=4)
def open_assortment(seed: int) -> Assortment:
    """The items of a seed."""
    random = stream(seed, Purpose.ITEMS)
    shares = random.dirichlet(np.full(len(FAMILIES), 12.0))
    family = np.sort(np.searchsorted(np.cumsum(shares)[:-1], random.random(_ITEMS), side="right"))
    year = _FIRST_LAUNCHES + random.permutation(np.arange(_ITEMS) // _LAUNCHED_A_YEAR)
    starts = np.array([date(y, 1, 1).toordinal() for y in range(_FIRST_LAUNCHES, LAST_YEAR + 1)])
    launched = starts[year - _FIRST_LAUNCHES] + random.integers(0, 365, _ITEMS)
    life = np.clip(random.gamma(2.0, 1.75, _ITEMS), 0.1, _LONGEST_LIFE - 1) * 365
    price = random.normal(0.76, 0.86, _ITEMS)
    fit = np.searchsorted(np.log(np.sqrt(PRICES[1:] * PRICES[:-1]) / 100), price)
    box = np.clip(np.rint(5.7 - 2.0 * price + random.normal(0, 1.6, _ITEMS)), 0, len(_PACKS) - 1)
    number = np.argsort(np.argsort(launched, kind="stable"), kind="stable") + 10_000
    letter = pl.Series(["", "A", "B", "C", "D", "L"]).gather(
        np.where(random.random(_ITEMS) < 0.25, random.integers(1, 6, _ITEMS), 0)
    )
    names, later = item_names(random, family)
    services = pl.DataFrame(SERVICES, schema=["code", "text"], orient="row")
    codes = pl.concat([pl.Series(number).cast(pl.String) + letter, services["code"]])
    return Assortment(
        seed=seed,
        codes=codes,
        spellings=pl.concat([codes, codes.str.to_lowercase()], rechunk=True),
        texts=pl.concat([names, later, services["text"], pl.Series(NOTES)]),
        family=family,
        launched=launched,
        ended=launched + life.astype(np.int64),
        renamed=launched + (random.random(_ITEMS) * life).astype(np.int64),
        pence=PRICES[fit],
        pack=_PACKS[box.astype(np.int64)],
        weight=_popularity(random) - 0.25 * (price - 0.78),
        drift=np.abs(random.normal(0.0, 0.65, _ITEMS)),
        period=random.uniform(150, 700, _ITEMS),
        phase=random.uniform(0, 2 * np.pi, _ITEMS),
    )


@lru_cache(maxsize=64)
def shelf_of_week(seed: int, monday: int) -> Shelf:
    """What is on sale in the week that begins on a Monday (a proleptic ordinal)."""
    assortment = open_assortment(seed)
    item = np.flatnonzero((assortment.launched <= monday) & (monday < assortment.ended))
    family = assortment.family[item]
    lift = np.zeros(len(item))
    promoted = hashed(seed, Trait.PROMOTION, item, monday) < _PROMOTED_SHARE
    lift[promoted] = _PROMOTED_LIFT
    # A launch is news: three times the demand at first, gone after some months.
    lift += 1.7 * np.exp(-(monday - assortment.launched[item]) / 80)
    wave = np.sin(2 * np.pi * monday / assortment.period[item] + assortment.phase[item])
    season = _season(monday)
    demand = assortment.weight[item] + assortment.drift[item] * wave + lift + season[family]
    return _shelved(item, family, demand, np.exp(season), item[promoted])


@lru_cache(maxsize=64)
def shelf_of_year(seed: int, year: int) -> Shelf:
    """What a customer may come to love in a year, at its demand without fashion and season."""
    assortment = open_assortment(seed)
    middle = date(year, 7, 1).toordinal()
    item = np.flatnonzero(assortment.on_sale(np.arange(_ITEMS), middle))
    flat = np.ones(len(FAMILIES))
    return _shelved(item, assortment.family[item], assortment.weight[item], flat, item[:0])


def _popularity(random: np.random.Generator) -> Floats:
    """The logarithm of each item's demand."""
    normal = random.normal(0.0, 1.0, _ITEMS)
    return normal * np.where(normal > 0, _BEST_SELLERS, _SLOW_SELLERS)


def _shelved(item: Ints, family: Ints, demand: Floats, season: Floats, promoted: Ints) -> Shelf:
    # Whole numbers add up the same on every machine; floats of exp() need not.
    upto = np.cumsum(np.rint(np.exp(demand) * 1e6))
    high = upto[np.searchsorted(family, np.arange(len(FAMILIES)), side="right") - 1]
    return Shelf(item, upto, np.r_[0.0, high[:-1]], high, season, promoted)


def _season(day: int) -> Floats:
    """The logarithm of each family's demand now over its mean demand in the year."""
    peaks = np.array([family.peak for family in FAMILIES])
    swings = np.array([family.swing for family in FAMILIES])
    # np.i0 is the mean of exp(swing * cos(x)) over a circle.
    turn = 2 * np.pi * (date.fromordinal(day).timetuple().tm_yday - peaks) / 365.25
    season: Floats = swings * np.cos(turn) - np.log(np.i0(swings))
    return season
