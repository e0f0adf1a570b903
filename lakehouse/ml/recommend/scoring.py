"""What every recommender gives, and how lists are taken from it."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import local
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Sparse

CELLS_AT_A_TIME = 4_000_000
"""Scores held at once: 16 MB, so that most of what is done to them happens in the caches."""

THREADS = min(4, os.cpu_count() or 1)
"""Customers are scored side by side; numpy and scipy let other threads run meanwhile."""

Mask = npt.NDArray[np.bool_]
Picks = tuple[IntArray, FloatArray]
"""Product codes and their scores: both customers x k."""


class Recommender(Protocol):
    """A fitted model over the customers and products of its interactions."""

    def scores(self, customers: IntArray) -> FloatArray:
        """Customers x products, the higher the likelier; 0 or less says nothing.

        A new array: whoever asks may change it.
        """


@dataclass(frozen=True)
class Remembered:
    """A model that several lists are made by: its scores of the customers asked for last are kept.

    Each thread has its own, as long as it runs.
    """

    model: Recommender
    _last: local = field(default_factory=local)

    def scores(self, customers: IntArray) -> FloatArray:
        """The model's; of the same array of customers again, a copy."""
        if getattr(self._last, "customers", None) is not customers:
            self._last.scores = self.model.scores(customers)
            self._last.customers = customers
        return cast("FloatArray", self._last.scores.copy())


@dataclass(frozen=True)
class Wanted:
    """A list to be made: by which model, and without what is in `seen` (customers x products)."""

    recommender: Recommender
    seen: Sparse | None = None


def top(
    recommender: Recommender,
    customers: IntArray,
    k: int,
    *,
    seen: Sparse | None = None,
    allowed: Mask | None = None,
) -> Picks:
    """The one list of `tops`."""
    return tops([Wanted(recommender, seen)], customers, k, allowed=allowed)[0]


def tops(
    wanted: Sequence[Wanted], customers: IntArray, k: int, *, allowed: Mask | None = None
) -> list[Picks]:
    """For each list the `k` best products of each customer and their scores: customers x k.

    What the customer has seen is left out, and what is not `allowed`. Equal scores go to the
    product with the smaller code. A list that runs short ends in -1.
    """
    if not len(customers):
        return [(np.empty((0, k), np.int32), np.empty((0, k), np.float32))] * len(wanted)

    def listed(part: IntArray) -> list[Picks]:
        return [
            _best(_masked(each.recommender.scores(part), part, each.seen, allowed), k)
            for each in wanted
        ]

    width = wanted[0].recommender.scores(customers[:1]).shape[1]
    with ThreadPoolExecutor(THREADS) as threads:
        parts = list(threads.map(listed, _parts(customers, width)))
    return [(np.concatenate(codes), np.concatenate(scores)) for codes, scores in _joined(parts)]


def _joined(parts: Sequence[Sequence[Picks]]) -> Iterator[tuple[list[IntArray], list[FloatArray]]]:
    for picks in zip(*parts, strict=True):
        yield [codes for codes, _ in picks], [scores for _, scores in picks]


def _parts(customers: IntArray, width: int) -> list[IntArray]:
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
