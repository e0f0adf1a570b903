"""The model of the quantity, and what it has to beat."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder

from lakehouse.errors import ModelError
from lakehouse.ml.blas import single_threaded
from lakehouse.ml.forecast.panel import Floats
from lakehouse.ml.quantity.features import FEATURES, Split

ROUNDS = 300
PARAMETERS: Mapping[str, Any] = {
    # A little above the median of log quantities: absolute errors are smallest there, and the
    # mean, which the squared ones ask for, lies above the median.
    "objective": "quantile",
    "alpha": 0.55,
    "num_leaves": 63,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}


@dataclass(frozen=True)
class QuantityModel:
    """Units of an order line, from the features of `features`."""

    booster: lightgbm.Booster

    def predict(self, features: Floats) -> Floats:
        """Units, at least one, one a row."""
        logs = np.asarray(self.booster.predict(features), dtype=np.float64)
        return np.asarray(np.maximum(np.expm1(logs), 1.0))

    def to_text(self) -> bytes:
        """LightGBM's own text format."""
        return str(self.booster.model_to_string()).encode()


def fit_quantity(
    features: Floats, quantity: Floats, seed: int, parameters: Mapping[str, Any] = PARAMETERS
) -> QuantityModel:
    """Gradient boosted trees on log quantities; the same seed gives the same trees.

    Raises ModelError for parameters that LightGBM refuses.
    """
    settings = dict(parameters)
    rounds = int(settings.pop("rounds", ROUNDS))
    settings |= {"seed": seed, "num_threads": 1, "deterministic": True, "verbose": -1}
    settings |= {"force_row_wise": True, "feature_pre_filter": False}
    data = lightgbm.Dataset(features, np.log1p(quantity), feature_name=list(FEATURES))
    try:
        return QuantityModel(lightgbm.train(settings, data, rounds))
    except (lightgbm.basic.LightGBMError, ValueError) as e:
        said = str(e).split(" at /")[0].strip()  # LightGBM goes on with its own source file
        raise ModelError(f"LightGBM refuses the parameters: {said}", hint="see its manual") from e


def read_quantity(text: bytes) -> QuantityModel:
    """The model in LightGBM's text format.

    Raises ModelError when it is none, or takes other features.
    """
    try:
        booster = lightgbm.Booster(model_str=text.decode())
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as e:
        raise ModelError("the model file is damaged", hint="train again") from e
    if booster.feature_name() != list(FEATURES):
        raise ModelError("the model was trained on other features", hint="train again")
    return QuantityModel(booster)


def baselines(split: Split) -> dict[str, Floats]:
    """What simpler rules say of the judged lines.

    The mean of all; the customer's last quantity of the product, else the product's median; and
    the way of the AWS course: linear regression on one-hot columns and the price.
    """
    learned = _quantities(split.train)
    mean = np.full(split.test.height, learned.mean())
    medians = split.train.group_by("product_id").agg(pl.col("quantity").median().alias("median"))
    known = split.test.join(medians, on="product_id", how="left", maintain_order="left")
    median = known["median"].fill_null(float(np.median(learned))).to_numpy()
    last = split.test_features[:, FEATURES.index("last_quantity")]
    return {
        "mean": mean,
        "last_quantity": np.where(np.isnan(last), median, last),
        "linear_regression": _linear(split, learned),
    }


def _linear(split: Split, learned: Floats) -> Floats:
    categories = ["product_id", "country", "customer_id"]
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float64)
    train = encoder.fit_transform(split.train.select(categories).to_numpy())
    test = encoder.transform(split.test.select(categories).to_numpy())
    with single_threaded():
        model = Ridge(alpha=1.0, solver="lsqr").fit(hstack([train, _plain(split.train)]), learned)
        return np.asarray(model.predict(hstack([test, _plain(split.test)])))


def _plain(lines: pl.DataFrame) -> csr_matrix:
    at = pl.col("ordered_at").dt
    return csr_matrix(
        lines.select("unit_price", at.month().alias("month"), at.weekday().alias("day"), at.hour())
        .cast(pl.Float64)
        .to_numpy()
    )


def _quantities(lines: pl.DataFrame) -> Floats:
    return np.asarray(lines["quantity"].cast(pl.Float64).to_numpy())
