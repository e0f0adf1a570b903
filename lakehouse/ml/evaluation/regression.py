"""How far predicted numbers are from what came."""

import numpy as np
import polars as pl

from lakehouse.ml.forecast.panel import Floats

BINS = (-1000.0, -100, -50, -20, -10, -5, -2, -1, 1, 2, 5, 10, 20, 50, 100, 1000)


def errors(predicted: Floats, actual: Floats) -> dict[str, float]:
    """MAE, MedAE and RMSE. On skewed data a handful of rows decide the last; look at all three."""
    miss = np.abs(predicted - actual)
    return {
        "mae": float(miss.mean()),
        "medae": float(np.median(miss)),
        "rmse": float(np.sqrt((miss**2).mean())),
    }


def residual_histogram(predicted: Floats, actual: Floats) -> pl.DataFrame:
    """How many residuals (what came less what was said) lie in each bin, with open ends."""
    edges = np.array([-np.inf, *BINS, np.inf])
    counts, _ = np.histogram(actual - predicted, bins=edges)
    bounds = [None, *BINS, None]
    return pl.DataFrame(
        {"at_least": bounds[:-1], "below": bounds[1:], "lines": counts},
        schema={"at_least": pl.Float64, "below": pl.Float64, "lines": pl.Int64},
    )
