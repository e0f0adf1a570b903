"""Unusual large lines to review: not fraud, a typing error or a change of mind more often."""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from lakehouse.ml.forecast.panel import Floats
from lakehouse.ml.orders import sales

REVIEWED_DAYS = 28
SHOWN = 100
TAKEN_BACK_WITHIN = timedelta(days=30)


def scored(lines: pl.DataFrame) -> pl.DataFrame:
    """Every sale with its value and how many times the usual quantity it is.

    Usual is the median of the product's last 50 sales before it, or of all sales while the
    product has fewer than three. The score is that multiple times the root of the value: far off,
    and much money.
    """
    sold = sales(lines).sort("ordered_at", "order_line_id")
    earlier = pl.col("quantity").cast(pl.Float64).shift(1)
    own = earlier.rolling_median(window_size=50, min_samples=3).over("product_id")
    value = pl.col("quantity") * pl.col("unit_price")
    times = pl.col("quantity") / pl.col("typical_quantity")
    return (
        sold.with_columns(
            value.alias("line_value"),
            own.fill_null(pl.col("quantity").median()).alias("typical_quantity"),
        )
        .with_columns(times.alias("times_typical"))
        .with_columns((pl.col("times_typical") * pl.col("line_value").sqrt()).alias("score"))
    )


def taken_back(lines: pl.DataFrame, sold: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """For each line of `sold` whether the customer took it back in the 30 days after, whole.

    The nearest thing to a label that the data has: it says that a line was not meant, not why.
    """
    back = lines.filter(pl.col("line_type") == "cancellation").select(
        "customer_id",
        "product_id",
        (-pl.col("quantity")).alias("quantity"),
        pl.col("ordered_at").alias("back_at"),
    )
    hits = (
        sold.select("order_line_id", "customer_id", "product_id", "quantity", "ordered_at")
        .join(back, on=["customer_id", "product_id", "quantity"])
        .filter(
            pl.col("back_at") >= pl.col("ordered_at"),
            pl.col("back_at") <= pl.col("ordered_at") + TAKEN_BACK_WITHIN,
        )["order_line_id"]
        .unique()
    )
    return np.asarray(sold["order_line_id"].is_in(hits.implode()).to_numpy(), dtype=np.bool_)


def precision_at(scores: Floats, actual: npt.NDArray[np.bool_], k: int = SHOWN) -> float:
    """The share of the `k` highest scores that are actual ones."""
    best = np.argsort(-scores, kind="stable")[:k]
    return float(actual[best].mean()) if len(best) else 0.0


def to_review(found: pl.DataFrame, end: datetime, k: int = SHOWN) -> pl.DataFrame:
    """The `k` highest scored lines of the last 28 days before `end`, ranked."""
    recent = found.filter(
        pl.col("ordered_at") >= end - timedelta(days=REVIEWED_DAYS), pl.col("ordered_at") < end
    )
    best = recent.sort(["score", "order_line_id"], descending=[True, False]).head(k)
    return best.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("rank"),
        "order_line_id",
        "order_id",
        "customer_id",
        "product_id",
        "country",
        "ordered_at",
        "quantity",
        "unit_price",
        "line_value",
        "typical_quantity",
        "times_typical",
        "score",
    )
