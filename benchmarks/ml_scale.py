"""Item neighbours of 1M customers x 50k products x 50M interactions: seconds and peak memory.

python -m benchmarks.ml_scale [INTERACTIONS]
"""

import resource
import sys
import time
from datetime import datetime

import numpy as np

from lakehouse.ml.recommend.interactions import Interactions
from lakehouse.ml.recommend.neighbours import bm25, similarities

CUSTOMERS, PRODUCTS, INTERACTIONS = 1_000_000, 50_000, 50_000_000


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
    began = time.monotonic()
    weights = bm25(found.counts)
    similarity = similarities(weights, 50, threads=0)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{CUSTOMERS:,} customers x {PRODUCTS:,} products, {count:,} interactions"
        f" ({found.counts.nnz:,} pairs): fit {seconds:.1f} s, {similarity.nnz:,} similarities,"
        f" peak of the process {peak:.1f} GB"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
