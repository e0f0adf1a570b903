"""Landing order logs, against PyIceberg's append and against parsing into one Parquet file.

The limit reads the same file, straight to the types of the table, and writes its eight columns to
one Parquet file, zstd too: no bad line is noticed by it, there is no lineage, nothing is
partitioned, synced or committed. It is the faster of two: pyarrow, which parses on all cores and
writes on one, and polars, which does both on all cores.

Landing writes twelve columns, in partitions, to files that are synced, and commits them with the
bookmark; each line that is no record goes to `landing.rejects` with its reason. It is measured on
clean lines, and with a bad line among a hundred; the limit reads the clean ones, since it would
fail on the others. The peer parses as the limit does, adds the same lineage, and appends with
PyIceberg to a table of the same schema, partitions and properties in a catalog of the same kind,
its files synced as well. Tables exist before the clock starts.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.order_logs import (
    BAD_SHARE,
    clean_log,
    landing,
    limit_by_polars,
    limit_by_pyarrow,
    lines_of,
    typed,
    with_bad_lines,
    with_lineage,
)
from benchmarks.rounds import Contender, Median, faster, interleaved, judge
from lakehouse.catalog import open_catalog
from lakehouse.config import load_settings
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.landing import ORDER_LINES_PARTITIONS, ORDER_LINES_SCHEMA

CLEAN, BAD, APPEND = "landing", f"landing, {BAD_SHARE:.0%} bad lines", "PyIceberg append"
LIMITS = ("limit, pyarrow", "limit, polars")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clean = clean_log(Path(folder))
        lines = lines_of(clean)
        taken = interleaved(
            {
                LIMITS[0]: limit_by_pyarrow(clean),
                LIMITS[1]: limit_by_polars(clean),
                CLEAN: landing(clean),
                BAD: landing(with_bad_lines(clean)),
                APPEND: _append(clean),
            }
        )
    show(taken, lines)
    limit = min((taken[name] for name in LIMITS), key=lambda median: median.wall)
    for what, us, them, bar in (
        ("typed landing, of the limit", taken[CLEAN], limit, 0.85),
        ("with every reject captured, of the limit", taken[BAD], limit, 0.5),
        ("typed landing, of PyIceberg's append", taken[CLEAN], taken[APPEND], 2),
    ):
        ratio, how = faster(us, them)
        judge(f"{what}, {how}", ratio, bar)


def show(taken: dict[str, Median], lines: int) -> None:
    """Print what each contender took."""
    print(f"  {lines:,} lines; medians")
    for name, median in taken.items():
        by_clock, by_core = lines / median.wall / 1e6, lines / median.cpu / 1e6
        print(
            f"  {name:<24}{median.wall:7.3f} s, {by_clock:5.2f} M lines/s;"
            f"{median.cpu:7.3f} core-seconds, {by_core:5.2f} M lines each"
        )


def _append(log: Path) -> Contender:
    @contextmanager
    def ready(folder: Path) -> Iterator[Callable[[], object]]:
        settings = load_settings(folder=folder, environment={})
        with open_catalog(settings) as catalog:
            name = ("landing", "peer")
            table = ensure_table(catalog, name, ORDER_LINES_SCHEMA, ORDER_LINES_PARTITIONS)
            yield lambda: table.append(with_lineage(typed(log), log.name))

    return ready


if __name__ == "__main__":
    main()
