"""The recommenders by name: what is tried, what it is compared with, what can be asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from duckdb import DuckDBPyConnection

from lakehouse.ml.recommend.blend import Blend, Trending
from lakehouse.ml.recommend.buy_again import BuyAgain, fit_buy_again
from lakehouse.ml.recommend.ease import MOST_PRODUCTS, Ease, fit_ease
from lakehouse.ml.recommend.factors import Factors, FactorSettings, fit_factors
from lakehouse.ml.recommend.interactions import FloatArray, Interactions
from lakehouse.ml.recommend.neighbours import Neighbours, fit_neighbours
from lakehouse.ml.recommend.neighbours_sql import fit_neighbours_sql
from lakehouse.ml.recommend.popularity import (
    SameForAll,
    fit_popularity,
    fit_recent_popularity,
    trend,
)
from lakehouse.ml.recommend.scoring import Recommender, Remembered


@dataclass(frozen=True)
class Parameters:
    """What can be tuned; the defaults won on the windows before 12 November 2011."""

    ease_regularization: float = 1000.0
    trend_half_life: float = 7.0
    trend_power: float = 1.0
    neighbour_trend_power: float = 0.75
    neighbours: int = 200
    rank: int = 128
    discovery_weight: float = 0.4


@dataclass(frozen=True)
class Fits:
    """The models fitted on one set of interactions, each when it is first asked for.

    With a `connection` the item neighbours come from SQL on it.
    """

    interactions: Interactions
    parameters: Parameters = field(default_factory=Parameters)
    connection: DuckDBPyConnection | None = None
    seed: int = 7

    @cached_property
    def popularity(self) -> SameForAll:
        """All-time popularity."""
        return fit_popularity(self.interactions)

    @cached_property
    def recent(self) -> SameForAll:
        """Recent popularity."""
        return fit_recent_popularity(self.interactions, self.parameters.trend_half_life)

    @cached_property
    def buy_again(self) -> BuyAgain:
        """Repeat counts."""
        return fit_buy_again(self.interactions)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Item neighbours."""
        k = self.parameters.neighbours
        if self.connection is None:
            return fit_neighbours(self.interactions, k)
        return fit_neighbours_sql(self.connection, self.interactions, k)

    @cached_property
    def ease(self) -> Ease:
        """EASE."""
        return fit_ease(self.interactions, self.parameters.ease_regularization)

    @cached_property
    def factors(self) -> Factors:
        """Implicit ALS."""
        settings = FactorSettings(rank=self.parameters.rank)
        return fit_factors(self.interactions, settings, seed=self.seed)

    @cached_property
    def neighbours_trend(self) -> Recommender:
        """Item neighbours, lifted for what sells now."""
        return Remembered(self.trending(self.neighbours, self.parameters.neighbour_trend_power))

    @cached_property
    def ease_trend(self) -> Recommender:
        """EASE, lifted for what sells now."""
        return Remembered(self.trending(self.ease))

    def trending(self, model: Recommender, power: float | None = None) -> Trending:
        """A model lifted for what sells now."""
        return Trending(model, self._trend(self.parameters.trend_power if power is None else power))

    def with_repeats(self, discovery: Recommender) -> Blend:
        """Buy-again blended with a model of what is new."""
        return Blend([(self.buy_again, 1.0), (discovery, self.parameters.discovery_weight)])

    def _trend(self, power: float) -> FloatArray:
        return trend(self.interactions, self.parameters.trend_half_life, power)


@dataclass(frozen=True)
class Recipe:
    """How a named recommender is made. `baseline` ones are compared with, never shipped."""

    make: Callable[[Fits], Recommender]
    baseline: bool = False
    most_products: int | None = None

    def fits(self, interactions: Interactions) -> bool:
        """Whether the model can be fitted on so many products."""
        return self.most_products is None or interactions.shape[1] <= self.most_products


RECIPES: Mapping[str, Recipe] = {
    "popularity": Recipe(lambda fits: fits.popularity, baseline=True),
    "recent_popularity": Recipe(lambda fits: fits.recent, baseline=True),
    "buy_again": Recipe(lambda fits: fits.buy_again),
    "neighbours": Recipe(lambda fits: fits.neighbours),
    "neighbours_trend": Recipe(lambda fits: fits.neighbours_trend),
    "als": Recipe(lambda fits: fits.factors),
    "als_trend": Recipe(lambda fits: fits.trending(fits.factors)),
    "ease": Recipe(lambda fits: fits.ease, most_products=MOST_PRODUCTS),
    "ease_trend": Recipe(lambda fits: fits.ease_trend, most_products=MOST_PRODUCTS),
    "again_neighbours_trend": Recipe(lambda fits: fits.with_repeats(fits.neighbours_trend)),
    "again_ease_trend": Recipe(
        lambda fits: fits.with_repeats(fits.ease_trend), most_products=MOST_PRODUCTS
    ),
}
"""Every recommender that `lakehouse ml recommend --model` knows."""
