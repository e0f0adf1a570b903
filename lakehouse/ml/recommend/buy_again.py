"""Buy again: what the customer has bought, by how often and by what sells now."""

from dataclasses import dataclass

import numpy as np

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse
from lakehouse.ml.recommend.popularity import fit_recent_popularity
from lakehouse.ml.recommend.scoring import Mask, Picks

CUSTOMERS_AT_A_TIME = 100_000

REPEAT_POWER = 0.7
"""Below 1: the tenth order of a product says less than its second did."""


@dataclass(frozen=True)
class BuyAgain:
    """`habits` is customers x products; `selling` (below 1 a product) is added to all of them."""

    habits: Sparse
    selling: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """Orders that held the product ^ 0.7, plus its recent popularity."""
        return np.asarray(self.habits[customers].toarray() + self.selling, dtype=np.float32)


def fit_buy_again(interactions: Interactions) -> BuyAgain:
    """By counts of orders."""
    recent = fit_recent_popularity(interactions).product_scores
    return BuyAgain(interactions.counts.power(REPEAT_POWER), recent * np.float32(0.999))


def repeats(model: BuyAgain, customers: IntArray, k: int, *, allowed: Mask) -> Picks:
    """As `top` gives it, of nothing but what the customer has bought and is `allowed`."""
    parts = np.array_split(customers, max(1, -(-len(customers) // CUSTOMERS_AT_A_TIME)))
    picks = [_repeats(model, part, k, allowed) for part in parts]
    return np.concatenate([codes for codes, _ in picks]), np.concatenate([s for _, s in picks])


def _repeats(model: BuyAgain, customers: IntArray, k: int, allowed: Mask) -> Picks:
    bought = model.habits[customers]
    products = bought.indices[kept := allowed[bought.indices]]
    rows = np.repeat(np.arange(len(customers)), np.diff(bought.indptr))[kept]
    scores = bought.data[kept] + model.selling[products]
    order = np.lexsort((products, -scores, rows))
    each = np.bincount(rows, minlength=len(customers))
    places = np.arange(len(rows)) - np.repeat(np.cumsum(each) - each, each)
    shown = order[first := places < k]
    codes = np.full((len(customers), k), -1, np.int32)
    best = np.zeros((len(customers), k), np.float32)
    cells = rows[shown], places[first]
    codes[cells], best[cells] = products[shown], scores[shown]
    return codes, best
