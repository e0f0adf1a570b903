"""4,000 weekly product series: ensemble, backtests and intervals, within 60 s.

    python -m benchmarks.ml_forecast

The products of the real log; some stand there twice, under another name, to make 4,000 of them.
"""

import time
from datetime import date

import polars as pl

from benchmarks.ml_lines import read_lines
from benchmarks.online_retail import ONLINE_RETAIL
from lakehouse.ml.forecast.outlook import look_ahead
from lakehouse.ml.forecast.panel import last_full_day
from lakehouse.ml.orders import demand

SERIES, SECONDS = 4_000, 60.0


def main() -> None:
    purchases = demand(read_lines(ONLINE_RETAIL))
    last = last_full_day(purchases["ordered_at"].dt.date(), purchases["ordered_at"])
    purchases = _with_series(purchases, last)
    began, used = time.monotonic(), time.process_time()
    for outlook in look_ahead(purchases, "product_weekly", last):
        series = outlook.forecasts["series_id"].n_unique()
        print(f"{outlook.measure}: {series:,} series, coverage {outlook.verdict.coverage}")
    seconds, cpu = time.monotonic() - began, time.process_time() - used
    print(f"{seconds:.1f} s ({cpu:.1f} s of one core): {seconds / SECONDS:.2f} of the bar, 60 s")


def _with_series(purchases: pl.DataFrame, last: date) -> pl.DataFrame:
    """The purchases, with as many products copied as are missing from 4,000."""
    before = purchases.filter(pl.col("ordered_at").dt.date() <= last)
    products = before["product_id"].unique().sort()
    copied = products.sample(max(0, SERIES - len(products)), seed=1)
    copies = before.filter(pl.col("product_id").is_in(copied.implode()))
    return pl.concat([before, copies.with_columns(pl.col("product_id") + "-copy")])


if __name__ == "__main__":
    main()
