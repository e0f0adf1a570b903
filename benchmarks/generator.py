"""Generating order logs: lines a core-second, with their CSV text in files.

A year of 280 orders a day, 2.2 million lines; a round counts everything from the seed to the
closed files.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rounds import interleaved, judge
from ingest import generate_orders
from lakehouse.config import GenerateSettings

SETTINGS = GenerateSettings(orders_per_day=280)
BAR = 700_000


def main() -> None:
    counts: list[int] = []

    @contextmanager
    def year(folder: Path) -> Iterator[Callable[[], object]]:
        files: list[Path] = []
        yield lambda: files.extend(generate_orders(SETTINGS, folder))
        counts.append(sum(file.read_bytes().count(b"\n") - 1 for file in files))

    taken = interleaved({"year": year})["year"]
    lines = counts[-1]
    print(f"  {lines:,} lines; median {taken.wall:.2f} s, {lines / taken.wall:,.0f} lines/s")
    judge("generator, a core-second", lines / taken.cpu, BAR, " lines")


if __name__ == "__main__":
    main()
