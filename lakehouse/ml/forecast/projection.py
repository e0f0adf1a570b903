"""Projections: every model of a level from one origin, in the past or at the end of the data."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lakehouse.ml.forecast.intervals import INTERVALS, scale_of
from lakehouse.ml.forecast.levels import LEVELS, Level
from lakehouse.ml.forecast.models import native_interval, predict
from lakehouse.ml.forecast.panel import Floats, Panel

ENSEMBLE = "ensemble"
FEWEST_SLOTS = 8
"""Slots there must be before an origin, or nothing would be learned from them."""

PRICE_SLOTS = 8


@dataclass(frozen=True)
class Projection:
    """What the models said at the slot `origin` about the slots after it.

    `rows` are the series that had begun by then; all arrays are these series x horizon. `actual`
    is None at the end of the data. `reach` is how far the native interval goes below and above,
    by level, for levels that have one.
    """

    origin: int
    rows: npt.NDArray[np.intp]
    by_model: dict[str, Floats]
    actual: Floats | None
    scale: Floats
    reach: dict[int, tuple[Floats, Floats]] | None = None

    @property
    def ensemble(self) -> Floats:
        """The forecast that is shown."""
        return self.by_model[ENSEMBLE]


def origins(panel: Panel, level: Level) -> list[int]:
    """The slots to forecast from, one horizon apart, the earliest first; fewer in a short past."""
    horizon, slots = level.horizon(panel), panel.values.shape[1]
    fewest = max(FEWEST_SLOTS, horizon)
    back = range(level.origins, 0, -1)
    return [slots - horizon * n for n in back if slots - horizon * n >= fewest]


def project(panel: Panel, level: Level, origin: int, open_ahead: Floats) -> Projection:
    """All models of the level at `origin`; `open_ahead` is the open share of the slots after."""
    horizon = level.horizon(panel)
    past = panel.until(origin)
    rows = np.flatnonzero(past.begins < origin)
    known = replace(past, ids=tuple(panel.ids[row] for row in rows), values=past.values[rows])
    by_model = {
        model: predict(known, model, horizon) * open_ahead
        for model in dict.fromkeys((*level.baselines, *level.members))
    }
    by_model[ENSEMBLE] = _ensemble(by_model, level, known, open_ahead)
    future = panel.values[rows, origin : origin + horizon]
    return Projection(
        origin,
        rows,
        by_model,
        future if future.shape[1] == horizon else None,
        scale_of(known.values, known.begins),
        _reach(known, level, open_ahead),
    )


def priced(projection: Projection, units: Panel, revenue: Panel) -> Projection:
    """A projection of units as one of revenue, at the mean price of the last eight slots."""
    rows, origin = projection.rows, projection.origin
    price = _price(units, revenue, rows, origin, PRICE_SLOTS)
    price = np.where(np.isfinite(price), price, _price(units, revenue, rows, origin, origin))
    actual = projection.actual
    horizon = projection.ensemble.shape[1]
    if actual is not None:
        actual = revenue.values[rows, origin : origin + horizon]
    return replace(
        projection,
        by_model={m: f * price[:, None] for m, f in projection.by_model.items()},
        actual=actual,
        scale=scale_of(revenue.values[rows, :origin], units.until(origin).begins[rows]),
    )


def _price(
    units: Panel, revenue: Panel, rows: npt.NDArray[np.intp], origin: int, slots: int
) -> Floats:
    window = slice(max(0, origin - slots), origin)
    sold = units.values[rows, window].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(revenue.values[rows, window].sum(axis=1) / sold)


def _ensemble(
    by_model: dict[str, Floats], level: Level, known: Panel, open_ahead: Floats
) -> Floats:
    median = np.median([by_model[member] for member in level.members], axis=0)
    if level.anchor is None or not len(median):
        return np.asarray(median)
    members = LEVELS[level.anchor].members
    horizon = median.shape[1]
    anchor = np.median([predict(known.total(), m, horizon)[0] for m in members], axis=0)
    total = median.sum(axis=0)
    share = np.divide(anchor * open_ahead, total, out=np.zeros(horizon), where=total > 0)
    return np.asarray(median * share)


def _reach(
    known: Panel, level: Level, open_ahead: Floats
) -> dict[int, tuple[Floats, Floats]] | None:
    if level.interval != "native" or not known.ids:
        return None
    found = native_interval(known, len(open_ahead), INTERVALS)
    if found is None:
        return None
    return {lvl: (low * open_ahead, high * open_ahead) for lvl, (low, high) in found.items()}
