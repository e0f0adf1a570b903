"""What every recommender gives, and how lists are taken from it."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Sparse

CELLS_AT_A_TIME = 16_000_000
"""Scores held at once: 64 MB."""

THREADS = min(4, os.cpu_count() or 1)
"""Customers are scored side by side; numpy and scipy let other threads run meanwhile."""

Mask = npt.NDArray[np.bool_]


class Recommender(Protocol):
    """A fitted model over the customers and products of its interactions."""

    def scores(self, customers: IntArray) -> FloatArray:
        """Customers x products, the higher the likelier; 0 or less says nothing."""


def top(
    recommender: Recommender,
    customers: IntArray,
    k: int,
    *,
    seen: Sparse | None = None,
    allowed: Mask | None = None,
) -> tuple[IntArray, FloatArray]:
    """The `k` best products of each customer and their scores: two arrays, customers x k.

    Products in `seen` (customers x products) are left out, and those not `allowed`. Equal
    scores go to the product with the smaller code. A list that runs short ends in -1.
    """
    if not len(customers):
        return np.empty((0, k), np.int32), np.empty((0, k), np.float32)

    def listed(part: IntArray) -> tuple[IntArray, FloatArray]:
        return _best(_masked(recommender.scores(part), part, seen, allowed), k)

    with ThreadPoolExecutor(THREADS) as threads:
        parts = list(threads.map(listed, _parts(customers, recommender)))
    return np.concatenate([p for p, _ in parts]), np.concatenate([s for _, s in parts])


def _parts(customers: IntArray, recommender: Recommender) -> list[IntArray]:
    width = recommender.scores(customers[:1]).shape[1]
    most = max(1, CELLS_AT_A_TIME // THREADS // max(1, width))
    return np.array_split(customers, max(-(-len(customers) // most), min(THREADS, len(customers))))


def _masked(
    scores: FloatArray, customers: IntArray, seen: Sparse | None, allowed: Mask | None
) -> FloatArray:
    if allowed is not None:
        scores[:, ~allowed] = 0
    if seen is not None:
        rows = seen[customers]
        scores[np.repeat(np.arange(len(customers)), np.diff(rows.indptr)), rows.indices] = 0
    return scores


def _best(scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    looked = 2 * k
    width = scores.shape[1]
    if width < looked:
        scores = np.pad(scores, ((0, 0), (0, looked - width)))
    candidates = np.argpartition(scores, -looked, axis=1)[:, -looked:]
    candidates.sort(axis=1)
    values = np.take_along_axis(scores, candidates, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    codes = np.take_along_axis(candidates, order, axis=1).astype(np.int32)
    least = values.min(axis=1)
    values = np.take_along_axis(values, order, axis=1)
    # Where even the last candidate ties with the k-th, others that were not looked at may too.
    for row in np.flatnonzero((least == values[:, -1]) & (least > 0)):
        whole = np.argsort(-scores[row], kind="stable")[:k]
        codes[row], values[row] = whole, scores[row, whole]
    codes[values <= 0] = -1
    return codes, np.where(values > 0, values, 0).astype(np.float32)
