"""Randomness that any day can be drawn from alone.

Two kinds: a stream per seed, purpose and period for what happens in that period, and a hash of
its number for what a customer is like on every day.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_WORD = 0xFFFF_FFFF_FFFF_FFFF


class Purpose(IntEnum):
    """What a stream of random numbers is for; the numbers are part of the logs' identity."""

    ITEMS = 1
    CUSTOMERS = 2
    ORDERS = 3
    RETURNS = 4
    LEDGER = 5
    DAMAGE = 6
    VISITS = 7


class Trait(IntEnum):
    """What a hashed number decides; part of the logs' identity as well."""

    TASTE = 1
    FAVOURITE_TASTE = 2
    FAVOURITE_CHANGE = 3
    FAVOURITE_ITEM = 4
    PROMOTION = 5
    SPELLING = 6
    ADDRESS = 7
    BROWSER = 8


def stream(seed: int, purpose: Purpose, period: int = 0) -> np.random.Generator:
    """The stream for one purpose in one period (a year, or a week by its Monday).

    Philox is counter-based: streams with different keys are independent (Salmon et al., 2011,
    "Parallel random numbers: as easy as 1, 2, 3"), so no period needs those before it.
    """
    return np.random.Generator(np.random.Philox(key=[seed, (int(purpose) << 32) | period]))


def hashed(seed: int, trait: Trait, who: Ints, which: Ints | int = 0) -> Floats:
    """A number in [0, 1) per pair of `who` and `which`: the same on every day.

    It is the output function of SplitMix64 (Steele et al., 2014) over the mixed-in keys.
    """
    start = np.uint64((seed * 0x9E37_79B9_7F4A_7C15 + int(trait) * 0xD1B5_4A32_D192_ED03) & _WORD)
    word = _mix(who.astype(np.uint64) ^ start)
    # One dimension at least: numpy lets arrays wrap around, and warns of scalars.
    steps = np.atleast_1d(which).astype(np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
    word = _mix(word + steps)
    return (word >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(random: np.random.Generator, cumulative: Floats, size: int) -> Ints:
    """`size` indices drawn with the weights whose running sum is `cumulative`."""
    return locate(cumulative, random.random(size))


def locate(cumulative: Floats, uniform: Floats) -> Ints:
    """The indices that `uniform` numbers fall on, under weights of this running sum."""
    found: Ints = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    return found


def slots(uniform: Floats, stop: Floats | float, most: int) -> Ints:
    """Slots 0 to `most` - 1: each is taken with the chance `stop`, else the next one is asked."""
    slot = np.log1p(-uniform) / np.log1p(-stop)
    last: Ints = np.minimum(slot, most - 1).astype(np.int64)
    return last


def _mix(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return word ^ (word >> np.uint64(31))
