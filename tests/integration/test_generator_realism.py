"""The generated order logs against the real ones: the same statistics, side by side.

The bounds were set before the model was fitted: shares within a few points, sizes and waits
within a quarter at most. The taste in the logs is held by what a recommender can learn from it.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest.generator.order_log import order_lines
from ingest.generator.weeks import Weeks, monday_of
from lakehouse.config import GenerateSettings
from tests.integration.generator_statistics import distance, read_log, statistics

# The real log: 305 trading days from 1 December 2010 to 9 December 2011, 65.5 orders on each.
FIRST, DAYS, ORDERS_PER_DAY = date(2010, 12, 1), 374, 65.5

# How far the made figure may lie from the real one.
WITHIN = {
    "lines without customer": 0.03,
    "orders without customer": 0.03,
    "exact duplicates": 0.003,
    "commas in description": 0.003,
    "prices <= 0": 0.0015,
    "negative, no cancellation": 0.001,
    "no description": 0.001,
    "small letters in code": 0.0015,
    "lines that are no items": 0.0015,
    "lines from abroad": 0.03,
    "item twice in order": 0.01,
    "customers who come back": 0.05,
    "customers seen in month one": 0.05,
    "bought before, later orders": 0.05,
    "share of top 100 items": 0.03,
    "share of top fifth": 0.05,
    "popularity slope, 1-100": 0.12,
    "popularity slope, 100-1000": 0.15,
    "popularity slope, 1000-3000": 0.4,
    "lines of items launched later": 0.05,
    "demand a month later, r": 0.07,
    "demand half a year later, r": 0.1,
    "log price, mean": 0.1,
    "log price, sigma": 0.1,
    "log quantity, mean": 0.1,
    "log quantity, sigma": 0.1,
    "price with quantity, r": 0.1,
    "customers' lines of one": 0.05,
    "customers' lines of twelve": 0.05,
    "lines cancelled": 0.003,
    "invoices that cancel": 0.03,
    "cancelled after a purchase": 0.07,
    "cancelled within a day": 0.04,
}
# How far, as a share of the real figure.
WITHIN_SHARE = {
    "lines": 0.1,
    "lines an order, mean": 0.1,
    "lines an order, median": 0.15,
    "lines an order, 90 %": 0.15,
    "lines an order, 99 %": 0.25,
    "customers": 0.1,
    "orders a customer, mean": 0.1,
    "orders a customer, median": 0.25,
    "orders a customer, 90 %": 0.2,
    "orders a customer, 99 %": 0.25,
    "days between orders, median": 0.25,
    "days between orders, 90 %": 0.25,
    "items sold": 0.1,
    "quantity of customers, median": 0.25,
    "quantity of customers, 95 %": 0.25,
    "lines a cancellation, 90 %": 0.25,
    "days to cancellation, median": 0.25,
    "days to cancellation, 90 %": 0.25,
    "popularity, new-item precision@20": 0.6,
}
LEARNABLE = (1.8, 2.5)  # new-item precision@20: an SVD over popularity
# Total variation of the orders between the two logs.
APART = {
    "hours": (pl.col("at").dt.hour(), 0.05),
    "weekdays": (pl.col("at").dt.weekday(), 0.05),
    "months": (pl.col("at").dt.truncate("1mo"), 0.06),
}


@pytest.fixture(scope="module")
def real(online_retail: Path) -> pl.DataFrame:
    return read_log(pl.read_csv(online_retail, infer_schema=False))


@pytest.fixture(scope="module")
def real_statistics(real: pl.DataFrame) -> dict[str, float]:
    return statistics(real)


def made_log(seed: int) -> pl.DataFrame:
    settings = GenerateSettings(
        seed=seed, start=FIRST, days=DAYS, orders_per_day=ORDERS_PER_DAY, bad_lines=0
    )
    last = FIRST + timedelta(days=DAYS - 1)
    mondays = [monday_of(FIRST) + timedelta(weeks=n) for n in range(DAYS // 7 + 2)]
    weeks = Weeks(settings)
    lines = pl.concat([order_lines(settings, weeks.of(monday)) for monday in mondays])
    day = pl.col("InvoiceDate").str.head(10)
    text = lines.filter(day.is_between(pl.lit(str(FIRST)), pl.lit(str(last))))
    return read_log(text.with_columns(pl.all().cast(pl.String)))


@pytest.mark.parametrize("seed", [7, 11])
def test_a_made_year_has_the_statistics_of_the_real_one(
    real: pl.DataFrame, real_statistics: dict[str, float], seed: int
) -> None:
    log = made_log(seed)
    made = statistics(log)
    assert made.keys() == {*WITHIN, *WITHIN_SHARE, "SVD over popularity"}
    rows = []
    for name, wanted in real_statistics.items():
        bound = WITHIN.get(name, WITHIN_SHARE.get(name, 0.0) * abs(wanted))
        low, high = LEARNABLE if name == "SVD over popularity" else (wanted - bound, wanted + bound)
        rows.append((name, wanted, made[name], low, high))
    rows += [
        (f"distance of {name}", 0.0, distance(real, log, key), 0.0, bound)
        for name, (key, bound) in APART.items()
    ]
    table = "\n".join(
        f"{name:36} real {wanted:12.4f}  made {found:12.4f}  "
        + ("" if low <= found <= high else f"NOT in {low:.4f} .. {high:.4f}")
        for name, wanted, found, low, high in rows
    )
    assert "NOT in" not in table, f"seed {seed}\n{table}"


def test_the_measure_of_taste_finds_it_in_the_real_log(real_statistics: dict[str, float]) -> None:
    low, high = LEARNABLE
    assert low <= real_statistics["SVD over popularity"] <= high
