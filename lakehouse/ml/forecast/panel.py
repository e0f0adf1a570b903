"""Panels: many series over the same slots of time."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from lakehouse.ml.forecast.calendar import TradingCalendar, learn_calendar

Floats = npt.NDArray[np.float64]
Measure = Literal["revenue", "units"]
MEASURES: tuple[Measure, ...] = ("revenue", "units")

LONGEST = timedelta(days=2 * 365)
"""What is older is not learned from: no model knows a yearly season, and each fit takes as long as
its history."""

AMOUNTS = {
    "units": pl.col("quantity").cast(pl.Float64),
    "revenue": pl.col("quantity") * pl.col("unit_price"),
}
"""What is summed: units, and pounds sterling at the price they were sold for."""


@dataclass(frozen=True)
class Panel:
    """`values` is series x slots; a slot is a day or seven days, `starts` are their first days.

    Slots on weekdays that are always closed don't exist. `open_share` is the part of a slot's
    usual trading days that the shop was open: 0 on a holiday. `season` is how many slots a week
    (daily) or four weeks (weekly) have; a series begins with its first sale, at the slot `begins`.
    """

    ids: tuple[str, ...]
    starts: tuple[date, ...]
    values: Floats
    open_share: Floats
    season: int
    days: int

    @property
    def begins(self) -> npt.NDArray[np.intp]:
        """For each series the slot of its first sale; the number of slots when it has none."""
        sold = self.values > 0
        none = self.values.shape[1]
        return np.asarray(np.where(sold.any(axis=1), sold.argmax(axis=1), none), dtype=np.intp)

    def until(self, slot: int) -> "Panel":
        """The panel as it was before `slot`."""
        return replace(
            self,
            starts=self.starts[:slot],
            values=self.values[:, :slot],
            open_share=self.open_share[:slot],
        )

    def total(self) -> "Panel":
        """The sum of all series, as a panel of one."""
        return replace(self, ids=("total",), values=self.values.sum(axis=0, keepdims=True))


def last_full_day(days: pl.Series, through: pl.Series) -> date:
    """The last day that can be taken as whole, of each line's day and its moment.

    The last day in the data counts only when its last line is later than the earliest closing
    of the eight trading days before it, less an hour: a log that stops at noon is half a day.
    """
    closing = (
        pl.DataFrame({"day": days, "at": through.dt.time()}).group_by("day").agg(pl.col("at").max())
    )
    closing = closing.sort("day").tail(9)
    last: date = closing["day"][-1]
    if closing.height < 2:
        return last
    moments = closing["at"].cast(pl.Int64).to_list()
    hour = 3_600_000_000_000  # in nanoseconds, as polars counts the time of day
    return last if moments[-1] >= min(moments[:-1]) - hour else closing["day"][-2]


def recent(demand: pl.DataFrame, last: date) -> pl.DataFrame:
    """The lines that a forecast from the day `last` on learns from."""
    return demand.filter(pl.col("ordered_at").dt.date() > last - LONGEST)


def daily_panel(
    demand: pl.DataFrame, measure: Measure, last: date, by: str | None = None
) -> tuple[Panel, TradingCalendar]:
    """Sums by day of all demand up to `last`, or of each value of the column `by`.

    The calendar is learned from all of it: a day on which nobody bought anything was closed.
    """
    lines = demand.select(
        pl.col("ordered_at").dt.date().alias("day"),
        (pl.col(by) if by else pl.lit("total")).alias("series"),
        AMOUNTS[measure].alias("amount"),
    ).filter(pl.col("day") <= last)
    sums = lines.group_by("series", "day").agg(pl.col("amount").sum())
    first: date = sums["day"].min()  # type: ignore[assignment]
    calendar = learn_calendar(sums["day"].unique().to_list(), first, last)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    starts = [day for day in every if day.weekday() not in calendar.closed_weekdays]
    slots = pl.Series(starts)
    opened = np.array([float(calendar.is_open(day)) for day in starts])
    values, ids = _spread(sums.rename({"day": "start"}), slots)
    return Panel(ids, tuple(starts), values, opened, calendar.week, 1), calendar


def weekly_panel(
    demand: pl.DataFrame, measure: Measure, last: date, calendar: TradingCalendar
) -> Panel:
    """Sums by product of the seven days ending at `last`, the seven before, and so on.

    Weeks are counted back from the end, so that every one of them is whole; the days left over
    at the beginning are left out.
    """
    age = (pl.lit(last) - pl.col("ordered_at").dt.date()).dt.total_days()
    lines = demand.select(
        (age // 7).alias("back"),
        pl.col("product_id").alias("series"),
        AMOUNTS[measure].alias("amount"),
        age.alias("age"),
    ).filter(pl.col("age") >= 0)
    oldest = max(lines["age"].to_list(), default=0)
    weeks = max(1, (oldest + 1) // 7)
    starts = [last - timedelta(days=7 * back - 1) for back in range(weeks, 0, -1)]
    start = pl.lit(last) - pl.duration(days=7 * pl.col("back") + 6)
    sums = (
        lines.filter(pl.col("back") < weeks)
        .with_columns(start.cast(pl.Date).alias("start"))
        .group_by("series", "start")
        .agg(pl.col("amount").sum())
    )
    values, ids = _spread(sums, pl.Series(starts))
    opened = np.array([open_share(calendar, start, 7) for start in starts])
    return Panel(ids, tuple(starts), values, opened, 4, 7)


def open_share(calendar: TradingCalendar, start: date, days: int) -> float:
    """The part of the usual trading days among `days` days from `start` that the shop is open."""
    span = [start + timedelta(days=n) for n in range(days)]
    usual = sum(day.weekday() not in calendar.closed_weekdays for day in span)
    return sum(calendar.is_open(day) for day in span) / max(usual, 1)


def _spread(sums: pl.DataFrame, slots: pl.Series) -> tuple[Floats, tuple[str, ...]]:
    ids = sums["series"].unique().sort()
    rows = sums["series"].cast(pl.Enum(ids)).to_physical().to_numpy()
    columns = np.searchsorted(slots.to_numpy(), sums["start"].to_numpy())
    values = np.zeros((len(ids), len(slots)))
    values[rows, columns] = sums["amount"].to_numpy()
    return values, tuple(ids.to_list())
