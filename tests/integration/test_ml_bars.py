"""The bars on the real data: models are chosen on one window and held to a later one.

The lines are read straight from the log by the rules of the marts, so that no mart has to be
built for them; `test_build` holds that the marts follow these rules.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.ml_lines import END, read_lines
from lakehouse.ml.evaluation.regression import errors
from lakehouse.ml.evaluation.windows import last_windows
from lakehouse.ml.forecast.backtest import Score
from lakehouse.ml.forecast.outlook import Outlook, look_ahead
from lakehouse.ml.forecast.panel import last_full_day
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.features import clean, split_by_time
from lakehouse.ml.quantity.model import baselines, fit_quantity
from lakehouse.ml.recommend.interactions import interactions
from lakehouse.ml.recommend.leaderboard import Standing, best, standings
from lakehouse.ml.recommend.recipes import Fits

RIVALS = ["recent_popularity", "buy_again", "neighbours_trend", "ease_trend", "again_ease_trend"]


@pytest.fixture(scope="module")
def lines(online_retail: Path) -> pl.DataFrame:
    return read_lines(online_retail)


@pytest.fixture(scope="module")
def purchases(lines: pl.DataFrame) -> pl.DataFrame:
    return demand(lines)


def test_the_demand_rule_removes_the_monsters(lines: pl.DataFrame, purchases: pl.DataFrame) -> None:
    assert lines.height == 541_909
    assert lines["quantity"].max() == 80_995
    assert purchases["quantity"].max() < 13_000


def test_recommendations_reach_their_bars(purchases: pl.DataFrame) -> None:
    validation, test = last_windows(END, 2)
    found = {}
    for window in (validation, test):
        fits = Fits(interactions(purchases, window.start))
        found[window] = standings(fits, purchases, window, RIVALS)
    # Chosen on 15 October - 11 November, held to 12 November - 9 December.
    shipped_all = best(found[validation], "all")
    shipped_new = best(found[validation], "new")

    def ndcg(model: str | None, scope: str) -> float:
        return (
            next(s for s in found[test] if (s.model, s.scope) == (model, scope))
            .metrics["ndcg"]
            .value
        )

    assert ndcg(shipped_new, "new") >= 0.14
    assert ndcg(shipped_all, "all") >= 0.35
    assert ndcg(shipped_new, "new") >= 1.5 * ndcg("recent_popularity", "new")
    judged: list[Standing] = found[test]
    assert all(s.judged > 1000 for s in judged)
    interval = next(s for s in judged if s.model == shipped_new and s.scope == "new")
    assert interval.metrics["ndcg"].low < interval.metrics["ndcg"].value
    assert interval.metrics["ndcg"].high > interval.metrics["ndcg"].value


def score(outlook: Outlook, model: str) -> Score:
    return next(s for s in outlook.verdict.scores if s.model == model)


def test_daily_revenue_reaches_its_bar(purchases: pl.DataFrame) -> None:
    last = last_full_day(purchases["ordered_at"].dt.date(), purchases["ordered_at"])
    assert last.isoformat() == "2011-12-08"  # the log stops at 12:50 the day after
    _, revenue = look_ahead(purchases, "total_daily", last)
    naive = score(revenue, "seasonal_naive").wape
    assert score(revenue, "ensemble").wape <= 0.88 * naive
    assert revenue.verdict.reliable
    ahead = revenue.forecasts
    closed = ahead.filter(
        pl.col("period_start").is_between(pl.date(2011, 12, 24), pl.date(2012, 1, 2))
    )
    assert closed["value"].sum() == closed["high_95"].sum() == 0
    assert ahead.filter(pl.col("period_start") == pl.date(2012, 1, 3))["value"].item() > 10_000


def test_products_reach_their_bars(purchases: pl.DataFrame) -> None:
    last = last_full_day(purchases["ordered_at"].dt.date(), purchases["ordered_at"])
    units, _ = look_ahead(purchases, "product_weekly", last)
    assert units.verdict.series > 3000
    ensemble = score(units, "ensemble").wape
    assert ensemble <= 0.51
    assert ensemble <= 0.75 * score(units, "naive").wape
    assert units.verdict.coverage[80] == pytest.approx(0.80, abs=0.03)
    assert units.verdict.coverage[95] == pytest.approx(0.95, abs=0.03)


def test_a_total_that_naive_forecasts_as_well_says_so(purchases: pl.DataFrame) -> None:
    last = last_full_day(purchases["ordered_at"].dt.date(), purchases["ordered_at"])
    assert not any(o.verdict.reliable for o in look_ahead(purchases, "total_weekly", last))


def test_quantities_reach_their_bars(purchases: pl.DataFrame) -> None:
    split = split_by_time(clean(purchases))
    learned = split.train["quantity"].cast(pl.Float64).to_numpy()
    model = fit_quantity(split.train_features, learned, seed=7)
    actual = np.asarray(split.test["quantity"].cast(pl.Float64).to_numpy())
    found = errors(model.predict(split.test_features), actual)
    linear = errors(baselines(split)["linear_regression"], actual)
    assert found["mae"] <= 5.5
    assert found["mae"] <= 0.6 * linear["mae"]
    assert found["rmse"] <= 0.9 * linear["rmse"]
