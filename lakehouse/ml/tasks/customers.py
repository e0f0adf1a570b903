"""Customers: segments and what became of them, who will return, and who will be what."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.classification import (
    binary_metrics,
    class_metrics,
    confusion,
    threshold_table,
)
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.customers import PERIOD, SEGMENTS, customers_at, segment_outcomes
from lakehouse.ml.quantity.returning import (
    Standings,
    fit_return,
    fit_segment,
    matrix,
    probabilities,
    recency_says,
    returned,
    segment_to_bytes,
    standings,
)
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import Recording
from lakehouse.ml.tasks.recommend import midnight_after
from lakehouse.progress import Progress

SEGMENTS_TASK = "segments"
RETURNS_TASK = "returns"
MOVES_TASK = "moves"
RETURN_FILE = "returns.lightgbm.txt"
SEGMENT_FILE = "moves.skops"


@dataclass(frozen=True)
class Request:
    """Nothing can be asked for."""


def segments(recording: Recording, _: Request, progress: Progress) -> None:
    """Publish every customer's segment, and how the segments of 60 days ago turned out."""
    purchases, end = _purchases(recording)
    with progress.task("segments: recency, orders, revenue"):
        today = customers_at(purchases, end)
        past = segment_outcomes(purchases, end - PERIOD)
    for row in past.to_dicts():
        where = f"60 days from {row['as_of_date']}"
        recording.metrics.append(Metric(row["segment"], where, "return_rate", row["return_rate"]))
    recording.publish("customer_segments", today, "RFM segment of every customer, by rules")
    recording.publish("segment_outcomes", past, "What the segments of 60 days ago did since")


def returns(recording: Recording, _: Request, progress: Progress) -> None:
    """The binary example: will this customer order again within 60 days?"""
    purchases, end = _purchases(recording)
    found = standings(purchases, end)
    with progress.task(f"returns: learn from {found.train.height:,} standings"):
        model = fit_return(found.train, recording.plan.seed)
    said, actual = probabilities(model, found.test), returned(found.test)
    baseline = binary_metrics(recency_says(found.test), actual)
    recording.metrics += [
        Metric("lightgbm", _where(found), name, value, None, None, "recency", baseline[name])
        for name, value in binary_metrics(said, actual).items()
    ]
    recording.keep_model(RETURN_FILE, str(model.model_to_string()).encode())
    table = [vars(row) for row in threshold_table(said, actual)]
    recording.publish("return_thresholds", pl.DataFrame(table), "What each threshold brings")
    today = customers_at(purchases, end)
    recording.publish(
        "customer_returns",
        today.select("customer_id").with_columns(
            pl.Series("return_probability", probabilities(model, today))
        ),
        "The probability that a customer orders again within 60 days",
    )


def moves(recording: Recording, _: Request, progress: Progress) -> None:
    """The multi-class example: which segment will this customer be in 60 days from now?"""
    purchases, end = _purchases(recording)
    found = standings(purchases, end)
    with progress.task(f"moves: learn from {found.train.height:,} standings"):
        model = fit_segment(found.train)
    said = [str(label) for label in model.predict(matrix(found.test))]
    actual, stays = found.test["segment_after"].to_list(), found.test["segment"].to_list()
    baseline = class_metrics(stays, actual)
    recording.metrics += [
        Metric("logistic", _where(found), name, value, None, None, "stays", baseline[name])
        for name, value in class_metrics(said, actual).items()
    ]
    recording.keep_model(SEGMENT_FILE, segment_to_bytes(model))
    counts = confusion(said, actual, SEGMENTS)
    rows, columns = np.indices(counts.shape)
    cells = {
        "actual": [SEGMENTS[n] for n in rows.ravel()],
        "predicted": [SEGMENTS[n] for n in columns.ravel()],
        "customers": counts.ravel(),
    }
    recording.publish("segment_confusion", pl.DataFrame(cells), "Segments that came and were said")
    today = customers_at(purchases, end)
    recording.publish(
        "customer_moves",
        today.select("customer_id", "segment").with_columns(
            pl.Series("segment_in_60_days", [str(label) for label in model.predict(matrix(today))])
        ),
        "The segment a customer is in, and the one expected in 60 days",
    )


def _purchases(recording: Recording) -> tuple[pl.DataFrame, datetime]:
    purchases = demand(recording.read_lines())
    if purchases.is_empty():
        raise ModelError("there is no sale to learn from", hint="run `lakehouse build`")
    if purchases["customer_id"].null_count() == purchases.height:
        raise ModelError("no order line has a customer", hint="land logs with customers first")
    return purchases, midnight_after(purchases)


def _where(found: Standings) -> str:
    return f"60 days from {found.day:%Y-%m-%d}"
