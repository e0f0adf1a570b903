"""When what was read is delivered: by Firehose's rule, size or interval, whichever comes first.

https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ingest.reading import BLOCK_BYTES

T = TypeVar("T")


@dataclass(frozen=True)
class BufferingHints:
    """How much text is parsed at once and how much is delivered at once, in bytes; and seconds.

    The default delivery, the largest that Firehose makes, is about 1.6 million order lines. What
    was read is delivered after `interval` seconds at the latest.
    """

    block: int = BLOCK_BYTES
    delivery: int = 128 << 20
    interval: float = math.inf


AT_ONCE = BufferingHints()
# For those who name logs that are there, where no stream says how much it delivers at once: fewer
# commits, and fewer and longer files. What a run that is killed has read of it, the next one reads
# again, in a few seconds.
IN_BULK = BufferingHints(delivery=512 << 20)


@dataclass(frozen=True)
class _Held(Generic[T]):
    item: T | None  # None: handed on
    size: int
    since: float


class Buffer(Generic[T]):
    """What was read and not delivered yet, in order. `clock` tells seconds.

    What is handed on, in order too, counts as long as it is not taken.
    """

    def __init__(self, hints: BufferingHints, clock: Callable[[], float] = time.monotonic) -> None:
        self._hints = hints
        self._clock = clock
        self._held: list[_Held[T]] = []

    def __len__(self) -> int:
        return len(self._held)

    def add(self, item: T, size: int) -> None:
        """Hold an item of `size` bytes of text, counted before compression."""
        self._held.append(_Held(item, size, self._clock()))

    def hand_on(self) -> list[T]:
        """Hand over what it holds and has not handed on; that is counted still."""
        items = [held.item for held in self._held if held.item is not None]
        self._held = [replace(held, item=None) for held in self._held]
        return items

    def take(self, first: int = 0) -> list[T]:
        """Hand over what it holds from the item `first` on, and has not handed on."""
        taken = self._held[first:]
        del self._held[first:]
        return [held.item for held in taken if held.item is not None]

    @property
    def seconds_left(self) -> float:
        """Until the oldest item has waited long enough; infinite when there is none."""
        if not self._held:
            return math.inf
        return self._held[0].since + self._hints.interval - self._clock()

    @property
    def due(self) -> bool:
        """Whether it is to be delivered now."""
        full = sum(held.size for held in self._held) >= self._hints.delivery
        return bool(self._held) and (full or self.seconds_left <= 0)
