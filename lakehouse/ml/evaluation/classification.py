"""How well classes are told apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, f1_score, log_loss, roc_auc_score

from lakehouse.ml.forecast.panel import Floats

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class AtThreshold:
    """What calling everything at or above `threshold` positive brings."""

    threshold: float
    precision: float
    recall: float
    f1: float
    positives: int


def auc(scores: Floats, actual: npt.NDArray[np.bool_]) -> float:
    """The chance that a positive scores above a negative; 0.5 when there is only one class."""
    if actual.all() or not actual.any():
        return 0.5
    return float(roc_auc_score(actual, scores))


def binary_metrics(probability: Floats, actual: npt.NDArray[np.bool_]) -> dict[str, float]:
    """AUC, log loss, and F1 at one half."""
    said = probability >= 0.5
    return {
        "auc": auc(probability, actual),
        "log_loss": float(log_loss(actual, probability, labels=[False, True])),
        "f1": float(f1_score(actual, said, zero_division=0)),
    }


def threshold_table(probability: Floats, actual: npt.NDArray[np.bool_]) -> list[AtThreshold]:
    """Precision, recall and F1 at every tenth; precision is 0 where nothing is called positive."""
    rows = []
    for threshold in THRESHOLDS:
        said = probability >= threshold
        hits = float((said & actual).sum())
        precision = hits / said.sum() if said.any() else 0.0
        recall = hits / actual.sum() if actual.any() else 0.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        found = (float(precision), float(recall), float(f1))
        rows.append(AtThreshold(threshold, *found, int(said.sum())))
    return rows


def class_metrics(said: Sequence[str], actual: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro F1."""
    return {
        "accuracy": float(np.mean(np.asarray(said) == np.asarray(actual))),
        "f1_macro": float(f1_score(actual, said, average="macro", zero_division=0)),
    }


def confusion(
    said: Sequence[str], actual: Sequence[str], classes: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Actual (rows) by said (columns), both in the order of `classes`."""
    return np.asarray(confusion_matrix(actual, said, labels=list(classes)), dtype=np.int64)
