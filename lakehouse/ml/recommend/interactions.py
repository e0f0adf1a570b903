"""Interactions: who bought what, in which order, and how long ago."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_matrix

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]
Sparse = Any  # scipy.sparse.csr_matrix, which has no types

HISTORY_HALF_LIFE = 90.0
"""Days after which a purchase says half as much about what its customer likes."""


@dataclass(frozen=True)
class Interactions:
    """One entry for each customer, product and order, the order's age in days at `as_of`.

    `customers` and `products` are the sorted ids that the codes in `customer_codes` and
    `product_codes` count into.
    """

    as_of: datetime
    customers: npt.NDArray[np.object_]
    products: npt.NDArray[np.object_]
    customer_codes: IntArray
    product_codes: IntArray
    age_days: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Customers, products."""
        return len(self.customers), len(self.products)

    @cached_property
    def counts(self) -> Sparse:
        """Customers x products: in how many orders."""
        return self._matrix(np.ones(len(self.age_days), dtype=np.float32))

    @cached_property
    def history(self) -> Sparse:
        """Customers x products: the orders, each fading with its age."""
        return self.faded(HISTORY_HALF_LIFE)

    def faded(self, half_life: float) -> Sparse:
        """Customers x products: the sum of 2^(-age / half_life), ages in days."""
        return self._matrix(np.exp2(-self.age_days / np.float32(half_life)))

    @cached_property
    def buyers(self) -> FloatArray:
        """For each product, how many customers bought it."""
        return np.bincount(self.counts.indices, minlength=self.shape[1]).astype(np.float32)

    def _matrix(self, values: FloatArray) -> Sparse:
        entries = (values, (self.customer_codes, self.product_codes))
        matrix = coo_matrix(entries, shape=self.shape, dtype=np.float32).tocsr()
        matrix.sort_indices()
        return matrix


def interactions(purchases: pl.DataFrame, as_of: datetime) -> Interactions:
    """The interactions before `as_of` in lines of demand; lines without a customer are left out.

    A product that stands on several lines of an order counts once, at its first time.
    """
    known = (
        purchases.lazy()
        .filter(pl.col("customer_id").is_not_null(), pl.col("ordered_at") < as_of)
        .group_by("customer_id", "product_id", "order_id")
        .agg(pl.col("ordered_at").min())
        .collect()
    )
    customers, customer_codes = _encode(known["customer_id"])
    products, product_codes = _encode(known["product_id"])
    age = (pl.lit(as_of) - pl.col("ordered_at")).dt.total_seconds() / 86_400
    ages = known.select(age.cast(pl.Float32)).to_series().to_numpy()
    # One order of the entries, whatever order the lines came in: the sums of floats agree.
    cells = customer_codes.astype(np.int64) * len(products) + product_codes
    order = np.lexsort((ages, cells))
    codes = customer_codes[order], product_codes[order]
    return Interactions(as_of, customers, products, *codes, ages[order])


def _encode(ids: pl.Series) -> tuple[npt.NDArray[np.object_], IntArray]:
    distinct = ids.unique().sort()
    codes = ids.cast(pl.Enum(distinct)).to_physical().cast(pl.Int32).to_numpy()
    return np.asarray(distinct.to_list(), dtype=object), codes
