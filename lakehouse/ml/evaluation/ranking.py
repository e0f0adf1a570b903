"""Ranking metrics of lists against what was bought afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix

from lakehouse.ml.evaluation.uncertainty import Estimate, mean_with_interval
from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse

Metrics = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Truth:
    """What each judged customer bought in the window.

    `relevant` is judged customers x known products, 0 or 1. `totals` counts each customer's
    products with those the model could not know: they stay in every denominator.
    """

    customers: IntArray
    relevant: Sparse
    totals: IntArray


def truth(interactions: Interactions, bought: pl.DataFrame, *, new_only: bool) -> Truth:
    """What customers of `interactions` bought in the lines `bought`, or only what was new to them.

    Customers whom the model does not know, or who bought nothing that counts, are not judged.
    """
    pairs = bought.select("customer_id", "product_id").drop_nulls().unique()
    coded = pairs.with_columns(
        _codes("customer_id", interactions.customers), _codes("product_id", interactions.products)
    ).filter(pl.col("customer_id") >= 0)
    rows = coded["customer_id"].to_numpy()
    columns = coded["product_id"].to_numpy()
    if new_only:
        new = _unseen(interactions, rows, columns)
        rows, columns = rows[new], columns[new]
    customers, row_codes = np.unique(rows, return_inverse=True)
    totals = np.bincount(row_codes, minlength=len(customers)).astype(np.int32)
    known = columns >= 0
    entries = (np.ones(known.sum(), np.float32), (row_codes[known], columns[known]))
    relevant = csr_matrix(entries, shape=(len(customers), interactions.shape[1]))
    return Truth(customers.astype(np.int32), relevant, totals)


def judge(lists: IntArray, truth: Truth) -> Metrics:
    """HR, recall, NDCG and MAP of each judged customer's list (customers x k, -1 where short).

    NDCG is binary, its ideal the list filled with what the customer bought; MAP's denominator
    is the same min(k, bought). Recall's denominator is everything bought.
    """
    hits = _hits(lists, truth.relevant)
    k = lists.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    attainable = np.minimum(truth.totals, k)
    ideal = np.concatenate([[0], np.cumsum(discounts)])[attainable]
    precision = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return {
        "hr": (hits.sum(axis=1) > 0).astype(np.float64),
        "recall": hits.sum(axis=1) / truth.totals,
        "ndcg": (hits * discounts).sum(axis=1) / ideal,
        "map": (precision * hits).sum(axis=1) / attainable,
    }


def estimates(metrics: Metrics) -> dict[str, Estimate]:
    """The mean of each metric over the judged customers, with its 95 % interval."""
    return {name: mean_with_interval(values) for name, values in metrics.items()}


def coverage(lists: IntArray, products: int) -> float:
    """The share of the products that stand on at least one list."""
    return len(np.unique(lists[lists >= 0])) / products if products else 0.0


def novelty(lists: IntArray, buyers: FloatArray, customers: int) -> float:
    """The mean self-information of what is recommended, in bits: -log2 of the share of buyers."""
    shown = lists[lists >= 0]
    if not len(shown):
        return 0.0
    return float(-np.log2(np.maximum(buyers[shown], 1) / max(customers, 1)).mean())


def _codes(column: str, ids: npt.NDArray[np.object_]) -> pl.Expr:
    known = pl.Series(ids.tolist(), dtype=pl.String)
    codes = pl.Series(np.arange(len(ids)), dtype=pl.Int32)
    return pl.col(column).replace_strict(known, codes, default=-1, return_dtype=pl.Int32)


def _unseen(interactions: Interactions, rows: IntArray, columns: IntArray) -> npt.NDArray[np.bool_]:
    width = interactions.shape[1]
    counts = interactions.counts
    owners = np.repeat(np.arange(interactions.shape[0], dtype=np.int64), np.diff(counts.indptr))
    seen = owners * width + counts.indices
    unseen = ~np.isin(rows.astype(np.int64) * width + columns, seen)
    return np.asarray(unseen | (columns < 0))


def _hits(lists: IntArray, relevant: Sparse) -> npt.NDArray[np.float64]:
    wanted = relevant.toarray() if relevant.shape[1] else np.zeros((relevant.shape[0], 1))
    hits = np.take_along_axis(wanted, np.maximum(lists, 0), axis=1)
    return np.asarray(np.where(lists >= 0, hits, 0), dtype=np.float64)
