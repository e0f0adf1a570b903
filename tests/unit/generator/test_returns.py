"""Cancellations that cross days, read back from the logs as anybody would."""

from datetime import date, timedelta

import polars as pl
import pytest

from ingest.generator.order_log import order_lines
from ingest.generator.seasons import is_open
from ingest.generator.weeks import Weeks
from lakehouse.config import GenerateSettings

SETTINGS = GenerateSettings(orders_per_day=65.0, bad_lines=0)
# Half a year from Monday, 3 March 2025 on.
WEEKS = [date(2025, 3, 3) + timedelta(weeks=n) for n in range(26)]


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    weeks = Weeks(SETTINGS)
    lines = pl.concat([order_lines(SETTINGS, weeks.of(monday)) for monday in WEEKS])
    return lines.with_row_index("line").with_columns(
        at=pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        cancels=pl.col("InvoiceNo").str.starts_with("C"),
        code=pl.col("StockCode").str.to_uppercase(),
    )


@pytest.fixture(scope="module")
def returned(log: pl.DataFrame) -> pl.DataFrame:
    """Items that customers sent back in the last ten weeks, with what they bought before."""
    item = pl.col("code").str.contains(r"^\d{5}")
    bought = log.filter(~pl.col("cancels"), item, pl.col("CustomerID").is_not_null())
    return (
        log.filter("cancels", item, pl.col("at").dt.date() >= WEEKS[16])
        .select("line", "CustomerID", "code", "Quantity", "UnitPrice", "at")
        .join(
            bought.select("CustomerID", "code", "at", "Quantity", "UnitPrice"),
            on=["CustomerID", "code"],
            how="left",
            suffix="_bought",
        )
    )


def test_most_cancellations_follow_a_purchase_at_its_price(returned: pl.DataFrame) -> None:
    fits = (
        (pl.col("at_bought") <= pl.col("at"))
        & (-pl.col("Quantity") <= pl.col("Quantity_bought"))
        & (pl.col("UnitPrice") == pl.col("UnitPrice_bought"))
    )
    found = returned.group_by("line").agg(found=fits.fill_null(value=False).any())
    # 7 % are credits for something else, and sixteen weeks don't reach back to every order.
    assert found["found"].mean() > 0.85


def test_they_are_logged_on_the_day_or_on_later_days(returned: pl.DataFrame) -> None:
    days = (
        returned.filter(pl.col("at_bought") <= pl.col("at"))
        .group_by("line")
        .agg(days=(pl.col("at").first().dt.date() - pl.col("at_bought").max().dt.date()))
        .select(pl.col("days").dt.total_days())["days"]
    )
    assert days.min() == 0
    assert (days > 7).mean() > 0.4
    assert (days > 60).any()


def test_they_are_negative_and_on_open_days(log: pl.DataFrame) -> None:
    cancelled = log.filter("cancels")
    assert (cancelled["Quantity"] < 0).all()
    assert all(is_open(day) for day in cancelled["at"].dt.date().unique())


def test_an_invoice_has_one_number_time_customer_and_country(log: pl.DataFrame) -> None:
    parts = log.group_by("InvoiceNo").agg(
        pl.col("at", "CustomerID", "Country").n_unique(),
        together=pl.col("line").max() - pl.col("line").min() + 1 == pl.len(),
    )
    assert (parts.select("at", "CustomerID", "Country") == 1).to_numpy().all()
    assert parts["together"].all()


def test_the_log_is_in_order_of_time_and_of_numbers(log: pl.DataFrame) -> None:
    assert log["at"].is_sorted()
    number = log["InvoiceNo"].str.strip_chars_start("AC").cast(pl.Int64)
    assert number.is_sorted()
    bare = log.select(number.alias("n"), "InvoiceNo").unique()
    assert bare["n"].n_unique() == bare["InvoiceNo"].n_unique()


def test_a_week_is_the_same_after_any_other(log: pl.DataFrame) -> None:
    weeks = Weeks(SETTINGS)
    for monday in (WEEKS[20], WEEKS[3], WEEKS[21]):
        sunday = monday + timedelta(days=6)
        alone = order_lines(SETTINGS, weeks.of(monday))
        whole = log.filter(pl.col("at").dt.date().is_between(monday, sunday))
        assert alone.equals(whole.select(alone.columns))
