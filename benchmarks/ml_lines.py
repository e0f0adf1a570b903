"""The real log as the models take it, by the rules of the marts, without building them."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

import dbt_project
from lakehouse.ml.orders import LINES

END = datetime.fromisoformat("2011-12-10")


def read_lines(log: Path) -> pl.DataFrame:
    """The order lines of the log, as `LINES`."""
    seed = Path(dbt_project.__file__).parent / "seeds" / "service_codes.csv"
    with seed.open(encoding="utf-8") as file:
        services = [row["product_id"].upper() for row in csv.DictReader(file)]
    invoice, product = pl.col("InvoiceNo"), pl.col("StockCode").str.strip_chars().str.to_uppercase()
    kind = (
        pl.when(product.is_in(services))
        .then(pl.lit("service"))
        .when(invoice.str.starts_with("C"))
        .then(pl.lit("cancellation"))
        .when(invoice.str.starts_with("A"))
        .then(pl.lit("adjustment"))
        .otherwise(pl.lit("sale"))
    )
    return (
        pl.read_csv(log, infer_schema=False, encoding="utf8-lossy")
        .select(
            (pl.int_range(pl.len()) + 1).alias("order_line_id"),
            invoice.alias("order_id"),
            product.alias("product_id"),
            pl.col("CustomerID").str.strip_suffix(".0").alias("customer_id"),
            pl.col("Country").alias("country"),
            pl.col("InvoiceDate").str.to_datetime(time_unit="us").alias("ordered_at"),
            kind.alias("line_type"),
            pl.col("Quantity").cast(pl.Int64).alias("quantity"),
            pl.col("UnitPrice").cast(pl.Float64).alias("unit_price"),
        )
        .pipe(_with_demand)
        .cast(LINES)
    )


def _with_demand(lines: pl.DataFrame) -> pl.DataFrame:
    """`is_demand` as int_demand_lines has it: paid sales that were not undone within a day."""
    key = ["customer_id", "product_id", "quantity"]
    sold = (pl.col("line_type") == "sale") & (pl.col("quantity") > 0) & (pl.col("unit_price") > 0)
    known = lines.filter(pl.col("customer_id").is_not_null())
    undone = (
        known.filter(pl.col("line_type") == "cancellation")
        .select("customer_id", "product_id", -pl.col("quantity"), "ordered_at")
        .sort("ordered_at")
        .join_asof(
            known.filter(sold)
            .select(*key, "ordered_at", "order_line_id")
            .sort("ordered_at", "order_line_id"),
            on="ordered_at",
            by=key,
            strategy="backward",
            tolerance=timedelta(hours=24),
            check_sortedness=False,  # sorted above; polars can't see it through `by`
        )["order_line_id"]
        .drop_nulls()
    )
    is_undone = pl.col("order_line_id").is_in(undone.implode())
    return lines.with_columns((sold & ~is_undone).alias("is_demand"))
