"""What the shop's items are called: families of motifs, each with its season."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.generator.draws import Flags, Ints


@dataclass(frozen=True)
class Family:
    """Items of one taste. Demand swings by exp(`swing`) around its mean, highest on day `peak`."""

    motifs: tuple[str, ...]
    peak: int = 0
    swing: float = 0.0


FAMILIES = (
    Family(("CHRISTMAS", "REINDEER", "SNOWFLAKE"), 325, 1.6),
    Family(("ADVENT", "HOLLY", "ROBIN"), 320, 1.3),
    Family(("EASTER", "BUNNY", "SPRING CHICK"), 85, 1.2),
    Family(("GARDEN", "HERB", "ALLOTMENT"), 140, 0.9),
    Family(("SEASIDE", "PICNIC", "BEACH HUT"), 180, 0.9),
    Family(("WINTER", "KNITTED", "FAIR ISLE"), 335, 1.0),
    Family(("VALENTINE", "CUPID", "LOVEBIRD"), 30, 0.7),
    Family(("HALLOWEEN", "PUMPKIN", "WOODLAND OWL"), 275, 0.8),
    Family(("RETRO SPOT", "POLKA DOT", "GINGHAM"), 300, 0.2),
    Family(("SPACEBOY", "DOLLY GIRL", "ROCKET"), 310, 0.3),
    Family(("REGENCY", "CORONATION", "TEATIME")),
    Family(("ALPHABET", "BLOCK LETTER", "CHALK")),
    Family(("PAISLEY", "KASHMIR", "SUKI")),
    Family(("UNION FLAG", "LONDON", "TELEPHONE BOX"), 160, 0.2),
    Family(("STRAWBERRY", "PANTRY", "JAM MAKING"), 200, 0.5),
    Family(("BAKING", "CAKE", "CUPCAKE")),
    Family(("ANTIQUE SILVER", "CRYSTAL", "ZINC")),
    Family(("FELTCRAFT", "SEWING", "EMBROIDERED")),
    Family(("PARTY", "BIRTHDAY", "CARNIVAL"), 170, 0.3),
    Family(("JUNGLE", "ELEPHANT", "DINOSAUR")),
    Family(("BOTANICAL", "ROSE", "LAVENDER"), 120, 0.3),
    Family(("BUTTERFLY", "DRAGONFLY", "BUMBLEBEE"), 130, 0.3),
    Family(("TRAVEL", "VINTAGE MAP", "SUITCASE")),
    Family(("DOG", "CAT", "HEN HOUSE")),
    Family(("FRENCH BISTRO", "CAFE", "ENAMEL")),
    Family(("ORIENTAL", "LOTUS", "PAGODA")),
    Family(("STAR", "MOON", "CONSTELLATION"), 320, 0.4),
    Family(("SCHOOL", "STATIONERY", "DOODLE"), 240, 0.6),
    Family(("BATHROOM", "SPA", "SOAP")),
    Family(("SKULL", "ROCK AND ROLL", "TATTOO")),
)
_QUALITIES = (
    *("WHITE", "RED", "PINK", "BLUE", "GREEN", "IVORY", "CREAM", "BLACK", "YELLOW", "GOLD"),
    *("VINTAGE", "WOODEN", "GLASS", "METAL", "CERAMIC", "MINI", "JUMBO", "HANGING", "FOLDING"),
    *("ASSORTED", "DELUXE", "TRADITIONAL", "PAINTED", "WICKER"),
)
_THINGS = (
    *("HEART", "LANTERN", "T-LIGHT HOLDER", "CAKE STAND", "BUNTING", "LUNCH BAG", "MUG", "TIN"),
    *("TEA TOWEL", "CLOCK", "PHOTO FRAME", "NOTEBOOK", "DOORMAT", "CUSHION", "STORAGE JAR"),
    *("CANDLE", "UMBRELLA", "CHALKBOARD", "GIFT WRAP", "NAPKINS", "PLATE", "BOWL", "TRAY", "SIGN"),
    *("PURSE", "SHOPPER", "APRON", "GARLAND", "WREATH", "BUTTON BOX", "COASTER", "DOORSTOP"),
    *("DRAWER KNOB", "EGG CUP", "HOT WATER BOTTLE", "JIGSAW", "KEY RING", "PEN", "TEAPOT", "VASE"),
)
_SIZES = (", SMALL", ", LARGE", ', 6"', " SET OF 3", " SET OF 6", " PACK OF 12", "")
# Commas stand in 0.9 % of the real lines and inch marks in 0.2 %.
_SIZE_SHARES = np.cumsum([0.0035, 0.0035, 0.002, 0.07, 0.07, 0.07, 0.781])


def item_names(random: np.random.Generator, family: Ints) -> tuple[pl.Series, pl.Series]:
    """A description per item, and the one it gets when it is renamed (mostly the same)."""
    count = len(family)
    motifs = pl.Series([motif for each in FAMILIES for motif in each.motifs])
    first = np.cumsum([0, *(len(each.motifs) for each in FAMILIES)])[family]
    lengths = np.array([len(each.motifs) for each in FAMILIES])[family]
    quality = pl.Series(_QUALITIES).gather(random.integers(len(_QUALITIES), size=count))
    motif = motifs.gather(first + (random.random(count) * lengths).astype(np.int64))
    thing = pl.Series(_THINGS).gather(random.integers(len(_THINGS), size=count))
    size = pl.Series(_SIZES).gather(
        np.searchsorted(_SIZE_SHARES, random.random(count) * _SIZE_SHARES[-1], side="right")
    )
    names = quality + " " + motif + " " + thing + size
    renamed: Flags = random.random(count) < 0.1
    return names, names.zip_with(pl.Series(~renamed), motif + " " + thing + " " + quality + size)
