"""Popularity: the baseline everything must beat, and what an unknown customer gets."""

from dataclasses import dataclass

import numpy as np

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions

RECENT_HALF_LIFE = 7.0
USUAL_HALF_LIFE = 180.0
TREND_POWER = 0.75
FLOOR = 1e-4  # keeps a product nobody bought lately in the race, far behind


@dataclass(frozen=True)
class SameForAll:
    """One score a product, whoever asks."""

    product_scores: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """The same row for every customer."""
        return np.tile(self.product_scores, (len(customers), 1))


def fit_popularity(interactions: Interactions) -> SameForAll:
    """By the number of customers who ever bought the product."""
    return SameForAll(_share_of_most(interactions.buyers))


def fit_recent_popularity(
    interactions: Interactions, half_life: float = RECENT_HALF_LIFE
) -> SameForAll:
    """By the number of orders, each fading with its age."""
    return SameForAll(_share_of_most(recent_orders(interactions, half_life)))


def recent_orders(interactions: Interactions, half_life: float = RECENT_HALF_LIFE) -> FloatArray:
    """For each product the sum of 2^(-age / half_life) over its orders, ages in days."""
    fading = np.exp2(-interactions.age_days.astype(np.float64) / half_life)
    sums = np.bincount(interactions.product_codes, fading, minlength=interactions.shape[1])
    return sums.astype(np.float32)


def trend(
    interactions: Interactions,
    half_life: float = RECENT_HALF_LIFE,
    power: float = TREND_POWER,
) -> FloatArray:
    """For each product (recent orders / orders of the past half year) ^ power, both as shares.

    What sells now against what usually sells: it takes seasons and delistings into models that
    know no time. The past fades too, slowly: what sold long ago says little of what is usual.
    """
    recent = _share_of_most(recent_orders(interactions, half_life)) + FLOOR
    usual = _share_of_most(recent_orders(interactions, USUAL_HALF_LIFE)) + FLOOR
    return np.asarray((recent / usual) ** np.float32(power), dtype=np.float32)


def _share_of_most(values: FloatArray) -> FloatArray:
    most = values.max(initial=0)
    return values / most if most > 0 else values
