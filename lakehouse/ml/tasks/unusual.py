"""Unusual: large lines to review, with the share that such a list has been right before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.classification import auc
from lakehouse.ml.quantity.unusual import (
    REVIEWED_DAYS,
    SHOWN,
    TAKEN_BACK_WITHIN,
    precision_at,
    scored,
    taken_back,
    to_review,
)
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import Recording
from lakehouse.ml.tasks.recommend import midnight_after
from lakehouse.progress import Progress

TASK = "unusual"


@dataclass(frozen=True)
class Request:
    """Nothing can be asked for."""


def unusual(recording: Recording, _: Request, progress: Progress) -> None:
    """Publish the last four weeks' lines to review, ranked.

    `precision` beside them is that of the same list as of 30 days ago, whose takings-back are
    known by now.
    """
    lines = recording.read_lines()
    with progress.task("unusual: large lines to review"):
        found = scored(lines)
        if found.is_empty():
            raise ModelError("there is no sale to look at", hint="run `lakehouse build`")
        end = midnight_after(found)
        metrics = _metrics(lines, found, end - TAKEN_BACK_WITHIN)
        recording.metrics += metrics
        known = [m.value for m in metrics if m.name == f"precision@{SHOWN}"]
        precision = pl.lit(known[0] if known else None, pl.Float64).alias("precision")
        listed = to_review(found, end).with_columns(precision)
    recording.publish("unusual_lines", listed, "Unusual large lines to review, not fraud")


def _metrics(lines: pl.DataFrame, found: pl.DataFrame, end: datetime) -> list[Metric]:
    window = found.filter(
        pl.col("ordered_at") >= end - timedelta(days=REVIEWED_DAYS),
        pl.col("ordered_at") < end,
        pl.col("customer_id").is_not_null(),
    )
    if window.height < SHOWN:
        return []
    actual = taken_back(lines, window)
    scores = {name: window[name].to_numpy() for name in ("score", "line_value")}
    where = f"{REVIEWED_DAYS} days to {end:%Y-%m-%d}"
    rows = []
    for name, measure in (("auc", auc), (f"precision@{SHOWN}", precision_at)):
        value, alone = measure(scores["score"], actual), measure(scores["line_value"], actual)
        rows.append(Metric("score", where, name, value, None, None, "line_value", alone))
    rows.append(Metric("chance", where, f"precision@{SHOWN}", float(np.mean(actual))))
    return rows
