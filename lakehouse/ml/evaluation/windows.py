"""Time splits: what was known before a day, and what came in the days after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from lakehouse.errors import ModelError


@dataclass(frozen=True)
class Window:
    """`days` days from `start` (midnight), judged by a model that knows only what was before."""

    start: datetime
    days: int = 28

    @property
    def end(self) -> datetime:
        """The midnight after the last day."""
        return self.start + timedelta(days=self.days)

    def before(self, frame: pl.DataFrame, column: str = "ordered_at") -> pl.DataFrame:
        """The rows a model may learn from."""
        return frame.filter(pl.col(column) < self.start)

    def within(self, frame: pl.DataFrame, column: str = "ordered_at") -> pl.DataFrame:
        """The rows it is judged by."""
        return frame.filter(pl.col(column) >= self.start, pl.col(column) < self.end)


def last_windows(end: datetime, count: int, days: int = 28) -> list[Window]:
    """`count` windows of `days` days, one after the other, the last one ending at `end`.

    Raises ModelError for a count or a length below one.
    """
    if count < 1 or days < 1:
        raise ModelError("a time split needs a window", hint="at least one, of at least one day")
    length = timedelta(days=days)
    return [Window(end - length * back, days) for back in range(count, 0, -1)]
