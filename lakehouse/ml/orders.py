"""Order lines as the models take them, and those of them that are sales or demand."""

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
        "is_demand": pl.Boolean(),
    }
)
"""What the models read of an order line; the price in pounds a unit."""


def sales(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that sold a product: no service codes, a positive quantity at a positive price."""
    return lines.filter(
        pl.col("line_type") == "sale", pl.col("quantity") > 0, pl.col("unit_price") > 0
    )


def demand(lines: pl.DataFrame) -> pl.DataFrame:
    """The sales that were meant: without those taken back whole within 24 hours.

    The rule is the warehouse's (`int_demand_lines`). Two typing errors of 75,000 and 81,000 units
    would otherwise be most of what a forecast or an error measure sees.
    """
    return lines.filter(pl.col("is_demand"))
