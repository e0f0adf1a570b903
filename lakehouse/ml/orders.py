"""Order lines as the models take them, and the rule that makes demand of them."""

from datetime import timedelta
from typing import Final

import polars as pl

LINES: Final = pl.Schema(
    {
        "order_line_id": pl.Int64(),
        "order_id": pl.String(),
        "product_id": pl.String(),
        "customer_id": pl.String(),
        "country": pl.String(),
        "ordered_at": pl.Datetime("us"),
        "line_type": pl.String(),
        "quantity": pl.Int64(),
        "unit_price": pl.Float64(),
    }
)
"""The columns of `core.fct_order_lines` that the models read; the price in pounds a unit."""

CANCELLED_WITHIN: Final = timedelta(hours=24)


def sales(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that sold a product: no service codes, a positive quantity at a positive price."""
    return lines.filter(
        pl.col("line_type") == "sale", pl.col("quantity") > 0, pl.col("unit_price") > 0
    )


def demand(lines: pl.DataFrame) -> pl.DataFrame:
    """The sales that were meant: without those taken back whole within 24 hours.

    A cancellation takes back the last purchase before it by the same customer of the same
    product in the same quantity. Two typing errors of 75,000 and 81,000 units would otherwise
    be most of what a forecast or an error measure sees.
    """
    sold = sales(lines)
    return sold.join(_taken_back(lines, sold), on="order_line_id", how="anti")


def _taken_back(lines: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    key = ["customer_id", "product_id", "quantity"]
    cancellations = (
        lines.filter(pl.col("line_type") == "cancellation", pl.col("customer_id").is_not_null())
        .select("customer_id", "product_id", -pl.col("quantity"), "ordered_at")
        .sort("ordered_at")
    )
    purchases = (
        sold.filter(pl.col("customer_id").is_not_null())
        .select(*key, "ordered_at", "order_line_id")
        .sort("ordered_at", "order_line_id")
    )
    matched = cancellations.join_asof(
        purchases,
        on="ordered_at",
        by=key,
        strategy="backward",
        tolerance=CANCELLED_WITHIN,
        check_sortedness=False,  # sorted two lines up; polars can't see it through `by`
    )
    return matched.select("order_line_id").drop_nulls().unique()
