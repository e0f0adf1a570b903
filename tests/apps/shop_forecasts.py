"""The shop's demand, and a forecast of it: every slot as it was a week or a day of it before."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from tests.apps.shop import LAST, Line

Row = dict[str, Any]
Key = tuple[str, str, str, date]

WEEKS = 4
LEVELS = ("total_daily", "total_weekly", "country_daily", "product_weekly")
# The error of the best naive forecast; the ensemble's beats it by a fifth, by the week it does not.
NAIVE, BETTER, WORSE = 0.5, 0.4, 0.6


def tables(lines: Sequence[Line]) -> dict[str, pa.Table]:
    """The tables of `ml` that the forecast page reads."""
    wanted = demand(lines)
    return {
        "ml.demand": table(
            [
                {"level": level, "measure": m, "series_id": s, "period_start": day, "value": value}
                for (level, m, s, day), value in wanted.items()
            ],
            "level measure series_id period_start:date value:double",
        ),
        "ml.forecasts": table(
            forecasts(wanted),
            "level measure series_id grain period_start:date period_end:date value:double"
            " low_80:double high_80:double low_95:double high_95:double reliable:bool",
        ),
        "ml.forecast_levels": table(
            [_level(level, m) for level in LEVELS for m in ("revenue", "units")],
            "level measure reliable:bool skill:double coverage_80:double coverage_95:double"
            " four_weeks:double of_total:double statement",
        ),
        "ml.backtests": table(
            [row for level in LEVELS for m in ("revenue", "units") for row in _tests(level, m)],
            "level measure rank:int model role wape:double bias:double last_bias:double"
            " origins:int series:int",
        ),
    }


def demand(lines: Sequence[Line]) -> dict[Key, float]:
    """What was sold before the last day, by level, measure, series and slot."""
    found: defaultdict[Key, float] = defaultdict(float)
    for line in lines:
        if not line.sells or line.day == LAST:
            continue
        week = LAST - timedelta(7 * -(-(LAST - line.day).days // 7))
        for measure, value in (("revenue", float(line.net)), ("units", float(line.quantity))):
            found["total_daily", measure, "total", line.day] += value
            found["total_weekly", measure, "total", week] += value
            found["country_daily", measure, line.country, line.day] += value
            found["product_weekly", measure, line.product_id, week] += value
    return dict(found)


def forecasts(wanted: dict[Key, float]) -> list[Row]:
    """Four weeks ahead: what was in the last week again, give or take a tenth and a fifth."""
    rows = []
    for (level, measure, series, start), value in wanted.items():
        if start < LAST - timedelta(7):
            continue
        length = 1 if level.endswith("_daily") else 7
        for week in range(1, WEEKS + 1):
            first = start + timedelta(7 * week)
            rows.append(
                {
                    "level": level,
                    "measure": measure,
                    "series_id": series,
                    "grain": "day" if length == 1 else "week",
                    "period_start": first,
                    "period_end": first + timedelta(length - 1),
                    "value": value,
                    "low_80": value * 0.9,
                    "high_80": value * 1.1,
                    "low_95": value * 0.8,
                    "high_95": value * 1.2,
                    "reliable": level != "total_weekly",
                }
            )
    return rows


def _level(level: str, measure: str) -> Row:
    reliable = level != "total_weekly"
    skill = 1 - (BETTER if reliable else WORSE) / NAIVE
    return {
        "level": level,
        "measure": measure,
        "reliable": reliable,
        "skill": skill,
        "coverage_80": 0.81,
        "coverage_95": 0.96,
        "four_weeks": 0.0,
        "of_total": 1.0,
        "statement": "It is better." if reliable else "Do not rely on this: it beats nothing.",
    }


def _tests(level: str, measure: str) -> list[Row]:
    ensemble = WORSE if level == "total_weekly" else BETTER
    roles = [("ensemble", "ensemble", ensemble), ("seasonal_naive", "baseline", NAIVE)]
    roles.sort(key=lambda role: role[2])
    return [
        {
            "level": level,
            "measure": measure,
            "rank": rank,
            "model": model,
            "role": role,
            "wape": wape,
            "bias": -0.05,
            "last_bias": 0.0,
            "origins": 6,
            "series": 3,
        }
        for rank, (model, role, wape) in enumerate(roles, start=1)
    ]


def table(rows: list[Row], columns: str) -> pa.Table:
    """Rows with columns of given kinds: `name rank:int`; without a kind text."""
    kinds = {
        "": pa.string(),
        "date": pa.date32(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "int": pa.int32(),
        "long": pa.int64(),
        "timestamp": pa.timestamp("us"),
    }
    named = [column.partition(":") for column in columns.split()]
    schema = pa.schema([pa.field(name, kinds[kind]) for name, _, kind in named])
    return pa.Table.from_pylist(rows, schema)
