"""Where a stream's records are delivered: what every kind of destination does."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from ingest.bookmarks import Checkpoint, Lag
from ingest.log_reader import Batch


def unchanged(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint as it is."""
    return checkpoint


@dataclass
class Delivered:
    """What a delivery holds."""

    landed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: int = 0  # by a transform

    @property
    def lines(self) -> int:
        """Lines read, each of them landed, rejected or dropped."""
        return self.landed + self.rejected.total() + self.dropped


class Destination(Protocol):
    """Takes batches in order, and delivers them together with the bookmarks they reach.

    Between two commits it holds one delivery under way; `ingest.landing` never lets two overlap.
    """

    @property
    def checkpoint(self) -> Checkpoint:
        """How far the stream has been delivered."""

    @property
    def snapshot_id(self) -> int | None:
        """The snapshot that holds the last delivery; None when it can't be told any more."""

    @property
    def pending(self) -> bool:
        """Whether something is written and not committed."""

    @property
    def gradual(self) -> bool:
        """Whether it makes no difference if batches are written one by one or all at once."""

    def recover(self) -> None:
        """Clear up after an ingester that did not finish its delivery, if there was one.

        Raises PausedError when the stream is paused.
        """

    def write(self, batches: Iterable[Batch]) -> None:
        """Write batches of the delivery under way; nothing is committed."""

    def commit(
        self, lag: Lag | None = None, settle: Callable[[Checkpoint], Checkpoint] = unchanged
    ) -> Delivered:
        """Commit what is written, records and bookmarks in one step; what it was.

        Its receipt tells the `lag`; its checkpoint is what `settle` makes of it.
        """

    def discard(self) -> None:
        """Remove what is written and not committed, as far as that is certain."""
