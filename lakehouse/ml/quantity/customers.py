"""Customers as they stood on a day: what they did before, and what they did after."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

FEATURES: Final = (
    "recency_days",
    "orders",
    "revenue",
    "tenure_days",
    "days_between_orders",
    "mean_order_value",
    "products",
    "orders_last_60_days",
    "overdue",
)
PERIOD = timedelta(days=60)

SEGMENTS: Final = ("champions", "loyal", "promising", "new", "at_risk", "lapsed")
"""RFM segments, by rules on recency and orders that a person can say aloud."""


def customers_at(purchases: pl.DataFrame, day: datetime) -> pl.DataFrame:
    """One row a customer known on `day`: customer_id, FEATURES and the segment.

    Money in pounds, times in days. `overdue` is the recency over the customer's own rhythm.
    """
    before = purchases.filter(pl.col("customer_id").is_not_null(), pl.col("ordered_at") < day)
    orders = before.group_by("customer_id", "order_id").agg(
        pl.col("ordered_at").min(), (pl.col("quantity") * pl.col("unit_price")).sum().alias("value")
    )
    age = (pl.lit(day) - pl.col("ordered_at")).dt.total_seconds() / 86_400
    found = orders.group_by("customer_id").agg(
        age.min().alias("recency_days"),
        pl.len().cast(pl.Int64).alias("orders"),
        pl.col("value").sum().alias("revenue"),
        age.max().alias("tenure_days"),
        pl.col("value").mean().alias("mean_order_value"),
        (age <= PERIOD.days).sum().cast(pl.Int64).alias("orders_last_60_days"),
    )
    products = before.group_by("customer_id").agg(
        pl.col("product_id").n_unique().cast(pl.Int64).alias("products")
    )
    rhythm = (pl.col("tenure_days") - pl.col("recency_days")) / (pl.col("orders") - 1)
    return (
        found.join(products, on="customer_id")
        .with_columns(
            pl.when(pl.col("orders") > 1)
            .then(rhythm)
            .otherwise(pl.col("tenure_days"))
            .alias("days_between_orders")
        )
        .with_columns(
            (pl.col("recency_days") / (pl.col("days_between_orders") + 1)).alias("overdue"),
            segment().alias("segment"),
        )
        .select("customer_id", *FEATURES, "segment")
        .sort("customer_id")
    )


def segment() -> pl.Expr:
    """The segment by recency (days) and orders."""
    recency, orders = pl.col("recency_days"), pl.col("orders")
    return (
        pl.when(recency <= 30, orders >= 5)
        .then(pl.lit("champions"))
        .when(recency <= 90, orders >= 3)
        .then(pl.lit("loyal"))
        .when(recency <= 90, orders == 1)
        .then(pl.lit("new"))
        .when(recency <= 90)
        .then(pl.lit("promising"))
        .when(orders >= 3)
        .then(pl.lit("at_risk"))
        .otherwise(pl.lit("lapsed"))
    )


def outcomes(purchases: pl.DataFrame, day: datetime) -> pl.DataFrame:
    """What each customer known on `day` did in the 60 days from then: returned, revenue."""
    after = purchases.filter(pl.col("ordered_at") >= day, pl.col("ordered_at") < day + PERIOD)
    spent = after.group_by("customer_id").agg(
        (pl.col("quantity") * pl.col("unit_price")).sum().alias("next_revenue")
    )
    return (
        customers_at(purchases, day)
        .join(spent, on="customer_id", how="left")
        .with_columns(
            pl.col("next_revenue").is_not_null().alias("returned"),
            pl.col("next_revenue").fill_null(0.0),
        )
        .sort("customer_id")
    )


def segment_outcomes(purchases: pl.DataFrame, day: datetime) -> pl.DataFrame:
    """One row a segment as of `day`: its size, and what became of it in the next 60 days."""
    return (
        outcomes(purchases, day)
        .group_by("segment")
        .agg(
            pl.len().cast(pl.Int64).alias("customers"),
            pl.col("revenue").sum().alias("revenue_before"),
            pl.col("returned").mean().alias("return_rate"),
            pl.col("next_revenue").mean().alias("next_revenue_per_customer"),
        )
        .sort(pl.col("segment").cast(pl.Enum(SEGMENTS)))
        .with_columns(pl.lit(day.date()).alias("as_of_date"))
    )
