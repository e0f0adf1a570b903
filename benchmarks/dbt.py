"""What the lake costs a dbt build: against a plain DuckDB script that makes the same tables.

The script runs the very SQL that dbt compiled, one `create or replace table` after the other, on
a native DuckDB file that holds the order lines and the seed. dbt runs in this process, as
`lakehouse build` runs it, and with all that goes with it: reading the project, starting the
catalog service, committing to Iceberg, and for `build` the data tests. Every variant runs in
turn, so that a busy machine slows all of them alike.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.online_retail import ONLINE_RETAIL
from dbt_project.plugin.invocation import invoke
from ingest import land_orders
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.quoting import identifier, literal

ROUNDS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(folder=Path(folder), environment={})
        with open_catalog(settings) as catalog:
            report = land_orders(ONLINE_RETAIL, catalog, settings)
        print(f"{report.landed:,} order lines, {ROUNDS} rounds, medians")
        _dbt(settings, "build", "--full-refresh")
        with _native(settings, Path(folder) / "native.duckdb") as con:
            statements = _statements(settings)
            _report(
                {
                    "plain DuckDB script": lambda: [con.execute(sql) for sql in statements],
                    "dbt run --full-refresh": lambda: _dbt(settings, "run", "--full-refresh"),
                    "dbt build --full-refresh": lambda: _dbt(settings, "build", "--full-refresh"),
                    "dbt build, nothing new": lambda: _dbt(settings, "build"),
                }
            )


def _dbt(settings: Settings, *arguments: str) -> None:
    # As `lakehouse build` does: what the models say is tested after them.
    result = invoke(settings, [*arguments, "--exclude", "tag:ml"])
    if not result.success:
        raise SystemExit(f"dbt {' '.join(arguments)} failed: {result.exception or result.result}")


def _native(settings: Settings, file: Path) -> duckdb.DuckDBPyConnection:
    """A connection on which the order lines and the seed are native tables, by dbt's names."""
    con = duckdb.connect()
    load_extensions(con)
    con.execute(f"attach {literal(str(file))} as native")
    for schema in ("landing", "reference", "core", "reports"):
        con.execute(f"create schema native.{schema}")
    with catalog_endpoint(settings) as endpoint:
        attach_lake(con, endpoint)
        con.execute(
            "create table native.landing.order_lines as from lake.landing.order_lines;"
            "create table native.reference.service_codes as from lake.reference.service_codes;"
            "detach lake; detach native"
        )
    con.execute(f"attach {literal(str(file))} as lake")
    return con


def _statements(settings: Settings) -> list[str]:
    """The marts as dbt compiled them, in the order in which it built them."""
    target = settings.home / "dbt" / "target"
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    built = json.loads((target / "run_results.json").read_text())["results"]
    models = [nodes[run["unique_id"]] for run in built if run["unique_id"].startswith("model.")]
    return [
        f"create or replace table {identifier('lake', model['schema'], model['name'])}"
        f" as {model['compiled_code']}"
        for model in models
    ]


def _report(variants: dict[str, Callable[[], object]]) -> None:
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, run in variants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    plain = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<30} {median:6.2f} s {median / plain:6.2f}x")


if __name__ == "__main__":
    main()
