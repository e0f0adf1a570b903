"""Tuning: Optuna looks for better parameters of the quantity model; every trial is a run.

Trials are judged on the last part of what the model learns from, never on the test lines: what
comes out has still to be trained and judged there.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.regression import errors
from lakehouse.ml.inputs import current_inputs, read_lines
from lakehouse.ml.lake import Lake
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.features import Split, clean, split_by_time
from lakehouse.ml.quantity.model import PARAMETERS, fit_quantity
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import SEED, Plan, recorded
from lakehouse.progress import SILENT, Progress

if TYPE_CHECKING:
    import optuna

TASK = "quantity_trial"
VALIDATED = 0.8
"""The share of the training lines that a trial learns from; it is judged on the others."""


def tune(
    lake: Lake, trials: int, clock: Callable[[], datetime], progress: Progress = SILENT
) -> list[dict[str, Any]]:
    """The parameters of `trials` trials with their MAE on the validation lines, best first.

    Raises ModelError without the optional extra.
    """
    try:
        import optuna  # noqa: PLC0415 - an optional extra
    except ImportError as e:
        raise ModelError(
            "tuning needs Optuna", hint="in this project: pip install -e '.[tune]'"
        ) from e
    inputs, as_of = current_inputs(lake), clock()
    split = split_by_time(clean(demand(read_lines(lake, inputs, as_of))))
    rows: list[dict[str, Any]] = []

    def trial(suggest: "optuna.Trial") -> float:
        asked = _suggested(suggest)
        plan = Plan(TASK, inputs, {"overrides": asked}, as_of)
        with recorded(lake, plan, clock) as recording:
            found = _judged(split, asked)
            where = f"validation before {split.cut:%Y-%m-%d %H:%M}"
            recording.metrics += [Metric("lightgbm", where, k, v) for k, v in found.items()]
        rows.append({"run_id": recording.run_id, **found, "parameters": asked})
        return found["mae"]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
    with progress.task(f"tune: {trials} trials", trials) as task:
        study.optimize(trial, n_trials=trials, callbacks=[lambda *_: task.advance(1)])
    return sorted(rows, key=lambda row: row["mae"])


def _suggested(trial: "optuna.Trial") -> dict[str, float]:
    return {
        "alpha": trial.suggest_float("alpha", 0.45, 0.65),
        "num_leaves": trial.suggest_int("num_leaves", 15, 255, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 10, 200, log=True),
        "rounds": trial.suggest_int("rounds", 100, 400, step=50),
    }


def _judged(split: Split, asked: dict[str, float]) -> dict[str, float]:
    moment = split.train["ordered_at"][int(split.train.height * VALIDATED)]
    early = (split.train["ordered_at"] < moment).to_numpy()
    quantity = np.asarray(split.train["quantity"].cast(pl.Float64).to_numpy())
    model = fit_quantity(
        split.train_features[early], quantity[early], SEED, {**PARAMETERS, **asked}
    )
    return errors(model.predict(split.train_features[~early]), quantity[~early])
