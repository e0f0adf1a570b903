"""The outlook of a level: its forecasts with intervals, and how much they can be relied on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from lakehouse.ml.forecast.backtest import Bounds, Verdict, bounds, verdict
from lakehouse.ml.forecast.calendar import TradingCalendar
from lakehouse.ml.forecast.levels import LEVELS, Level
from lakehouse.ml.forecast.panel import Floats, Measure, Panel, open_share
from lakehouse.ml.forecast.projection import Projection, origins, priced, project

FORECASTS = pl.Schema(
    {
        "level": pl.String(),
        "measure": pl.String(),
        "series_id": pl.String(),
        "grain": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "value": pl.Float64(),
        "low_80": pl.Float64(),
        "high_80": pl.Float64(),
        "low_95": pl.Float64(),
        "high_95": pl.Float64(),
        "reliable": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Outlook:
    """A level and a measure: the `forecasts` (as FORECASTS), the backtests' word on them."""

    level: Level
    measure: Measure
    panel: Panel
    past: tuple[Projection, ...]
    verdict: Verdict
    forecasts: pl.DataFrame


@dataclass(frozen=True)
class Slots:
    """The slots ahead: their first days, and what part of their trading days is open."""

    starts: tuple[date, ...]
    open_share: Floats


def look_ahead(demand: pl.DataFrame, level_name: str, last: date) -> tuple[Outlook, Outlook]:
    """Units and revenue of a level for the four weeks after `last`, with their backtests.

    Products' revenue is their units at their latest prices; the other levels are fitted twice.
    """
    level = LEVELS[level_name]
    units, calendar = level.panel(demand, "units", last)
    revenue, _ = level.panel(demand, "revenue", last)
    slots = slots_ahead(units, level, calendar)
    units_past, units_next = _roll(units, level, slots)
    if level.by == "product_id":
        revenue_past = [priced(p, units, revenue) for p in units_past]
        revenue_next = priced(units_next, units, revenue)
    else:
        revenue_past, revenue_next = _roll(revenue, level, slots)
    return (
        _outlook(level, "units", units, slots, [*units_past, units_next]),
        _outlook(level, "revenue", revenue, slots, [*revenue_past, revenue_next]),
    )


def slots_ahead(panel: Panel, level: Level, calendar: TradingCalendar) -> Slots:
    """The slots of the horizon after the panel's end."""
    count = level.horizon(panel)
    first = calendar.last + timedelta(days=1)
    every = [first + timedelta(days=panel.days * n) for n in range(7 * count)]
    if panel.days == 1:
        every = [day for day in every if day.weekday() not in calendar.closed_weekdays]
    starts = every[:count]
    shares = [open_share(calendar, start, panel.days) for start in starts]
    return Slots(tuple(starts), np.array(shares))


def _roll(panel: Panel, level: Level, slots: Slots) -> tuple[list[Projection], Projection]:
    horizon = level.horizon(panel)
    past = [
        project(panel, level, origin, panel.open_share[origin : origin + horizon])
        for origin in origins(panel, level)
    ]
    return past, project(panel, level, panel.values.shape[1], slots.open_share)


def _outlook(
    level: Level, measure: Measure, panel: Panel, slots: Slots, projections: Sequence[Projection]
) -> Outlook:
    whole = measure == "units"
    *past, ahead = projections
    found = verdict(level, past, whole=whole)
    around = bounds(level, ahead, past, whole=whole) or _unknown(ahead)
    frames = [_rows(level, panel, slots, ahead, around)]
    if level.totals:
        frames.append(_sums(panel, slots, ahead, around))
    forecasts = pl.concat(frames).with_columns(
        pl.lit(level.name).alias("level"),
        pl.lit(measure).alias("measure"),
        pl.lit(found.reliable).alias("reliable"),
    )
    return Outlook(
        level, measure, panel, tuple(past), found, forecasts.select(list(FORECASTS)).cast(FORECASTS)
    )


def _unknown(ahead: Projection) -> Bounds:
    """Without anything to go by, the interval says so: from nothing to no bound (null)."""
    said = ahead.ensemble
    low, high = np.zeros_like(said), np.full_like(said, np.inf)
    each = {80: (low, high), 95: (low, high)}
    return Bounds(each, {level: (pair[0][:, 0], pair[1][:, 0]) for level, pair in each.items()})


def _rows(
    level: Level, panel: Panel, slots: Slots, ahead: Projection, around: Bounds
) -> pl.DataFrame:
    horizon = len(slots.starts)
    ends = [start + timedelta(days=panel.days - 1) for start in slots.starts]
    count = len(ahead.rows)
    keys = {
        "series_id": np.repeat([panel.ids[row] for row in ahead.rows], horizon).tolist(),
        "grain": [level.grain] * (count * horizon),
        "period_start": list(slots.starts) * count,
        "period_end": ends * count,
    }
    return _frame(keys, ahead.ensemble, around.slots)


def _sums(panel: Panel, slots: Slots, ahead: Projection, around: Bounds) -> pl.DataFrame:
    count = len(ahead.rows)
    keys = {
        "series_id": [panel.ids[row] for row in ahead.rows],
        "grain": ["4 weeks"] * count,
        "period_start": [slots.starts[0]] * count,
        "period_end": [slots.starts[-1] + timedelta(days=panel.days - 1)] * count,
    }
    return _frame(keys, ahead.ensemble.sum(axis=1), around.sums)


def _frame(
    keys: dict[str, list[object]], values: Floats, around: dict[int, tuple[Floats, Floats]]
) -> pl.DataFrame:
    columns: dict[str, object] = {**keys, "value": values.ravel()}
    for level, (low, high) in around.items():
        columns[f"low_{level}"] = low.ravel()
        columns[f"high_{level}"] = high.ravel()
    types = {name: FORECASTS[name] for name in columns}
    frame = pl.DataFrame(columns, schema=types)
    high_columns = [f"high_{level}" for level in around]
    return frame.with_columns(
        pl.when(pl.col(c).is_infinite()).then(None).otherwise(pl.col(c)).alias(c)
        for c in high_columns
    )


def last_origin_low(outlook: Outlook) -> float | None:
    """How far below what came the last backtest lay, as a share; None when unjudged."""
    for found in outlook.verdict.scores:
        if found.role == "ensemble":
            return -found.last_bias
    return None


def keep(outlook: Outlook, series: Sequence[str]) -> Outlook:
    """The outlook of some series only."""
    rows = outlook.forecasts.filter(pl.col("series_id").is_in(list(series)))
    return replace(outlook, forecasts=rows)
