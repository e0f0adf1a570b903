"""What Athena's dialect, the gate and the worker cost, on small queries and on full aggregates.

A warm session is compared with a bare DuckDB on the same Iceberg table, query by query in turn. The
twenty come from four processes with five sessions each, and every answer is checked.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import duckdb

from benchmarks.rounds import cpu_seconds, judge_at_most
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog import catalog_endpoint
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions

ROWS = 10_000_000
SMALL = "SELECT count(*), sum(id) FROM shop.few WHERE id > 10"
FULL = (
    "SELECT country, count(*), sum(amount), avg(price), max(sold_at) FROM shop.sales "
    "GROUP BY country ORDER BY country"
)
_SALES = f"""
    CREATE TABLE lake.shop.sales AS SELECT i AS id, 'c' || i % 40 AS country,
        (i % 10000 / 100)::DECIMAL(12, 2) AS amount, (i % 977)::DOUBLE AS price,
        TIMESTAMP '2024-01-01' + to_seconds(i) AS sold_at
    FROM range({ROWS}) t(i)"""
_CLIENT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from lakehouse.athena.session import open_athena
from lakehouse.config import load_settings

settings = load_settings(folder=Path(sys.argv[1]), environment={},
    flags={"query": {"memory_limit": "128MiB", "threads": 1}})

def ask(number):
    with open_athena(settings) as session:
        sql = f"SELECT count(*), sum(id) FROM shop.sales WHERE id % 20 = {number}"
        result, _ = session.run(sql)
        (row,) = [row for page in result.pages() for row in zip(*page.to_pydict().values())]
        return tuple(map(int, row))

with ThreadPoolExecutor(5) as threads:
    print(json.dumps(list(threads.map(ask, range(int(sys.argv[2]), int(sys.argv[2]) + 5)))))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = load_settings(folder=Path(folder), environment={})
        bare = _filled(stack, settings)
        session = stack.enter_context(open_athena(settings))
        _overhead(session, bare)
        _aggregate(session, bare)
        _together(folder)


def _filled(stack: ExitStack, settings: Settings) -> duckdb.DuckDBPyConnection:
    con = stack.enter_context(duckdb.connect())
    load_extensions(con)
    attach_lake(con, stack.enter_context(catalog_endpoint(settings)))
    con.execute("SET memory_limit = '4GiB'")
    con.execute("CREATE SCHEMA lake.shop")
    con.execute(_SALES)
    con.execute("CREATE TABLE lake.shop.few AS SELECT range AS id FROM range(1000)")
    con.execute("USE lake.shop")
    return con


def _overhead(session: AthenaSession, bare: duckdb.DuckDBPyConnection) -> None:
    ours, theirs = _in_turn(session, bare, SMALL, rounds=60)
    judge_at_most("over a small query of bare DuckDB", (ours[0] - theirs[0]) * 1000, 15, " ms")
    cores = (ours[1] - theirs[1]) * 1000
    print(
        f"  ({ours[0] * 1000:.1f} ms beside {theirs[0] * 1000:.1f} ms; {cores:.1f} ms of the cores)"
    )


def _aggregate(session: AthenaSession, bare: duckdb.DuckDBPyConnection) -> None:
    ours, theirs = _in_turn(session, bare, FULL, rounds=7)
    judge_at_most(f"a full aggregate over {ROWS:,} rows, of bare DuckDB", ours[0] / theirs[0], 1.15)
    print(
        f"  ({ours[0]:.2f} s beside {theirs[0]:.2f} s; {ours[1] / theirs[1]:.2f}x by core-seconds)"
    )


def _in_turn(
    session: AthenaSession, bare: duckdb.DuckDBPyConnection, sql: str, rounds: int
) -> list[tuple[float, float]]:
    """Median seconds on the clock and of the cores, of a session and of bare DuckDB."""

    def ask() -> int:
        return sum(page.num_rows for page in printed(*session.run(sql)).pages())

    def execute() -> int:
        return bare.execute(sql).to_arrow_table().num_rows

    contenders: tuple[Callable[[], int], ...] = (ask, execute)
    taken: list[list[tuple[float, float]]] = [[], []]
    for _ in range(rounds + 1):
        for times, run in zip(taken, contenders, strict=True):
            start, used = time.perf_counter(), cpu_seconds()
            run()
            times.append((time.perf_counter() - start, cpu_seconds() - used))
    return [
        (
            statistics.median(clock for clock, _ in times[1:]),
            statistics.median(cores for _, cores in times[1:]),
        )
        for times in taken
    ]


def _together(folder: str) -> None:
    start = time.perf_counter()
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", _CLIENT, folder, str(first)], stdout=subprocess.PIPE, text=True
        )
        for first in range(0, 20, 5)
    ]
    answers = [answer for client in clients for answer in _answers(client)]
    count = ROWS // 20
    right = [(count, count * number + 20 * count * (count - 1) // 2) for number in range(20)]
    wrong = sum(1 for given, due in zip(answers, right, strict=True) if given != due)
    judge_at_most("wrong answers of twenty queries at once", wrong, 0, "")
    print(f"  ({time.perf_counter() - start:.1f} s, starting included)")


def _answers(client: subprocess.Popen[str]) -> list[tuple[int, int]]:
    said, _ = client.communicate()
    return [(int(a), int(b)) for a, b in json.loads(said)]


if __name__ == "__main__":
    main()
