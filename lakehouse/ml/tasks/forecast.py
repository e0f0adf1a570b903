"""Forecast: every level and measure, its backtests, and the word on how far to rely on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.forecast.levels import LEVELS
from lakehouse.ml.forecast.outlook import Outlook, last_origin_low, look_ahead
from lakehouse.ml.forecast.panel import last_full_day, recent
from lakehouse.ml.orders import demand
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import Recording
from lakehouse.progress import Progress

TASK = "forecast"


@dataclass(frozen=True)
class Request:
    """The levels to forecast."""

    levels: tuple[str, ...] = tuple(LEVELS)


def forecast(recording: Recording, request: Request, progress: Progress) -> None:
    """Publish forecasts, backtests, the levels with their verdict, and the history behind them.

    Raises ModelError for an unknown level, or without a sale.
    """
    for name in request.levels:
        if name not in LEVELS:
            raise ModelError(f"no level {name!r}", hint=f"known: {', '.join(LEVELS)}")
    wanted = demand(recording.read_lines())
    if wanted.is_empty():
        raise ModelError("there is no sale to learn from", hint="run `lakehouse build`")
    last = last_full_day(wanted["ordered_at"].dt.date(), wanted["ordered_at"])
    wanted = recent(wanted, last)
    outlooks: list[Outlook] = []
    for name in request.levels:
        with progress.task(f"forecast: {name.replace('_', ' ')}"):
            outlooks += look_ahead(wanted, name, last)
    recording.metrics += [metric for outlook in outlooks for metric in metrics_of(outlook)]
    recording.publish(
        "forecasts",
        pl.concat([outlook.forecasts for outlook in outlooks]),
        "Four weeks ahead, by level, measure and series, with 80 and 95 % intervals",
    )
    recording.publish(
        "backtests", backtest_rows(outlooks), "What each model was worth at earlier origins"
    )
    recording.publish(
        "forecast_levels", level_rows(outlooks), "How far the forecasts of a level can be relied on"
    )
    recording.publish(
        "demand", history_rows(outlooks), "The history behind the forecasts; slots of 0 left out"
    )


def metrics_of(outlook: Outlook) -> list[Metric]:
    """Every model's WAPE and bias beside the strongest baseline's, and the coverage."""
    where = f"{outlook.level.name} {outlook.measure}"
    found = outlook.verdict
    rivals = [score for score in found.scores if score.role == "baseline"]
    if not rivals:
        return []
    rival = min(rivals, key=lambda score: score.wape)
    rows = []
    for score in found.scores:
        for name, value, compared in (
            ("wape", score.wape, rival.wape),
            ("bias", score.bias, rival.bias),
        ):
            rows.append(
                Metric(
                    score.model,
                    where,
                    name,
                    value,
                    baseline=rival.model,
                    baseline_value=compared,
                )
            )
    for level, share in found.coverage.items():
        if share is not None:
            rows.append(Metric("ensemble", where, f"coverage_{level}", share))
    return rows


def backtest_rows(outlooks: Sequence[Outlook]) -> pl.DataFrame:
    """One row a level, measure and model; `rank` 1 is the best."""
    rows = [
        {
            "level": outlook.level.name,
            "measure": outlook.measure,
            "rank": rank,
            "model": score.model,
            "role": score.role,
            "wape": score.wape,
            "bias": score.bias,
            "last_bias": score.last_bias,
            "origins": outlook.verdict.origins,
            "series": outlook.verdict.series,
        }
        for outlook in outlooks
        for rank, score in enumerate(outlook.verdict.scores, start=1)
    ]
    types = {"level": pl.String, "measure": pl.String, "rank": pl.Int32, "model": pl.String}
    types |= {"role": pl.String, "wape": pl.Float64, "bias": pl.Float64, "last_bias": pl.Float64}
    return pl.DataFrame(rows, schema=types | {"origins": pl.Int32, "series": pl.Int32})


def level_rows(outlooks: Sequence[Outlook]) -> pl.DataFrame:
    """One row a level and measure, with what to tell who looks at it."""
    totals = {o.measure: _sum(o) for o in outlooks if o.level.name == "total_daily"}
    rows = [
        {
            "level": outlook.level.name,
            "measure": outlook.measure,
            "reliable": outlook.verdict.reliable,
            "skill": outlook.verdict.skill,
            "coverage_80": outlook.verdict.coverage[80],
            "coverage_95": outlook.verdict.coverage[95],
            "four_weeks": _sum(outlook),
            "of_total": _share(_sum(outlook), totals.get(outlook.measure)),
            "statement": statement(outlook, totals.get(outlook.measure)),
        }
        for outlook in outlooks
    ]
    floats = ("skill", "coverage_80", "coverage_95", "four_weeks", "of_total")
    types = {"level": pl.String, "measure": pl.String, "reliable": pl.Boolean}
    return pl.DataFrame(
        rows, schema=types | dict.fromkeys(floats, pl.Float64) | {"statement": pl.String}
    )


def statement(outlook: Outlook, total: float | None) -> str:
    """How good the forecasts are, in sentences for the person who reads them."""
    found = outlook.verdict
    if found.skill is None:
        return "Do not rely on this: the history is too short to check the forecast against."
    weeks = f"in {found.origins} backtests of four weeks"
    if found.reliable:
        said = [f"The error is {found.skill:.0%} below the best naive forecast's {weeks}."]
    else:
        said = [f"Do not rely on this: it does not clearly beat a naive forecast {weeks}."]
    low = last_origin_low(outlook)
    if low is not None and abs(low) >= 0.05:
        side = "below" if low > 0 else "above"
        said.append(f"The last backtest lay {abs(low):.0%} {side} what came.")
    share = _share(_sum(outlook), total)
    if share is not None and abs(share - 1) >= 0.005:
        said.append(f"Its sum is {share:.0%} of the total's own forecast.")
    return " ".join(said)


def history_rows(outlooks: Sequence[Outlook]) -> pl.DataFrame:
    """Level, measure, series, period and value of every slot that is not 0."""
    frames = []
    for outlook in outlooks:
        panel = outlook.panel
        rows, slots = panel.values.nonzero()
        starts = pl.Series("period_start", list(panel.starts), dtype=pl.Date)
        frame = pl.DataFrame(
            {
                "level": [outlook.level.name] * len(rows),
                "measure": [outlook.measure] * len(rows),
                "series_id": pl.Series(panel.ids, dtype=pl.String).gather(rows),
                "period_start": starts.gather(slots),
                "value": panel.values[rows, slots],
            }
        )
        frames.append(frame)
    return pl.concat(frames)


def _sum(outlook: Outlook) -> float:
    slots = outlook.forecasts.filter(pl.col("grain") == outlook.level.grain)
    return float(slots["value"].sum())


def _share(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None
