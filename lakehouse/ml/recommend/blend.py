"""Recommenders made of others: with a trend, and blended."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lakehouse.ml.recommend.interactions import FloatArray, IntArray
from lakehouse.ml.recommend.scoring import Recommender


@dataclass(frozen=True)
class Trending:
    """A model's scores times one factor a product."""

    model: Recommender
    factor: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """The model's scores, lifted for what sells now."""
        scores = self.model.scores(customers)
        np.maximum(scores, 0, out=scores)
        scores *= self.factor
        return scores


@dataclass(frozen=True)
class Blend:
    """A weighted sum of models, the scores of each as shares of the customer's best."""

    parts: Sequence[tuple[Recommender, float]]

    def scores(self, customers: IntArray) -> FloatArray:
        """Between 0 and the sum of the weights."""
        total: FloatArray | None = None
        for model, weight in self.parts:
            scores = model.scores(customers)
            best = np.maximum(scores.max(axis=1, keepdims=True, initial=0), 1e-12)
            scores *= np.float32(weight) / best
            total = scores if total is None else np.add(total, scores, out=total)
        if total is None:
            raise ValueError("a blend of nothing")
        return total
