"""What the lake costs a dbt build: against a plain DuckDB script that makes the same tables.

The script runs the very SQL that dbt compiled, one `create or replace table` after the other, on
a native DuckDB file that holds what the models read. dbt runs in this process, as
`lakehouse build` runs it, and with all that goes with it: reading the project, starting the
catalog service, committing to Iceberg, and for `build` the data tests. `lakehouse build` leaves
out what reads nothing new, and neither runs unit tests. Every variant runs in turn, so that a busy
machine slows all of them alike; on one that others use too, core-seconds say more than the clock.
"""

import gzip
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from benchmarks.online_retail import ONLINE_RETAIL
from benchmarks.rounds import Median, cpu_seconds, judge_at_most
from dbt_project.plugin.invocation import invoke
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.pipeline.landing import land
from lakehouse.pipeline.warehouse import build_warehouse
from lakehouse.progress import SILENT
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.quoting import identifier, literal

ROUNDS = 3
FULL_AGAINST_PLAIN, ONE_DAY_AGAINST_FULL = 3.0, 0.35
# What `dbt build --selector scheduled` leaves out: they say nothing about the data of today.
WITHOUT_UNIT_TESTS = ("--exclude", "resource_type:unit_test")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}/\d{4}\b")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(folder=Path(folder), environment={})
        days = _by_day(Path(folder) / "days", later=2 * ROUNDS)
        _land_next(settings, days)
        _dbt(settings, "build", "--full-refresh")
        with _native(settings, Path(folder) / "native.duckdb") as con:
            statements = _statements(settings)

            def one_day_more(build: Callable[[], object]) -> Callable[[], Iterator[None]]:
                def landed_then_built() -> Iterator[None]:
                    _land_next(settings, days)
                    yield
                    build()

                return landed_then_built

            _report(
                {
                    "plain DuckDB script": lambda: [con.execute(sql) for sql in statements],
                    "dbt run --full-refresh": lambda: _dbt(settings, "run", "--full-refresh"),
                    "lakehouse build --full-refresh": lambda: _built(settings, full_refresh=True),
                    "lakehouse build, nothing new": lambda: _built(settings),
                    "lakehouse build, one day more": one_day_more(lambda: _built(settings)),
                    "dbt build, one day more": one_day_more(
                        lambda: _dbt(settings, "build", *WITHOUT_UNIT_TESTS)
                    ),
                }
            )


def _by_day(folder: Path, later: int) -> Iterator[Path]:
    """The real log as a file of all but its `later` last days, and then a file for each of them."""
    folder.mkdir()
    with gzip.open(ONLINE_RETAIL, "rt") as log:
        header, *lines = log.readlines()
    dates = [_DATE.search(line) for line in lines]
    day_of = [found.group() if found else "" for found in dates]
    last = sorted(set(day_of))[-later:]
    for name in ("", *last):
        chosen = [
            line
            for line, day in zip(lines, day_of, strict=True)
            if day == name or (not name and day not in last)
        ]
        file = folder / f"{name or 'before'}.csv"
        file.write_text(header + "".join(chosen))
        yield file


def _land_next(settings: Settings, days: Iterator[Path]) -> None:
    with open_catalog(settings) as catalog:
        report = land(next(days), catalog, settings, SILENT).reports["orders"]
    print(f"{report.landed:,} order lines landed")


def _dbt(settings: Settings, *arguments: str) -> None:
    # As `lakehouse build` does: what the models say is tested after them.
    result = invoke(settings, [*arguments, "--exclude", "tag:ml"])
    if not result.success:
        raise SystemExit(f"dbt {' '.join(arguments)} failed: {result.exception or result.result}")


def _built(settings: Settings, *, full_refresh: bool = False) -> None:
    report = build_warehouse(settings, SILENT, full_refresh=full_refresh)
    if report.failures:
        raise SystemExit(f"failed: {', '.join(node.name for node in report.failures)}")


def _native(settings: Settings, file: Path) -> duckdb.DuckDBPyConnection:
    """A connection on which all that the models read is native tables, by dbt's names."""
    con = duckdb.connect()
    load_extensions(con)
    con.execute(f"attach {literal(str(file))} as native")
    built = set(_models(settings))
    with open_catalog(settings) as catalog, catalog_endpoint(settings) as endpoint:
        attach_lake(con, endpoint)
        for (namespace,) in catalog.list_namespaces():
            con.execute(f"create schema native.{identifier(namespace)}")
            for table in catalog.list_tables(namespace):
                if table not in built:
                    con.execute(
                        f"create table {identifier('native', *table)}"
                        f" as from {identifier('lake', *table)}"
                    )
        con.execute("detach lake; detach native")
    con.execute(f"attach {literal(str(file))} as lake")
    return con


def _models(settings: Settings) -> dict[tuple[str, str], str]:
    """The SQL of the marts as dbt compiled it, in the order in which it built them."""
    target = settings.home / "dbt" / "target"
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    built = json.loads((target / "run_results.json").read_text())["results"]
    models = [nodes[run["unique_id"]] for run in built if run["unique_id"].startswith("model.")]
    return {(model["schema"], model["name"]): model["compiled_code"] for model in models}


def _statements(settings: Settings) -> list[str]:
    return [
        f"create or replace table {identifier('lake', *table)} as {sql}"
        for table, sql in _models(settings).items()
    ]


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of the cores; what a generator does before it yields is not in."""
    start, used = time.perf_counter(), cpu_seconds()
    prepared = run()
    if isinstance(prepared, Iterator):
        next(prepared)
        start, used = time.perf_counter(), cpu_seconds()
        for _ in prepared:
            pass
    return time.perf_counter() - start, cpu_seconds() - used


def _report(variants: dict[str, Callable[[], object]]) -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, run in variants.items():
            times[name].append(_timed(run))
    taken = {
        name: Median(*(statistics.median(part) for part in zip(*each, strict=True)))
        for name, each in times.items()
    }
    for name, median in taken.items():
        print(f"{name:<32} {median.wall:6.2f} s {median.cpu:6.2f} s of cores")
    plain, full = taken["plain DuckDB script"], taken["lakehouse build --full-refresh"]
    day = taken["lakehouse build, one day more"]
    for unit in ("wall", "cpu"):
        against_plain = getattr(full, unit) / getattr(plain, unit)
        against_full = getattr(day, unit) / getattr(full, unit)
        judge_at_most(
            f"a full build against the script ({unit})", against_plain, FULL_AGAINST_PLAIN
        )
        judge_at_most(f"one day more against it ({unit})", against_full, ONE_DAY_AGAINST_FULL)


if __name__ == "__main__":
    main()
