"""Buy again: what the customer has bought, by how often, then by what sells now."""

from dataclasses import dataclass

import numpy as np

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse
from lakehouse.ml.recommend.popularity import fit_recent_popularity


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
