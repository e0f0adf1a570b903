"""Ranking metrics against values computed by hand."""

from datetime import datetime, timedelta
from itertools import pairwise
from math import log2

import numpy as np
import pytest

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.ranking import coverage, judge, novelty, truth
from lakehouse.ml.evaluation.uncertainty import mean_with_interval
from lakehouse.ml.evaluation.windows import Window, last_windows
from lakehouse.ml.recommend.interactions import interactions
from tests.unit.ml.shop import DAY, line, lines

BEFORE = lines(
    line(1, customer_id="a", product_id="p0"),
    line(2, customer_id="a", product_id="p1"),
    line(3, customer_id="b", product_id="p2"),
    line(4, customer_id="b", product_id="p3"),
)
AFTER = lines(
    line(11, customer_id="a", product_id="p0"),
    line(12, customer_id="a", product_id="p2"),
    line(13, customer_id="a", product_id="never seen"),
    line(14, customer_id="stranger", product_id="p0"),
    line(15, customer_id="b", product_id="p2"),
    line(16, customer_id=None, product_id="p2"),
)
MODEL = interactions(BEFORE, DAY + timedelta(days=1))


def test_cold_products_stay_in_the_denominator_and_strangers_are_not_judged() -> None:
    wanted = truth(MODEL, AFTER, new_only=False)
    assert wanted.customers.tolist() == [0, 1]
    assert wanted.totals.tolist() == [3, 1]
    assert wanted.relevant.toarray().tolist() == [[1, 0, 1, 0], [0, 0, 1, 0]]


def test_repeats_are_not_new() -> None:
    wanted = truth(MODEL, AFTER, new_only=True)
    assert wanted.customers.tolist() == [0]  # b bought nothing new
    assert wanted.totals.tolist() == [2]
    assert wanted.relevant.toarray().tolist() == [[0, 0, 1, 0]]


def test_metrics_by_hand() -> None:
    wanted = truth(MODEL, AFTER, new_only=False)
    lists = np.array([[3, 0, 2], [2, -1, -1]], np.int32)
    found = judge(lists, wanted)
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert found["hr"].tolist() == [1, 1]
    np.testing.assert_allclose(found["recall"], [2 / 3, 1])
    np.testing.assert_allclose(found["ndcg"], [(1 / log2(3) + 1 / log2(4)) / ideal, 1])
    np.testing.assert_allclose(found["map"], [(1 / 2 + 2 / 3) / 3, 1])


def test_a_perfect_list_scores_one_and_a_wrong_one_zero() -> None:
    wanted = truth(MODEL, AFTER.filter(AFTER["product_id"] != "never seen"), new_only=False)
    perfect = judge(np.array([[0, 2], [2, 0]], np.int32), wanted)
    wrong = judge(np.array([[1, 3], [0, -1]], np.int32), wanted)
    assert all((values == 1).all() for values in perfect.values())
    assert all((values == 0).all() for values in wrong.values())


def test_coverage_and_novelty_by_hand() -> None:
    lists = np.array([[0, 1], [0, -1]], np.int32)
    assert coverage(lists, 4) == 0.5
    # Bought by all 8 customers: 0 bits; by 2 of 8: 2 bits; shown twice and once.
    assert novelty(lists, np.array([8, 2, 1, 1], np.float32), 8) == pytest.approx(2 / 3)
    assert novelty(lists * 0 - 1, np.array([1.0], np.float32), 8) == 0


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    drawn = [mean_with_interval(rng.exponential(1, 200)) for _ in range(100)]
    assert 88 <= sum(e.low <= 1 <= e.high for e in drawn) <= 99
    assert mean_with_interval(np.empty(0)).value == 0


def test_windows_partition_time() -> None:
    windows = last_windows(datetime.fromisoformat("2011-12-10"), 3)
    assert [w.start for w in windows] == [
        datetime.fromisoformat("2011-09-17"),
        datetime.fromisoformat("2011-10-15"),
        datetime.fromisoformat("2011-11-12"),
    ]
    assert all(a.end == b.start for a, b in pairwise(windows))
    window = Window(DAY, 1)
    later = lines(line(1), line(2, ordered_at=DAY - timedelta(seconds=1)))
    assert window.within(later)["order_line_id"].to_list() == [1]
    assert window.before(later)["order_line_id"].to_list() == [2]
    with pytest.raises(ModelError):
        last_windows(DAY, 0)
