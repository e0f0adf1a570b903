"""What the one door costs: the same small query through the service, past it, and on Parquet.

Every variant is run in turn, round after round, so that a busy machine slows all of them alike;
the median of each is compared with the query on the bare Parquet file.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import duckdb

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import load_settings
from lakehouse.query.engine import attach_lake, load_extensions

ROUNDS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = load_settings(folder=Path(folder), environment={})
        endpoint = stack.enter_context(catalog_endpoint(settings))
        con = stack.enter_context(duckdb.connect())
        load_extensions(con)
        attach_lake(con, endpoint)
        attach_lake(con, endpoint, alias="stale", max_staleness=timedelta(minutes=1))
        con.execute("CREATE SCHEMA lake.shop")
        con.execute("CREATE TABLE lake.shop.sales AS SELECT range AS id FROM range(100000)")
        with open_catalog(settings) as catalog:
            metadata = catalog.load_table("shop.sales").metadata_location
        (parquet,) = settings.warehouse.rglob("*.parquet")
        _report(
            {
                "bare Parquet file": _query(con, f"read_parquet('{parquet}')"),
                "iceberg_scan of the metadata file": _query(con, f"iceberg_scan('{metadata}')"),
                "through the service": _query(con, "lake.shop.sales"),
                "through the service, MAX_TABLE_STALENESS": _query(con, "stale.shop.sales"),
            }
        )


def _query(con: duckdb.DuckDBPyConnection, source: str) -> Callable[[], object]:
    return lambda: con.execute(f"SELECT sum(id) FROM {source}").fetchall()


def _report(variants: dict[str, Callable[[], object]]) -> None:
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, run in variants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) * 1000 for name, taken in times.items()}
    bare = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<45} {median:7.1f} ms {median / bare:6.1f}x {median - bare:+7.1f} ms")


if __name__ == "__main__":
    main()
