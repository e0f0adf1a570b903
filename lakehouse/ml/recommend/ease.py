"""EASE: the linear item-item model with a closed form (Steck, 2019, arXiv:1905.03375)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.linalg.lapack import spotrf, spotri

from lakehouse.errors import ModelError
from lakehouse.ml.blas import single_threaded
from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse
from lakehouse.ml.recommend.scoring import THREADS

REGULARIZATION = 200.0
MOST_PRODUCTS = 20_000
"""The inverse of a matrix of this width takes 3 GB; beyond, EASE is not for one machine."""


_BLOCK = 512


@dataclass(frozen=True)
class Ease:
    """`weights` is products x products with an empty diagonal."""

    history: Sparse
    weights: FloatArray

    def scores(self, customers: IntArray) -> FloatArray:
        """What the customer bought times the weights."""
        return cast("FloatArray", self.history[customers] @ self.weights)


def fit_ease(interactions: Interactions, regularization: float = REGULARIZATION) -> Ease:
    """Fit on who bought what at all; score by the faded history.

    Raises ModelError for more than 20,000 products.
    """
    products = interactions.shape[1]
    if products > MOST_PRODUCTS:
        raise ModelError(
            f"EASE does not fit {products:,} products",
            hint=f"it takes up to {MOST_PRODUCTS:,}; use the item neighbours",
        )
    gram = _gram(interactions.counts)
    gram[np.diag_indices(products)] += regularization
    with single_threaded():
        weights = _inverse(gram)
    weights /= -np.diag(weights)
    weights[np.diag_indices(products)] = 0
    return Ease(interactions.history, weights)


def _gram(counts: Sparse) -> FloatArray:
    """How many customers bought both of two products: what is on and below the diagonal."""
    bought = counts.copy()
    bought.data[:] = 1
    by_product = bought.T.tocsr()
    products = bought.shape[1]
    gram = np.zeros((products, products), np.float32, order="F")

    def fill(start: int) -> None:
        end = min(start + _BLOCK, products)
        gram[start:end, :end] = (by_product[start:end] @ bought[:, :end]).toarray()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(fill, range(0, products, _BLOCK)))
    return gram


def _inverse(gram: FloatArray) -> FloatArray:
    """By Cholesky, half the work of the general inverse; the regularized Gram matrix allows it.

    In single precision: the regularization keeps the condition number in the tens. Only what is
    below the diagonal of `gram` is read. The rows of the result are contiguous.
    """
    if not len(gram):
        return gram
    factor, _ = spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = spotri(factor, lower=1, overwrite_c=1)
    for start in range(0, len(inverse), _BLOCK):  # only what is below the diagonal was computed
        block = slice(start, start + _BLOCK)
        inverse[block, block] = np.tril(inverse[block, block])
        inverse[block, block] += np.tril(inverse[block, block], -1).T
        inverse[:start, block] = inverse[block, :start].T
    return np.asarray(inverse.T)
