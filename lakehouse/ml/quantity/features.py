"""What is known of an order line before its quantity is: the line itself and the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.forecast.panel import Floats

FEATURES: Final = (
    "last_quantity",
    "times_bought",
    "pair_log_quantity",
    "product_log_quantity",
    "product_lines",
    "product_recent_median",
    "product_recent_most",
    "customer_log_quantity",
    "customer_lines",
    "customer_log_value",
    "affordable_log_quantity",
    "customer_orders",
    "days_since_order",
    "log_price",
    "relative_price",
    "month",
    "weekday",
    "hour",
    "country_log_quantity",
)
"""The columns of the model, in its order. Logs are natural, of 1 + the number for quantities."""

RECENT_LINES: Final = 30
"""The lines of a product that its recent median and maximum are taken from."""

LOG_QUANTITY: Final = pl.col("quantity").cast(pl.Float64).log1p()
LOG_VALUE: Final = (pl.col("quantity") * pl.col("unit_price")).log1p()


def clean(purchases: pl.DataFrame) -> pl.DataFrame:
    """The lines the model learns from: demand with a known customer, in the order of time."""
    known = purchases.filter(pl.col("customer_id").is_not_null())
    return known.sort("ordered_at", "order_id", "order_line_id")


def features(lines: pl.DataFrame) -> pl.DataFrame:
    """`FEATURES` of each of the clean `lines`, from lines of earlier orders only, row by row.

    What has no past is null. The lines must be sorted as `clean` sorts them.
    """
    priced = lines.with_columns(
        LOG_QUANTITY.alias("log_quantity"),
        LOG_VALUE.alias("log_value"),
        pl.col("unit_price").log().alias("log_price"),
    )
    frame = priced.with_columns(
        *_before(["customer_id", "product_id"], "pair"),
        *_before(["product_id"], "product"),
        *_before(["customer_id"], "customer"),
        *_before(["country"], "country"),
    )
    frame = frame.with_columns(
        # The first line of an order sees what was before the order; the others see the same.
        pl.col(name).first().over([*keys, "order_id"])
        for name, keys in _OF_ORDER.items()
    )
    orders = _orders(lines)
    return frame.with_columns(
        (pl.col("log_price") - pl.col("product_log_price")).alias("relative_price"),
        (pl.col("customer_log_value") - pl.col("log_price")).alias("affordable_log_quantity"),
        pl.col("ordered_at").dt.month().alias("month"),
        pl.col("ordered_at").dt.weekday().alias("weekday"),
        pl.col("ordered_at").dt.hour().alias("hour"),
        orders["customer_orders"],
        orders["days_since_order"],
    ).select(pl.col(name).cast(pl.Float64) for name in FEATURES)


_OF_ORDER: Final = {
    "last_quantity": ["customer_id", "product_id"],
    "times_bought": ["customer_id", "product_id"],
    "pair_log_quantity": ["customer_id", "product_id"],
    "product_log_quantity": ["product_id"],
    "product_log_price": ["product_id"],
    "product_lines": ["product_id"],
    "product_recent_median": ["product_id"],
    "product_recent_most": ["product_id"],
    "customer_log_quantity": ["customer_id"],
    "customer_lines": ["customer_id"],
    "customer_log_value": ["customer_id"],
    "country_log_quantity": ["country"],
}


def _before(keys: list[str], name: str) -> list[pl.Expr]:
    count = pl.int_range(pl.len()).over(keys)
    found = [_mean_before("log_quantity", keys).alias(f"{name}_log_quantity")]
    if name == "pair":
        last = pl.col("quantity").shift(1).over(keys)
        return [*found, count.alias("times_bought"), last.alias("last_quantity")]
    if name == "product":
        recent = pl.col("quantity").cast(pl.Float64).shift(1)
        median = recent.rolling_median(RECENT_LINES, min_samples=1).over(keys)
        most = recent.rolling_max(RECENT_LINES, min_samples=1).over(keys)
        found += [
            _mean_before("log_price", keys).alias("product_log_price"),
            median.alias("product_recent_median"),
            most.alias("product_recent_most"),
        ]
    if name == "customer":
        found.append(_mean_before("log_value", keys).alias("customer_log_value"))
    if name in {"product", "customer"}:
        found.append(count.alias(f"{name}_lines"))
    return found


def _mean_before(column: str, keys: list[str]) -> pl.Expr:
    count = pl.int_range(pl.len()).over(keys)
    past = (pl.col(column).cum_sum() - pl.col(column)).over(keys)
    return pl.when(count > 0).then(past / count)


def _orders(lines: pl.DataFrame) -> pl.DataFrame:
    """For each line its customer's orders before, and the days since the last of them."""
    orders = lines.group_by("customer_id", "order_id", maintain_order=True).agg(
        pl.col("ordered_at").min().alias("began")
    )
    gap = (pl.col("began") - pl.col("began").shift(1)).dt.total_seconds() / 86_400
    counted = orders.sort("began", maintain_order=True).select(
        "customer_id",
        "order_id",
        pl.int_range(pl.len()).over("customer_id").alias("customer_orders"),
        gap.over("customer_id").alias("days_since_order"),
    )
    keys = ["customer_id", "order_id"]
    return lines.select(keys).join(counted, on=keys, how="left", maintain_order="left")


@dataclass(frozen=True)
class Split:
    """The first lines to learn from and the last to be judged by, with their features."""

    train: pl.DataFrame
    test: pl.DataFrame
    train_features: Floats
    test_features: Floats

    @property
    def cut(self) -> datetime:
        """When the judged lines begin."""
        first: datetime = self.test["ordered_at"][0]
        return first


FEWEST_LINES = 100


def split_by_time(lines: pl.DataFrame, share: float = 0.7) -> Split:
    """The first `share` of the clean lines, and the rest; an order is never torn apart.

    Raises ModelError for fewer than 100 lines, or when they are all of one moment.
    """
    if lines.height < FEWEST_LINES:
        raise ModelError(
            f"too few order lines with a customer to learn from: {lines.height}",
            hint=f"at least {FEWEST_LINES} are needed",
        )
    cut = lines["ordered_at"][int(lines.height * share)]
    matrix = to_matrix(features(lines))
    early = (lines["ordered_at"] < cut).to_numpy()
    if not early.any():
        raise ModelError("all order lines are of one moment", hint="a time split needs a past")
    train, test = lines.filter(pl.Series(early)), lines.filter(pl.Series(~early))
    return Split(train, test, matrix[early], matrix[~early])


def to_matrix(frame: pl.DataFrame, columns: Sequence[str] = FEATURES) -> Floats:
    """Rows x columns, null as NaN, which LightGBM takes as unknown."""
    return np.asarray(frame.select(columns).to_numpy(), dtype=np.float64)
