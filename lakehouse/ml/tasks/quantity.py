"""Quantity: the units of an order line, by the course's flow from the split to the predictions."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.regression import errors, residual_histogram
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.features import Split, clean, split_by_time
from lakehouse.ml.quantity.model import PARAMETERS, baselines, fit_quantity
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import Recording
from lakehouse.progress import Progress

TASK = "quantity"
MODEL_FILE = "quantity.lightgbm.txt"
BASELINE = "linear_regression"
TUNABLE = frozenset(set(PARAMETERS) - {"objective"} | {"rounds", "lambda_l1", "lambda_l2"})


@dataclass(frozen=True)
class Request:
    """Parameters of LightGBM that differ from the ones that are shipped."""

    overrides: dict[str, float] = field(default_factory=dict)


def parse_overrides(text: str) -> dict[str, float]:
    """The parameters in a JSON object of numbers.

    Raises ModelError for anything else.
    """
    hint = """write them as '{"num_leaves": 127}'"""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as e:
        raise ModelError(f"the parameters are no JSON: {e}", hint=hint) from e
    if not isinstance(found, dict):
        raise ModelError("the parameters are no JSON object", hint=hint)
    for name, value in found.items():
        if name not in TUNABLE or isinstance(value, bool) or not isinstance(value, int | float):
            known = ", ".join(sorted(TUNABLE))
            raise ModelError(f"{name} = {value!r} can't be set", hint=f"numbers for {known}")
    return found


def quantity(recording: Recording, request: Request, progress: Progress) -> None:
    """Learn on the first 70 % of the lines, judge on the rest, publish what was said of them."""
    plan = recording.plan
    lines = clean(demand(recording.read_lines()))
    split = split_by_time(lines)
    parameters: dict[str, Any] = {**PARAMETERS, **request.overrides}
    learned = split.train["quantity"].cast(pl.Float64).to_numpy()
    with progress.task(f"quantity: learn from {split.train.height:,} lines"):
        model = fit_quantity(split.train_features, learned, plan.seed, parameters)
    with progress.task(f"quantity: judge on {split.test.height:,} later lines"):
        said = {"lightgbm": model.predict(split.test_features), **baselines(split)}
    recording.metrics += metrics_of(split, said)
    recording.keep_model(MODEL_FILE, model.to_text())
    recording.publish(
        "quantity_predictions",
        split.test.select(
            "order_line_id", "order_id", "customer_id", "product_id", "ordered_at", "quantity"
        ).with_columns(pl.Series("predicted_quantity", said["lightgbm"])),
        "What the model says of the later lines it did not learn from",
    )
    actual = split.test["quantity"].cast(pl.Float64).to_numpy()
    recording.publish(
        "quantity_residuals",
        residual_histogram(said["lightgbm"], actual),
        "Residuals of the quantity model: what came less what was said",
    )


def metrics_of(
    split: Split, said: dict[str, np.ndarray[Any, np.dtype[np.float64]]]
) -> list[Metric]:
    """MAE, MedAE and RMSE of the model and its baselines, beside the linear regression's."""
    actual = split.test["quantity"].cast(pl.Float64).to_numpy()
    measured = {model: errors(values, actual) for model, values in said.items()}
    where = f"test from {split.cut:%Y-%m-%d %H:%M}"
    return [
        Metric(
            model,
            where,
            name,
            value,
            baseline=BASELINE,
            baseline_value=measured[BASELINE][name],
        )
        for model, values in measured.items()
        for name, value in values.items()
    ]
