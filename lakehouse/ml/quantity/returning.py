"""Will a customer order again within 60 days? Which segment will they be in by then?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zipfile import BadZipFile

import lightgbm
import numpy as np
import numpy.typing as npt
import polars as pl
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from lakehouse.errors import ModelError
from lakehouse.ml.blas import single_threaded
from lakehouse.ml.forecast.panel import Floats
from lakehouse.ml.quantity.customers import FEATURES, PERIOD, customers_at, outcomes

FEWEST_CUSTOMERS = 50
LEARNING_DAYS = (1, 2, 3)
"""Learned from as many standings, each 30 days before the last, all over before the judged one."""

TRUSTED = ["numpy.log1p"]


@dataclass(frozen=True)
class Standings:
    """Customers at earlier days with what they did after, and those of the judged day."""

    train: pl.DataFrame
    test: pl.DataFrame
    day: datetime


def standings(purchases: pl.DataFrame, end: datetime) -> Standings:
    """Judge at 60 days before `end`; learn at days whose own 60 days were over by then.

    Raises ModelError when too few customers are known, or only one outcome is.
    """
    day = end - PERIOD
    earlier = [day - PERIOD - 30 * (n - 1) * (PERIOD / 60) for n in LEARNING_DAYS]
    train = pl.concat([_with_segment_after(purchases, learned) for learned in earlier])
    test = _with_segment_after(purchases, day)
    if min(train.height, test.height) < FEWEST_CUSTOMERS:
        raise ModelError(
            "too little is known of the customers to learn what they will do",
            hint="it takes half a year of orders and some 50 customers",
        )
    if train["returned"].n_unique() < 2 or train["segment_after"].n_unique() < 2:
        raise ModelError(
            "all customers did the same, so that nothing tells them apart",
            hint="it takes some who order again within 60 days and some who don't",
        )
    return Standings(train, test, day)


def matrix(customers: pl.DataFrame) -> Floats:
    """FEATURES of the customers, one row each."""
    return np.asarray(customers.select(FEATURES).cast(pl.Float64).to_numpy())


def fit_return(found: pl.DataFrame, seed: int) -> lightgbm.Booster:
    """The probability to order again within 60 days, as gradient boosted trees."""
    settings: dict[str, Any] = {
        "objective": "binary",
        "num_leaves": 15,
        "learning_rate": 0.03,
        "min_data_in_leaf": 40,
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    data = lightgbm.Dataset(
        matrix(found), found["returned"].to_numpy().astype(np.float64), feature_name=list(FEATURES)
    )
    return lightgbm.train(settings, data, 120)


def fit_segment(found: pl.DataFrame) -> Pipeline:
    """The segment in 60 days, by multinomial logistic regression on logs of the features."""
    model = make_pipeline(
        FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression(max_iter=2000)
    )
    with single_threaded():
        model.fit(matrix(found), found["segment_after"].to_numpy())
    return cast("Pipeline", model)


def segment_to_bytes(model: Pipeline) -> bytes:
    """The model as a skops file: data and named types, no code that runs when it is read."""
    return bytes(skops.io.dumps(model))


def read_segment(content: bytes) -> Pipeline:
    """The model in a skops file.

    Raises ModelError for a file that is none, or holds a type that is not expected in one.
    """
    try:
        unknown = skops.io.get_untrusted_types(data=content)
        if set(unknown) - set(TRUSTED):
            raise ModelError(f"the model file holds {unknown[0]}", hint="train again")
        return cast("Pipeline", skops.io.loads(content, trusted=unknown))
    except (ValueError, OSError, KeyError, BadZipFile) as e:
        raise ModelError("the model file is damaged", hint="train again") from e


def probabilities(booster: lightgbm.Booster, customers: pl.DataFrame) -> Floats:
    """For each customer the probability to order again within 60 days."""
    return np.asarray(booster.predict(matrix(customers)))


def recency_says(customers: pl.DataFrame) -> Floats:
    """The baseline: the fresher the last order, the likelier the next."""
    return np.asarray(1 / (1 + customers["recency_days"].to_numpy() / PERIOD.days))


def returned(customers: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """For each customer whether they ordered again."""
    return np.asarray(customers["returned"].to_numpy(), dtype=np.bool_)


def _with_segment_after(purchases: pl.DataFrame, day: datetime) -> pl.DataFrame:
    later = customers_at(purchases, day + PERIOD).select(
        "customer_id", pl.col("segment").alias("segment_after")
    )
    return outcomes(purchases, day).join(later, on="customer_id").sort("customer_id")
