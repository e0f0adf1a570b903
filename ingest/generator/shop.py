"""What Cadabra sells and to whom, drawn once from the seed."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.generator.draws import Purpose, stream

_ITEMS = 4_000
_CUSTOMERS = 5_800
_FIRST_CUSTOMER = 12_346
_COLOURS = ("WHITE", "RED", "PINK", "BLUE", "GREEN", "IVORY", "VINTAGE", "WOODEN", "GLASS", "MINI")
_STYLES = ("HEARTS", "POLKA DOT", "REGENCY", "PAISLEY", "ROSES", "STARS", "SPACEBOY", "BIRDS")
_THINGS = (
    *("HEART", "LANTERN", "T-LIGHT HOLDER", "CAKE STAND", "BUNTING", "LUNCH BAG", "MUG", "TIN"),
    *("TEA TOWEL", "CLOCK", "FRAME", "NOTEBOOK", "DOORMAT", "CUSHION", "STORAGE JAR", "CANDLE"),
    *("UMBRELLA", "CHALKBOARD", "GIFT WRAP", "NAPKINS", "PLATE", "BOWL", "TRAY, SMALL", "SIGN"),
)
_COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium")
_COUNTRY_SHARES = (0.91, 0.022, 0.02, 0.016, 0.013, 0.01, 0.009)


@dataclass(frozen=True)
class Shop:
    """Items (code, description, price, weight) and customers (number, country, activity)."""

    codes: pl.Series
    descriptions: pl.Series
    prices: NDArray[np.float64]
    item_weights: NDArray[np.float64]
    customer_numbers: NDArray[np.int64]
    countries: pl.Series
    activity: NDArray[np.float64]


def open_shop(seed: int) -> Shop:
    """The shop of a seed; weights and activity are running sums, ready to be drawn from."""
    items = stream(seed, Purpose.ITEMS)
    customers = stream(seed, Purpose.CUSTOMERS)
    number = np.arange(_ITEMS)
    names = [
        f"{colour} {style} {thing}" for thing in _THINGS for style in _STYLES for colour in _COLOURS
    ]
    named = items.permutation(len(names))
    country = customers.choice(len(_COUNTRIES), _CUSTOMERS, p=_COUNTRY_SHARES)
    return Shop(
        codes=pl.Series([f"{20_000 + i}{'ABCDEF'[i % 6] if i % 5 == 0 else ''}" for i in number]),
        descriptions=pl.Series([names[named[i % len(names)]] for i in number]),
        prices=np.maximum(np.round(items.lognormal(0.73, 1.0, _ITEMS), 2), 0.04),
        item_weights=np.cumsum(items.lognormal(0.0, 1.2, _ITEMS)),
        customer_numbers=_FIRST_CUSTOMER + np.arange(_CUSTOMERS),
        countries=pl.Series(_COUNTRIES).gather(country),
        activity=np.cumsum(customers.lognormal(0.0, 1.35, _CUSTOMERS)),
    )
