"""Contenders run in turn, round after round, so that a busy machine slows all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Median:
    """Of the rounds: seconds on the clock, and seconds of all cores together."""

    wall: float
    cpu: float


def interleaved(
    contenders: Mapping[str, Callable[[], object]], rounds: int = 5
) -> dict[str, Median]:
    """What each contender takes, after one round that does not count.

    On a machine that others use too, the seconds of the cores say more than the clock.
    """
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            gc.collect()
            start, used = time.perf_counter(), time.process_time()
            run()
            if number:
                cpu[name].append(time.process_time() - used)
                wall[name].append(time.perf_counter() - start)
    return {n: Median(statistics.median(wall[n]), statistics.median(cpu[n])) for n in contenders}
