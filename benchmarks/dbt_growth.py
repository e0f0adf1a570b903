"""What a dbt build costs as the lake grows to twenty times the lines, in time and in memory.

The lines are generated, a year of them, once at the usual pace and once at twenty times it (some
ten million). Every build is a process of its own, as `make dbt` starts it, so that its memory is
its own too: all of it, with Python, PyIceberg and dbt, is to stay within the configured limit.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rounds import judge_at_most
from ingest.generator import generate_orders
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.pipeline.landing import land
from lakehouse.progress import SILENT

GROWTH = 20
TIMES_THE_TIME = 15
MEMORY_LIMIT_GB = 4
MEMORY_LIMIT = f"{MEMORY_LIMIT_GB}GB"
DAYS = 365
ORDERS_PER_DAY = 65.0

_BUILD = """
import sys
from pathlib import Path
from dbt_project.plugin.invocation import invoke
from lakehouse.config import load_settings
flags = {"query.memory_limit": sys.argv[2]}
settings = load_settings(folder=Path(sys.argv[1]), flags=flags, environment={})
result = invoke(settings, sys.argv[3:])
sys.exit(0 if result.success else 1)
"""


@dataclass(frozen=True)
class Cost:
    """What one build took: seconds on the clock, seconds of all cores, MB at the peak."""

    wall: float
    cpu: float
    peak: float


def main(growth: int = GROWTH, days: int = DAYS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        nearly_empty = _landed(Path(folder) / "empty", days=8, pace=1)
        _run(nearly_empty, "parse")
        _told("build of a week", _build(nearly_empty))
        home = _landed(small, days=days, pace=1)
        _run(home, "parse")
        full = _build(home)
        _told(f"full build of {days} days", full)
        twenty = _landed(large, days=days, pace=growth)
        _run(twenty, "parse")
        grown = _build(twenty)
        _told(f"full build, {growth} times the lines", grown, full)
        judge_at_most("time at so many times the lines", grown.wall / full.wall, TIMES_THE_TIME)
        judge_at_most("peak of the process", grown.peak, MEMORY_LIMIT_GB * 1e9 / (1 << 20), " MiB")


def _landed(folder: Path, *, days: int, pace: int) -> Settings:
    """A home in which so many days of generated logs are landed."""
    folder.mkdir()
    settings = load_settings(
        folder=folder,
        flags={"generate.days": days, "generate.orders_per_day": ORDERS_PER_DAY * pace},
        environment={},
    )
    files = generate_orders(settings.generate, folder / "logs")
    with open_catalog(settings) as catalog:
        report = land(folder / "logs", catalog, settings, SILENT).reports["orders"]
    print(f"{report.landed:,} order lines of {len(files)} trading days")
    return settings


def _build(settings: Settings) -> Cost:
    return _run(settings, "build", "--exclude", "tag:ml", "resource_type:unit_test")


def _run(settings: Settings, *arguments: str) -> Cost:
    folder = str(settings.home.parent)
    return _measured([sys.executable, "-c", _BUILD, folder, MEMORY_LIMIT, *arguments])


def _measured(command: Sequence[str]) -> Cost:
    start = time.perf_counter()
    child = os.spawnv(os.P_NOWAIT, command[0], command)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"the build failed: {' '.join(command[3:])}")
    wall = time.perf_counter() - start
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _told(name: str, cost: Cost, against: Cost | None = None) -> None:
    ratios = ""
    if against:
        ratios = f"{cost.wall / against.wall:6.2f}x clock {cost.cpu / against.cpu:6.2f}x cores"
    print(f"{name:<32} {cost.wall:7.1f} s {cost.cpu:7.1f} s of cores {cost.peak:7,.0f} MB {ratios}")


if __name__ == "__main__":
    main()
