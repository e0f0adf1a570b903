"""Prediction intervals that cover what they say: pooled conformal (Vovk; Romano et al., 2019).

The errors of earlier origins, each in units of its series' own spread, are pooled over all
series in bins of the forecast's size; their quantiles, scaled back, are the interval. One series
alone has too few origins; thousands together have enough.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lakehouse.ml.forecast.panel import Floats

INTERVALS = (80, 95)
BINS = 5
FEWEST = 50
"""Errors a bin needs before its quantiles are trusted."""

RECENT_SLOTS = 26


@dataclass(frozen=True)
class Errors:
    """What one or more origins showed: forecast, what came, and the scale of the series."""

    forecast: Floats
    actual: Floats
    scale: Floats


@dataclass(frozen=True)
class Calibration:
    """Quantiles of the scaled errors: `quantiles` [level] is bins x (low, high)."""

    edges: Floats
    quantiles: dict[int, Floats]

    def interval(self, forecast: Floats, scale: Floats, level: int) -> tuple[Floats, Floats]:
        """Low and high of each forecast, low not below 0, the forecast never outside."""
        reach = self.quantiles[level][np.digitize(forecast, self.edges)]
        low = np.clip(forecast + reach[..., 0] * scale, 0, forecast)
        return low, np.maximum(forecast + reach[..., 1] * scale, forecast)


def scale_of(values: Floats, begins: npt.NDArray[np.intp]) -> Floats:
    """For each series twice the standard deviation of its last 26 slots, plus one."""
    recent = values[:, -RECENT_SLOTS:]
    slot = np.arange(values.shape[1])[-RECENT_SLOTS:]
    alive = slot[None, :] >= begins[:, None]
    count = np.maximum(alive.sum(axis=1), 1)
    mean = (recent * alive).sum(axis=1) / count
    variance = (((recent - mean[:, None]) ** 2) * alive).sum(axis=1) / count
    return np.asarray(2 * np.sqrt(variance) + 1)


def calibrate(errors: list[Errors]) -> Calibration | None:
    """The calibration by what earlier origins showed; None while they are fewer than 50."""
    if not errors:
        return None
    forecast = np.concatenate([e.forecast.ravel() for e in errors])
    if len(forecast) < FEWEST:
        return None
    scaled = np.concatenate([((e.actual - e.forecast) / e.scale).ravel() for e in errors])
    bins = min(BINS, len(forecast) // FEWEST)
    edges = np.unique(np.quantile(forecast, np.linspace(0, 1, bins + 1)[1:-1]))
    member = np.digitize(forecast, edges)
    quantiles = {level: _reaches(scaled, member, len(edges) + 1, level) for level in INTERVALS}
    return Calibration(edges, quantiles)


def _reaches(scaled: Floats, member: npt.NDArray[np.intp], bins: int, level: int) -> Floats:
    tail = (1 - level / 100) / 2
    reaches = []
    for number in range(bins):
        pool = scaled[member == number]
        pool = pool if len(pool) >= FEWEST else scaled
        reaches.append(np.quantile(pool, [tail, 1 - tail]))
    return np.array(reaches)
