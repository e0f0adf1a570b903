"""4,000 weekly product series: ensemble, backtests and intervals, in seconds.

python -m benchmarks.ml_forecast LOG
"""

import time

import polars as pl

from benchmarks.ml_lines import read_lines
from benchmarks.online_retail import ONLINE_RETAIL
from lakehouse.ml.forecast.outlook import look_ahead
from lakehouse.ml.forecast.panel import last_full_day
from lakehouse.ml.orders import demand


def main() -> None:
    purchases = demand(read_lines(ONLINE_RETAIL))
    last = last_full_day(purchases["ordered_at"].dt.date(), purchases["ordered_at"])
    began, used = time.monotonic(), time.process_time()
    for outlook in look_ahead(purchases, "product_weekly", last):
        series = outlook.forecasts["series_id"].n_unique()
        scores = {s.model: s.wape for s in outlook.verdict.scores}
        said = ", ".join(f"{model} {wape:.3f}" for model, wape in scores.items())
        print(f"{outlook.measure}: {series:,} series, WAPE {said}; {outlook.verdict.coverage}")
    print(f"{time.monotonic() - began:.1f} s, {time.process_time() - used:.1f} s of one core")
    print(purchases.select(pl.len()).item(), "lines of demand")


if __name__ == "__main__":
    main()
