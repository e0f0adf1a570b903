"""The charts of one product: its days, its list prices, and what is bought with it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from apps.bi import wording
from apps.bi.charts import ACCENT, Option, axis
from apps.bi.periods import Period
from apps.bi.queries.products import Partner, Price

_AXIS_TIME: Mapping[str, Any] = {"type": "time", "axisTick": {"show": False}}
_GRID: Mapping[str, Any] = {"left": 4, "right": 16, "top": 28, "bottom": 4, "containLabel": True}


def sold_per_day(period: Period, rows: Sequence[Mapping[str, Any]]) -> Option:
    """Net revenue, a bar a day, of every day of `period`; rows are those of `products.history`."""
    by_day = {row["order_date"]: row for row in rows}
    listed = [period.first + timedelta(n) for n in range(period.days)]
    nets = [by_day[day]["net_amount"] if day in by_day else Decimal(0) for day in listed]
    units = [by_day[day]["unit_count"] if day in by_day else 0 for day in listed]
    source = pa.table(
        {
            "day": [day.isoformat() for day in listed],
            "net": [float(net) for net in nets],
            "told": [
                f"{wording.weekday(day)}<br/><b>{wording.money(net)}</b><br/>{unit:,} units"
                for day, net, unit in zip(listed, nets, units, strict=True)
            ],
        }
    )
    return {
        "animation": False,
        "dataset": {"source": source},
        "grid": dict(_GRID),
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "formatter": "{@told}",
        },
        "xAxis": dict(_AXIS_TIME),
        "yAxis": {"type": "value", "splitNumber": 3, "axisLabel": {"formatter": axis(nets)}},
        "series": [
            {
                "name": "Net revenue",
                "type": "bar",
                "encode": {"x": "day", "y": "net"},
                "color": ACCENT,
                "itemStyle": {"borderRadius": [2, 2, 0, 0]},
            }
        ],
    }


def list_prices(prices: Sequence[Price], until: date) -> Option:
    """The list price as a staircase, up to the last day of the data."""
    steps = [*prices, Price(until, prices[-1].price)] if prices else []
    source = pa.table(
        {
            "since": [step.since.isoformat() for step in steps],
            "price": [float(step.price) for step in steps],
            "told": [
                f"{wording.day(step.since)}: <b>{wording.money(step.price)}</b>" for step in steps
            ],
        }
    )
    return {
        "animation": False,
        "dataset": {"source": source},
        "grid": dict(_GRID),
        "tooltip": {"trigger": "axis", "formatter": "{@told}"},
        "xAxis": dict(_AXIS_TIME),
        "yAxis": {
            "type": "value",
            "splitNumber": 3,
            "axisLabel": {"formatter": axis([step.price for step in steps])},
        },
        "series": [
            {
                "name": "List price",
                "type": "line",
                "step": "end",
                "encode": {"x": "since", "y": "price"},
                "color": ACCENT,
                "symbolSize": 5,
                "areaStyle": {"opacity": 0.1},
            }
        ],
    }


def bought_with(partners: Sequence[Partner], baskets: int) -> Option:
    """In which share of the product's `baskets` each partner is, a bar each."""
    shares = [Decimal(each.together) / baskets for each in partners]
    source = pa.table(
        {
            "name": [wording.title(each.name) for each in partners],
            "share": [float(share) for share in shares],
            "label": [wording.percent(share) for share in shares],
            "told": [f"in {each.together:,} of {baskets:,} orders" for each in partners],
        }
    )
    return {
        "animation": False,
        "dataset": {"source": source},
        "grid": {"left": 4, "right": 56, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "item", "formatter": "{@name}<br/><b>{@label}</b><br/>{@told}"},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": {"width": 190, "overflow": "truncate"},
        },
        "series": [
            {
                "type": "bar",
                "encode": {"x": "share", "y": "name"},
                "itemStyle": {"color": ACCENT, "borderRadius": 3},
                "barMaxWidth": 16,
                "cursor": "pointer",
                "selectedMode": "single",
                "label": {"show": True, "position": "right", "formatter": "{@label}"},
            }
        ],
    }
