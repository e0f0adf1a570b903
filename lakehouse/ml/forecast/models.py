"""The forecasting models, each over a whole panel: histories in, series x horizon out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from statsforecast.models import (
    ADIDA,
    IMAPA,
    AutoETS,
    DynamicOptimizedTheta,
    Naive,
    SeasonalNaive,
    SimpleExponentialSmoothingOptimized,
)

from lakehouse.ml.forecast.panel import Floats, Panel

SHORTEST = 8
"""Slots a history needs before a model is fitted to it; a shorter one goes on at its mean."""


LEVELS = (80, 95)
"""The levels of the intervals, in per cent."""


@lru_cache(maxsize=64)
def _auto_ets(
    history: bytes, season: int, horizon: int, levels: tuple[int, ...]
) -> dict[str, Floats]:
    """AutoETS with its intervals.

    The total's is asked for by its own level, its interval and the anchor of the countries; its
    search is the slowest of all models.
    """
    values = np.frombuffer(history)
    found = AutoETS(season_length=season).forecast(y=values, h=horizon, level=list(levels))
    return dict(found)


@dataclass(frozen=True)
class _SharedETS:
    season: int

    def forecast(self, y: Floats, h: int) -> dict[str, Floats]:
        return _auto_ets(y.tobytes(), self.season, h, LEVELS)


@dataclass(frozen=True)
class Forecaster:
    """A model by name. `make` takes the season; `cycles` is how many seasons it must see."""

    make: Callable[[int], Any]
    cycles: int = 0


FORECASTERS: Mapping[str, Forecaster] = {
    "naive": Forecaster(lambda _: Naive()),
    "seasonal_naive": Forecaster(SeasonalNaive, cycles=1),
    "auto_ets": Forecaster(_SharedETS, cycles=3),
    "optimized_theta": Forecaster(
        lambda season: DynamicOptimizedTheta(season_length=season), cycles=3
    ),
    "theta_unseasonal": Forecaster(lambda _: DynamicOptimizedTheta(season_length=1)),
    "ses": Forecaster(lambda _: SimpleExponentialSmoothingOptimized()),
    "adida": Forecaster(lambda _: ADIDA()),
    "imapa": Forecaster(lambda _: IMAPA()),
}
"""Every model of the ensembles and their baselines (statsforecast's, Garza et al., 2022)."""


def predict(panel: Panel, model: str, horizon: int) -> Floats:
    """Series x `horizon` slots after the panel's end; never negative, never NaN.

    As if the shop were open on every one of them. A series with too short a history goes on at
    its mean, one without any sale at 0.
    """
    rows = [
        _predict_one(FORECASTERS[model], history, panel.season, horizon)
        for history in histories(panel)
    ]
    return np.array(rows).reshape(len(panel.ids), horizon)


def histories(panel: Panel) -> list[Floats]:
    """Each series from its first sale on, as if the shop had always been open."""
    filled = fill_closed(panel)
    return [row[begin:] for row, begin in zip(filled, panel.begins, strict=True)]


def fill_closed(panel: Panel) -> Floats:
    """The values at full trading days.

    A slot that was partly open is scaled up, a closed one is the mean of the nearest open ones a
    season or two away.
    """
    share, slots = panel.open_share, len(panel.open_share)
    values = panel.values / np.where(share > 0, share, 1)
    for slot in np.flatnonzero(share == 0):
        steps = (slot + side * back * panel.season for back in (1, 2) for side in (-1, 1))
        near = [step for step in steps if 0 <= step < slots and share[step] > 0][:2]
        if near:
            values[:, slot] = values[:, near].mean(axis=1)
    return values


def native_interval(
    panel: Panel, horizon: int, levels: tuple[int, int] = LEVELS
) -> dict[int, tuple[Floats, Floats]] | None:
    """How far AutoETS's own intervals reach below and above its forecast, by level.

    None when a history is too short for it.
    """
    found: dict[int, tuple[list[Floats], list[Floats]]] = {level: ([], []) for level in levels}
    for history in histories(panel):
        if len(history) < max(SHORTEST, 3 * panel.season) or not history.any():
            return None
        result = _auto_ets(history.tobytes(), panel.season, horizon, levels)
        for level in levels:
            found[level][0].append(result["mean"] - result[f"lo-{level}"])
            found[level][1].append(result[f"hi-{level}"] - result["mean"])
    return {level: (np.array(low), np.array(high)) for level, (low, high) in found.items()}


def _predict_one(forecaster: Forecaster, history: Floats, season: int, horizon: int) -> Floats:
    if not len(history):
        return np.zeros(horizon)
    mean = np.full(horizon, history.mean())
    if len(history) < max(SHORTEST, forecaster.cycles * season):
        return mean
    if history.min() == history.max():
        return mean  # nothing to fit: some models divide by the spread
    result = forecaster.make(season).forecast(y=history, h=horizon)["mean"]
    return np.where(np.isfinite(result), np.maximum(result, 0), mean)
