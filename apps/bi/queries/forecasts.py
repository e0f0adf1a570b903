"""What the forecast page asks: levels, their series, the fan ahead, the past, the backtests.

Amounts are those of demand (`ml.demand`): what was wanted and not undone within a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.bi.periods import Period
from apps.bi.statement import Answer, Ask, Statement, Value


@dataclass(frozen=True)
class Level:
    """A level and a measure of the forecast, and the backtests' word on it.

    `skill` is the part of the best naive forecast's error that is saved, `days` what is foretold.
    """

    days: Period
    name: str
    measure: str
    reliable: bool
    skill: float | None
    coverage_80: float | None
    coverage_95: float | None
    statement: str


@dataclass(frozen=True)
class Slot:
    """A day or a week ahead. A bound that is not known is None."""

    days: Period
    value: float
    low_80: float | None
    high_80: float | None
    low_95: float | None
    high_95: float | None


@dataclass(frozen=True)
class Backtest:
    """A model's error over the backtests of a level: WAPE and bias as fractions."""

    model: str
    role: str
    wape: float
    bias: float
    origins: int
    series: int


def level(ask: Ask, name: str, measure: str) -> tuple[Answer, Level | None]:
    """The level, or None when it was not computed."""
    answer = ask(
        Statement(
            """
select judged.level, judged.measure, judged.reliable, judged.skill, judged.coverage_80,
    judged.coverage_95, judged.statement, ahead.first_day, ahead.last_day
from ml.forecast_levels as judged
join (
    select level, measure, min(period_start) as first_day, max(period_end) as last_day
    from ml.forecasts group by level, measure
) as ahead on ahead.level = judged.level and ahead.measure = judged.measure
where judged.level = $level and judged.measure = $measure""",
            {"level": name, "measure": measure},
        )
    )
    rows = answer.table.to_pylist()
    if not rows:
        return answer, None
    (row,) = rows
    days = Period(row.pop("first_day"), row.pop("last_day"))
    return answer, Level(days, *row.values())


def series(ask: Ask, name: str) -> Mapping[str, str]:
    """The series of a level, the largest first: its key, and what it is called."""
    rows = ask(
        Statement(
            """
select ahead.series_id, max(products.description) as description
from ml.forecasts as ahead
left join core.dim_products as products on products.product_id = ahead.series_id
where ahead.level = $level and ahead.measure = 'revenue'
group by ahead.series_id
order by sum(ahead.value) desc, ahead.series_id""",
            {"level": name},
        )
    ).table.to_pylist()
    return {row["series_id"]: row["description"] or row["series_id"] for row in rows}


def ahead(ask: Ask, of: Level, series_id: str, until: date) -> tuple[Answer, list[Slot]]:
    """The slots that end by `until`, one after the other."""
    answer = ask(
        Statement(
            """
select period_start, period_end, value, low_80, high_80, low_95, high_95
from ml.forecasts
where level = $level and measure = $measure and series_id = $series and grain in ('day', 'week')
    and period_end <= $until
order by period_start""",
            {**_named(of, series_id), "until": until},
        )
    )
    return answer, [_slot(row) for row in answer.table.to_pylist()]


def whole(ask: Ask, of: Level, series_id: str) -> Slot | None:
    """All four weeks as one, with its own interval, where that is foretold; else None."""
    rows = ask(
        Statement(
            """
select period_start, period_end, value, low_80, high_80, low_95, high_95
from ml.forecasts
where level = $level and measure = $measure and series_id = $series and grain = '4 weeks'""",
            _named(of, series_id),
        )
    ).table.to_pylist()
    return _slot(rows[0]) if rows else None


def past(ask: Ask, of: Level, series_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """The demand behind the forecast: period_start and value, one row an open day or a week.

    A slot in which others sold and this one did not is 0.
    """
    spine = "total_daily" if of.name.endswith("_daily") else "total_weekly"
    answer = ask(
        Statement(
            """
select slots.period_start, coalesce(sold.value, 0e0) as value
from (select distinct period_start from ml.demand where level = $spine) as slots
left join (
    select period_start, value from ml.demand
    where level = $level and measure = $measure and series_id = $series
) as sold on sold.period_start = slots.period_start
order by slots.period_start""",
            {**_named(of, series_id), "spine": spine},
        )
    )
    return answer, answer.table.to_pylist()


def backtests(ask: Ask, of: Level) -> tuple[Answer, list[Backtest]]:
    """Every model that was judged on the level, the best first."""
    answer = ask(
        Statement(
            """
select model, role, wape, bias, origins, series
from ml.backtests
where level = $level and measure = $measure
order by rank""",
            {"level": of.name, "measure": of.measure},
        )
    )
    return answer, [Backtest(*row.values()) for row in answer.table.to_pylist()]


def _slot(row: Mapping[str, Any]) -> Slot:
    first, last, *rest = row.values()
    return Slot(Period(first, last), *rest)


def _named(of: Level, series_id: str) -> dict[str, Value]:
    return {"level": of.name, "measure": of.measure, "series": series_id}
