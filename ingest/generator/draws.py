"""Randomness that any day can be drawn from alone: one stream per seed, purpose and day."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream of random numbers is for; the numbers are part of the logs' identity."""

    ITEMS = 1
    CUSTOMERS = 2
    ORDERS = 3


def stream(seed: int, purpose: Purpose, day: int = 0) -> np.random.Generator:
    """The stream for one purpose on one day (a proleptic ordinal), the same on every machine.

    Philox is counter-based: streams with different keys are independent (Salmon et al., 2011,
    "Parallel random numbers: as easy as 1, 2, 3"), so no day needs the days before it.
    """
    return np.random.Generator(np.random.Philox(key=[seed, (int(purpose) << 32) | day]))


def pick(
    random: np.random.Generator, cumulative: NDArray[np.float64], size: int
) -> NDArray[np.int64]:
    """`size` indices drawn with the weights whose running sum is `cumulative`."""
    found: NDArray[np.int64] = np.searchsorted(
        cumulative, random.random(size) * cumulative[-1], side="right"
    )
    return np.minimum(found, len(cumulative) - 1, out=found)
