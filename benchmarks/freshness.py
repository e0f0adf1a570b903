"""How old a line is when a reader sees it: 50,000 order lines a second, a buffer of one second.

`lakehouse ingest orders --follow` runs in a process of its own and syncs what it delivers; a
thread writes the log; a DuckDB session asks again and again how many lines there are. A line's
age counts from when it was written to when a query that saw it was answered.

python -m benchmarks.freshness [SECONDS]
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.order_logs import clean_log
from benchmarks.rounds import judge_at_most
from ingest import land_orders
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions

LINES_A_SECOND = 50_000
SECONDS = 20.0
BAR = 1.5
_TICK, _ASK_AGAIN, _WARM_UP = 0.02, 0.02, 2.0
_CONFIG = '[streams.orders]\nsource = "logs"\nbuffer_interval = 1.0\n'


def main(seconds: float = SECONDS) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "lakehouse.toml").write_text(_CONFIG)
        settings = load_settings(folder=folder, environment={})
        header, *lines = clean_log(folder).read_bytes().splitlines(keepends=True)
        log = folder / "logs" / "orders.csv"
        log.parent.mkdir()
        log.write_bytes(header + lines[0])
        with open_catalog(settings) as catalog:
            land_orders(log, catalog, settings)  # DuckDB does not look twice for a table
        with log.open("ab", buffering=0) as stream, _ingester(folder), _counter(settings) as count:
            writer = _Writer(stream.write, lines, _WARM_UP + seconds)
            writer.start()
            seen = _watch(writer, count)
        ages = _ages(writer.written, seen)
    print(
        f"  {LINES_A_SECOND:,} lines/s for {seconds:.0f} s: age of a line when it is seen"
        f" p50 {np.percentile(ages, 50):.2f} s, p99 {np.percentile(ages, 99):.2f} s,"
        f" oldest {ages.max():.2f} s"
    )
    judge_at_most("freshness, p99", float(np.percentile(ages, 99)), BAR, " s")


class _Writer(threading.Thread):
    """Writes lines at an even pace; `written` holds how many there were, when."""

    def __init__(
        self, write: Callable[[bytes], object], lines: list[bytes], seconds: float
    ) -> None:
        super().__init__()
        self._write = write
        size = int(LINES_A_SECOND * _TICK)
        self._texts = [b"".join(lines[n : n + size]) for n in range(0, len(lines) - size, size)]
        self._size = size
        self._ticks = int(seconds / _TICK)
        self.written: list[tuple[int, float]] = []

    def run(self) -> None:
        start = time.monotonic()
        for tick in range(self._ticks):
            time.sleep(max(0.0, start + tick * _TICK - time.monotonic()))
            at = time.monotonic()
            self._write(self._texts[tick % len(self._texts)])
            self.written.append((1 + (tick + 1) * self._size, at))


def _watch(writer: _Writer, count: Callable[[], int]) -> list[tuple[int, float]]:
    """How many lines a query saw, and when it was answered, until all that was written is seen."""
    seen: list[tuple[int, float]] = []
    while writer.is_alive() or seen[-1][0] < writer.written[-1][0]:
        seen.append((count(), time.monotonic()))
        time.sleep(_ASK_AGAIN)
    return seen


def _ages(written: list[tuple[int, float]], seen: list[tuple[int, float]]) -> np.ndarray:
    """Seconds from each write to the first answer that knew of it, without the warm-up."""
    counts, times = np.array(written).T
    seen_counts, seen_times = np.array(seen).T
    ages = seen_times[np.searchsorted(seen_counts, counts)] - times
    return ages[times >= times[0] + _WARM_UP]


@contextmanager
def _ingester(folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "lakehouse", "--config", folder / "lakehouse.toml",
         "ingest", "orders", "--follow"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stderr
        while "following" not in (said := process.stderr.readline()):
            assert said, "the ingester has ended"
        yield
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def _counter(settings: Settings) -> Iterator[Callable[[], int]]:
    """Asks how many lines there are."""
    with catalog_endpoint(settings) as endpoint, duckdb.connect() as con:
        load_extensions(con)
        attach_lake(con, endpoint)

        def count() -> int:
            [(lines,)] = con.execute("select count(*) from lake.landing.order_lines").fetchall()
            return int(lines)

        yield count


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
