"""The chart of a result: bars or lines of the columns that were chosen."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from apps.bi.charts import ACCENT, AGAINST, Option

# Stand out from white and from near-black, and from each other.
_COLORS = (ACCENT, AGAINST, "#16a085", "#c2417c", "#8b6fd6", "#7a8794")
MOST_SERIES = len(_COLORS)
# Beyond that, nobody could tell them apart.
MOST_POINTS = 2000


class Kind(StrEnum):
    """How a result is drawn."""

    BAR = "bar"
    LINE = "line"


def drawn(rows: pa.Table, kind: Kind, x: str, ys: Sequence[str]) -> Option:
    """Columns `ys` over column `x`, in the order of the rows; amounts become floats here."""
    source: dict[str, list[Any]] = {"x": [_label(value) for value in rows[x].to_pylist()]}
    source |= {f"y{i}": [_float(v) for v in rows[y].to_pylist()] for i, y in enumerate(ys)}
    return {
        "animation": False,
        "dataset": {"source": pa.table(source)},
        "color": list(_COLORS),
        "grid": {"left": 4, "right": 12, "top": 36, "bottom": 4, "containLabel": True},
        "legend": {"left": 0, "top": 0, "icon": "roundRect", "itemHeight": 4, "itemWidth": 18},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "category", "axisTick": {"show": False}},
        "yAxis": {"type": "value", "splitNumber": 4, "scale": kind is Kind.LINE},
        "series": [
            {
                "type": kind.value,
                "name": y,
                "encode": {"x": "x", "y": f"y{i}"},
                "showSymbol": rows.num_rows == 1,
                "barMaxWidth": 32,
                "itemStyle": {"borderRadius": 3 if kind is Kind.BAR else 0},
            }
            for i, y in enumerate(ys)
        ],
    }


def told(rows: pa.Table, kind: Kind, x: str, ys: Sequence[str]) -> str:
    """The same in words, for whoever can't see it."""
    what = "Bars" if kind is Kind.BAR else "Lines"
    return f"{what} of {', '.join(ys)} by {x}, {rows.num_rows:,} rows"


def _label(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
    return str(value)


def _float(value: Any) -> float | None:  # noqa: ANN401 - a number of any kind
    if value is None:
        return None
    number = float(value)
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124
