"""The chart of a forecast: what was, what is expected, and the fan around it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa

from apps.bi import wording
from apps.bi.charts import ACCENT, AGAINST, Option
from apps.bi.forecast_wording import amount
from apps.bi.queries.forecasts import Slot

# How much of the past is drawn at first, in days; the handles below the chart show the rest.
_SHOWN = 91
_FAN = {95: 0.14, 80: 0.3}


def fan(past: Sequence[Mapping[str, Any]], ahead: Sequence[Slot], measure: str) -> Option:
    """The past as a line, the slots ahead as a dashed one with bands of 80 and 95 %."""
    shown_from = (
        max(past[0]["period_start"], past[-1]["period_start"] - timedelta(_SHOWN)) if past else None
    )
    return {
        "animation": False,
        "dataset": {"source": pa.table(_columns(past, ahead, measure))},
        "grid": {"left": 4, "right": 16, "top": 40, "bottom": 56, "containLabel": True},
        "legend": {
            "left": 0,
            "top": 0,
            "icon": "roundRect",
            "itemHeight": 6,
            "itemWidth": 18,
            "data": ["Actual", "Forecast", "80% interval", "95% interval"],
        },
        "tooltip": {"trigger": "axis", "formatter": "{@told}"},
        "xAxis": {"type": "time", "axisTick": {"show": False}},
        "yAxis": {
            "type": "value",
            "splitNumber": 4,
            "axisLabel": {
                "formatter": f"{wording.CURRENCY}{{value}}" if measure == "revenue" else "{value}"
            },
        },
        "dataZoom": [
            {
                "type": "slider",
                "height": 24,
                "bottom": 8,
                "startValue": shown_from.isoformat() if shown_from else None,
                "brushSelect": False,
            }
        ],
        "series": [
            _line("Actual", "actual", ACCENT, "solid"),
            *_bands(),
            _line("Forecast", "forecast", AGAINST, "dashed"),
        ],
        "media": [{"query": {"maxWidth": 600}, "option": {"grid": {"top": 60}}}],
    }


def _columns(
    past: Sequence[Mapping[str, Any]], ahead: Sequence[Slot], measure: str
) -> dict[str, Any]:
    none = [None] * len(past)
    whens = [each["period_start"] for each in past] + [slot.days.first for slot in ahead]
    return {
        "when": [when.isoformat() for when in whens],
        "actual": pa.array([*(p["value"] for p in past), *(None for _ in ahead)], pa.float64()),
        "forecast": pa.array([*none, *(slot.value for slot in ahead)], pa.float64()),
        # Bands lie on each other: each is drawn as what it adds to the one below.
        "floor": pa.array([*none, *(slot.low_95 for slot in ahead)], pa.float64()),
        "lower": pa.array([*none, *(_gap(s.low_95, s.low_80) for s in ahead)], pa.float64()),
        "middle": pa.array([*none, *(_gap(s.low_80, s.high_80) for s in ahead)], pa.float64()),
        "upper": pa.array([*none, *(_gap(s.high_80, s.high_95) for s in ahead)], pa.float64()),
        "told": [
            *(f"{wording.weekday(p['period_start'])}<br/><b>{amount(p['value'], measure)}</b>"
              for p in past),
            *(_told(slot, measure) for slot in ahead),
        ],
    }  # fmt: skip


def _told(slot: Slot, measure: str) -> str:
    when = wording.weekday(slot.days.first) if slot.days.days == 1 else wording.span(slot.days)
    lines = [when, f"<b>{amount(slot.value, measure)}</b> expected"]
    for share, low, high in ((80, slot.low_80, slot.high_80), (95, slot.low_95, slot.high_95)):
        if low is not None and high is not None:
            between = f"{amount(low, measure)} {wording.DASH} {amount(high, measure)}"
            lines.append(f'<span style="opacity:.7">{share}%: {between}</span>')
    return "<br/>".join(lines)


def _gap(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else high - low


def _bands() -> list[Option]:
    bands = [
        ("", "floor", 0.0),
        ("95% interval", "lower", _FAN[95]),
        ("80% interval", "middle", _FAN[80]),
        ("95% interval", "upper", _FAN[95]),
    ]
    return [
        {
            "name": name,
            "type": "line",
            "encode": {"x": "when", "y": column},
            "stack": "fan",
            "stackStrategy": "all",
            "color": ACCENT,
            "itemStyle": {"opacity": opacity},
            "lineStyle": {"opacity": 0},
            "areaStyle": {"opacity": opacity},
            "showSymbol": False,
            "silent": True,
        }
        for name, column, opacity in bands
    ]


def _line(name: str, column: str, color: str, kind: str) -> Option:
    return {
        "name": name,
        "type": "line",
        "encode": {"x": "when", "y": column},
        "color": color,
        "showSymbol": False,
        "z": 3,
        "lineStyle": {"width": 2, "type": kind},
    }
