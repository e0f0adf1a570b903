"""Item neighbours of 1M customers x 50k products x 50M interactions, within 90 s and 6 GB.

    python -m benchmarks.ml_scale [INTERACTIONS]

It takes some 6 GB and minutes: run it alone.
"""

import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np

from lakehouse.ml.recommend.interactions import Interactions
from lakehouse.ml.recommend.neighbours import fit_neighbours

CUSTOMERS, PRODUCTS, INTERACTIONS = 1_000_000, 50_000, 50_000_000
SECONDS, GIGABYTES = 90.0, 6.0


def made_up(count: int) -> Interactions:
    """Interactions with a long tail of products, within tastes of 500 products."""
    rng = np.random.default_rng(1)
    customers = rng.integers(CUSTOMERS, size=count, dtype=np.int32)
    customers.sort()
    taste = (customers % 100) * (PRODUCTS // 100)
    own = (rng.beta(0.5, 3, count) * (PRODUCTS // 100)).astype(np.int32)
    anywhere = (rng.beta(0.5, 6, count) * PRODUCTS).astype(np.int32)
    products = np.where(rng.random(count) < 0.7, taste + own, anywhere).astype(np.int32)
    names = [np.arange(n).astype(object) for n in (CUSTOMERS, PRODUCTS)]
    ages = rng.random(count, dtype=np.float32) * 365
    return Interactions(datetime.fromisoformat("2024-01-01"), *names, customers, products, ages)


def main(count: int = INTERACTIONS) -> None:
    found = made_up(count)
    # Only on Linux: forget the peak of making the data up.
    Path("/proc/self/clear_refs").write_text("5")
    began = time.monotonic()
    similarity = fit_neighbours(found).similarity
    seconds, peak = time.monotonic() - began, _peak()
    print(
        f"{CUSTOMERS:,} customers x {PRODUCTS:,} products, {count:,} interactions"
        f" ({found.counts.nnz:,} pairs), {similarity.nnz:,} similarities\n"
        f"fit {seconds:.1f} s: {seconds / SECONDS:.2f} of the bar, 90 s\n"
        f"peak of the process, the interactions with it, {peak:.1f} GB:"
        f" {peak / GIGABYTES:.2f} of the bar, 6 GB"
    )


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
