"""Buy again: what the customer has bought, by how often, then by what sells now."""

from dataclasses import dataclass

import numpy as np

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse
from lakehouse.ml.recommend.popularity import fit_recent_popularity
from lakehouse.ml.recommend.scoring import Mask, Picks

CUSTOMERS_AT_A_TIME = 100_000


@dataclass(frozen=True)
class BuyAgain:
    """Repeat counts first; `tie_break` (below 1 a product) orders equal counts and the rest."""

    counts: Sparse
    tie_break: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """Orders that held the product, plus its recent popularity."""
        return np.asarray(self.counts[customers].toarray() + self.tie_break, dtype=np.float32)


def fit_buy_again(interactions: Interactions, half_life: float | None = None) -> BuyAgain:
    """Counts of orders, fading with `half_life` days when it is given."""
    counts = interactions.counts if half_life is None else interactions.faded(half_life)
    recent = fit_recent_popularity(interactions).product_scores
    return BuyAgain(counts, recent * np.float32(0.999))


def repeats(model: BuyAgain, customers: IntArray, k: int, *, allowed: Mask) -> Picks:
    """As `top` gives it, of nothing but what the customer has bought and is `allowed`."""
    parts = np.array_split(customers, max(1, -(-len(customers) // CUSTOMERS_AT_A_TIME)))
    picks = [_repeats(model, part, k, allowed) for part in parts]
    return np.concatenate([codes for codes, _ in picks]), np.concatenate([s for _, s in picks])


def _repeats(model: BuyAgain, customers: IntArray, k: int, allowed: Mask) -> Picks:
    bought = model.counts[customers]
    products = bought.indices[kept := allowed[bought.indices]]
    rows = np.repeat(np.arange(len(customers)), np.diff(bought.indptr))[kept]
    scores = bought.data[kept] + model.tie_break[products]
    order = np.lexsort((products, -scores, rows))
    each = np.bincount(rows, minlength=len(customers))
    places = np.arange(len(rows)) - np.repeat(np.cumsum(each) - each, each)
    shown = order[first := places < k]
    codes = np.full((len(customers), k), -1, np.int32)
    best = np.zeros((len(customers), k), np.float32)
    cells = rows[shown], places[first]
    codes[cells], best[cells] = products[shown], scores[shown]
    return codes, best
