"""The charts: pure functions from figures to ECharts options, readable on light and on dark.

Amounts become floats here, for their place on the screen only: what a person reads is text
made of the exact decimals.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from apps.bi import wording
from apps.bi.periods import Period
from apps.bi.queries.sales import Seller

Option = dict[str, Any]

# Both stand out from white and from near-black (contrast above 3 to 1).
ACCENT = "#2f7de1"
AGAINST = "#d97706"
# Up to so many days, single days can be compared; beyond, only their weekly rhythm is read.
_SINGLE_DAYS = 31


def axis(amounts: Iterable[Decimal]) -> str:
    """The labels of an axis of amounts of money."""
    # A template can't put the currency behind a minus sign.
    below_zero = any(amount < 0 for amount in amounts)
    return "{value}" if below_zero else f"{wording.CURRENCY}{{value}}"


def revenue_per_day(
    now: pa.Table, before: pa.Table | None, compared: Period | None, last_order_at: datetime
) -> Option:
    """Net revenue, a bar a day; over more than a month also its seven-day average.

    `now` and `before` are tables of `sales.every_day`, of equally many days. The day of
    `last_order_at` is not over, as far as the data tells, and says so.
    """
    smooth = now.num_rows > _SINGLE_DAYS
    columns = _days_drawn(now, last_order_at)
    series = [_bars("Net revenue", "net", 0.4 if smooth else 0.9)]
    unfinished = last_order_at.date()
    if unfinished in now["day"].to_pylist():
        name = f"{unfinished.day} {unfinished:%b} until {wording.clock(last_order_at)}"
        series.append(_bars(name, "so_far", 0.2 if smooth else 0.45))
    if smooth:
        series.append(_line("7-day average", "average", ACCENT))
    if before is not None and compared is not None:
        columns |= _days_against(before, "average" if smooth else "net")
        name = f"{wording.span(compared)}{', 7-day average' if smooth else ''}"
        series.append(_line(name, "against", AGAINST, dashed=True))
    return {
        "animation": False,
        "dataset": {"source": pa.table(columns)},
        "grid": {"left": 4, "right": 12, "top": 40, "bottom": 4, "containLabel": True},
        "legend": {"left": 0, "top": 0, "icon": "roundRect", "itemHeight": 4, "itemWidth": 18},
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "formatter": _tooltip(compared="against" in columns),
        },
        "xAxis": {"type": "time", "axisTick": {"show": False}},
        "yAxis": {
            "type": "value",
            "splitNumber": 4,
            "axisLabel": {"formatter": axis(_nets(now, before))},
        },
        "series": series,
        # On a phone the legend takes two lines.
        "media": [{"query": {"maxWidth": 600}, "option": {"grid": {"top": 60}}}],
    }


def _days_drawn(now: pa.Table, last_order_at: datetime) -> dict[str, Any]:
    days, nets = now["day"].to_pylist(), now["net"].to_pylist()
    sums, unfinished = dict(zip(days, nets, strict=True)), last_order_at.date()
    return {
        "day": [day.isoformat() for day in days],
        "net": _floats(net if day != unfinished else None for day, net in sums.items()),
        "so_far": _floats(net if day == unfinished else None for day, net in sums.items()),
        "average": _floats(now["average"].to_pylist()),
        "when": [
            _when(day, last_order_at, is_open=is_open)
            for day, is_open in zip(days, now["open"].to_pylist(), strict=True)
        ],
        "amount": [wording.money(net) for net in nets],
    }


def _days_against(before: pa.Table, drawn: str) -> dict[str, Any]:
    days, nets = before["day"].to_pylist(), before["net"].to_pylist()
    return {
        "against": _floats(before[drawn].to_pylist()),
        "earlier": [
            f"{wording.weekday(day)}: {wording.money(net)}"
            for day, net in zip(days, nets, strict=True)
        ],
    }


def sparkline(trend: Sequence[tuple[str, Decimal | None, str]]) -> Option:
    """A line without axes through (when, figure, the figure as it reads), oldest first."""
    whens, figures, texts = zip(*trend, strict=True) if trend else ((), (), ())
    source = {
        "when": list(whens),
        "figure": _floats(figures),
        "text": list(texts),
    }
    return {
        "animation": False,
        "dataset": {"source": pa.table(source)},
        "grid": {"left": 0, "right": 0, "top": 6, "bottom": 2},
        "tooltip": {"trigger": "axis", "formatter": "{@when}<br/><b>{@text}</b>"},
        "xAxis": {"type": "category", "show": False, "boundaryGap": False},
        "yAxis": {"type": "value", "show": False, "scale": True},
        "series": [
            {
                "type": "line",
                "encode": {"x": "when", "y": "figure"},
                "color": ACCENT,
                "showSymbol": False,
                "lineStyle": {"width": 1.5},
                "areaStyle": {"opacity": 0.12},
            }
        ],
    }


def leaderboard(sellers: Sequence[Seller], chosen: str | None) -> Option:
    """Net revenue, a bar each, the first of `sellers` on top; if one is chosen, the rest pale.

    `sellers` are all of a kind, or rows that sum up to them. A bar that is clicked becomes
    the selection.
    """
    net = sum((seller.net for seller in sellers), Decimal(0))
    source = pa.table(
        {
            "name": [seller.name for seller in sellers],
            "chosen": _floats(s.net if chosen in (None, s.name) else None for s in sellers),
            "others": _floats(s.net if chosen not in (None, s.name) else None for s in sellers),
            "label": [_share(seller, net) for seller in sellers],
            "amount": [wording.money(seller.net) for seller in sellers],
            "change": [_change(seller) for seller in sellers],
        }
    )
    return {
        "animation": False,
        "dataset": {"source": source},
        "grid": {"left": 4, "right": 110, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {
            "trigger": "item",
            "formatter": "{@name}<br/><b>{@amount}</b><br/>{@change}",
        },
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
        },
        "series": [_bar_each("chosen", 1), _bar_each("others", 0.3)],
    }


def _bar_each(column: str, opacity: float) -> Option:
    return {
        "type": "bar",
        "encode": {"x": column, "y": "name"},
        "itemStyle": {"color": ACCENT, "opacity": opacity, "borderRadius": 3},
        "barMaxWidth": 16,
        "barGap": "-100%",
        "selectedMode": "single",
        "cursor": "pointer",
        "label": {"show": True, "position": "right", "formatter": "{@label}", "opacity": 1},
    }


def _bars(name: str, column: str, opacity: float) -> Option:
    return {
        "name": name,
        "type": "bar",
        "encode": {"x": "day", "y": column},
        "color": ACCENT,
        "itemStyle": {"opacity": opacity, "borderRadius": [2, 2, 0, 0]},
        "barCategoryGap": "20%",
        "barGap": "-100%",
        "selectedMode": "single",
        "cursor": "pointer",
    }


def _line(name: str, column: str, color: str, *, dashed: bool = False) -> Option:
    return {
        "name": name,
        "type": "line",
        "encode": {"x": "day", "y": column},
        "color": color,
        "showSymbol": False,
        "lineStyle": {"width": 2, "type": "dashed" if dashed else "solid"},
    }


def _nets(*tables: pa.Table | None) -> list[Decimal]:
    return [net for table in tables if table for net in table["net"].to_pylist()]


def _tooltip(*, compared: bool) -> str:
    earlier = '<br/><span style="opacity:.7">{@earlier}</span>' if compared else ""
    return f"{{@when}}<br/><b>{{@amount}}</b>{earlier}"


def _when(day: date, last_order_at: datetime, *, is_open: bool) -> str:
    name = wording.weekday(day)
    if day == last_order_at.date():
        return f"{name}, until {wording.clock(last_order_at)}"
    return name if is_open else f"{name}, closed"


def _share(seller: Seller, net: Decimal) -> str:
    share = f" · {wording.percent(seller.net / net)}" if net > 0 else ""
    return wording.short_money(seller.net) + share


def _change(seller: Seller) -> str:
    fraction = wording.change(seller.net, seller.before)
    return "" if fraction is None else wording.percent(fraction, sign=True)


def _floats(figures: Iterable[Decimal | float | None]) -> pa.Array:
    return pa.array([None if f is None else float(f) for f in figures], pa.float64())
