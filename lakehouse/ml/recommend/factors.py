"""Implicit ALS: matrix factorization of who bought what (Hu, Koren, Volinsky, 2008)."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from implicit.als import AlternatingLeastSquares

from lakehouse.ml.blas import single_threaded
from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions


@dataclass(frozen=True)
class Factors:
    """The dot product of a customer's and a product's factors is their score."""

    customers: FloatArray
    products: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """Customers x products; 1 is sure."""
        return cast("FloatArray", self.customers[customers] @ self.products.T)


@dataclass(frozen=True)
class FactorSettings:
    """The confidence in a purchase is alpha x ln(1 + orders)."""

    rank: int = 64
    regularization: float = 0.05
    alpha: float = 10.0
    iterations: int = 15


def fit_factors(
    interactions: Interactions, settings: FactorSettings, *, seed: int = 7, threads: int = 1
) -> Factors:
    """Fit by conjugate gradients; on one thread the same seed gives the same factors."""
    confidence = interactions.counts.copy()
    confidence.data = np.log1p(confidence.data)
    with single_threaded():
        model = AlternatingLeastSquares(
            factors=settings.rank,
            regularization=settings.regularization,
            alpha=settings.alpha,
            iterations=settings.iterations,
            use_gpu=False,
            num_threads=threads,
            random_state=seed,
        )
        model.fit(confidence, show_progress=False)
    return Factors(np.asarray(model.user_factors), np.asarray(model.item_factors))
