"""The figures at the top of a page, and the four of the sales overview."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import streamlit as st

from apps.bi import wording
from apps.bi.charts import sparkline
from apps.bi.queries.sales import Step, Totals

Trend = list[tuple[str, Decimal | None, str]]


@dataclass(frozen=True)
class Kpi:
    """One figure: as it reads, how it changed and from what, how it went, what it means.

    `trend` holds (when, figure, the figure as it reads), oldest first. `figure` and `before` are
    what `value` and `against` stand for, exactly; of a rate in percent.
    """

    label: str
    value: str
    delta: str | Literal[0] | None
    against: str | None
    trend: Trend
    meaning: str
    less_is_better: bool = False
    figure: Decimal | None = None
    before: Decimal | None = None


def draw_kpi(kpi: Kpi, span: str) -> None:
    """A card of one figure; `span` are its days, as they read."""
    with st.container(border=True, gap=None, height="stretch"):
        st.metric(
            kpi.label,
            kpi.value,
            kpi.delta,
            delta_color="inverse" if kpi.less_is_better else "normal",
            delta_description=kpi.against,
            help=kpi.meaning,
        )
        if kpi.trend:
            st.echarts_chart(
                sparkline(kpi.trend),
                height=60,
                key=f"trend_{kpi.label}",
                alt=f"How {kpi.label.lower()} went, {span}",
            )


@dataclass(frozen=True)
class _Measure:
    """A figure that both a period and each step through it have."""

    label: str
    of: Callable[[Totals], Decimal | None]
    short: Callable[[Decimal], str]
    exact: Callable[[Decimal], str]
    meaning: Callable[[Totals], str]
    less_is_better: bool = False


def kpis(now: Totals, before: Totals | None, steps: Sequence[Step]) -> list[Kpi]:
    """Net revenue, orders, average order and returns; of products: units and their price."""
    measures = _MEASURES_OF_PRODUCTS if now.orders is None else _MEASURES
    return [_kpi(measure, now, before, steps) for measure in measures]


def _kpi(measure: _Measure, now: Totals, before: Totals | None, steps: Sequence[Step]) -> Kpi:
    value = measure.of(now)
    past = None if before is None else measure.of(before)
    return Kpi(
        measure.label,
        wording.DASH if value is None else measure.short(value),
        delta(value, past),
        None if past is None or value is None else f"vs {measure.short(past)}",
        [_point(measure, step) for step in steps],
        measure.meaning(now),
        measure.less_is_better,
        value,
        past,
    )


def _point(measure: _Measure, step: Step) -> tuple[str, Decimal | None, str]:
    figure = measure.of(step)
    when = wording.span(step.days) if step.days.days > 1 else wording.weekday(step.days.last)
    return when, figure, wording.DASH if figure is None else measure.exact(figure)


def delta(now: Decimal | None, before: Decimal | None) -> str | Literal[0] | None:
    """The change in percent; 0 when it rounds to nothing, None when nothing compares."""
    fraction = None if now is None or before is None else wording.change(now, before)
    if fraction is None:
        return None
    text = wording.percent(fraction, sign=True)
    # Streamlit colours a number 0 grey, but the text "0.0%" green.
    return 0 if text == "0.0%" else text.replace(wording.MINUS, "-")


def _orders(sums: Totals) -> Decimal:
    return Decimal(sums.orders or 0)


def _average_order(sums: Totals) -> Decimal | None:
    return sums.net / sums.orders if sums.orders else None


def _average_price(sums: Totals) -> Decimal | None:
    return sums.net / sums.units if sums.units > 0 else None


def _about_returns(now: Totals) -> str:
    exactly = f"Exactly **{wording.money(now.returns)}**: what cancelled orders gave back"
    if not now.gross:
        return f"{exactly}."
    return f"{exactly}, {wording.percent(now.returns / now.gross)} of gross sales."


_RETURNS = _Measure(
    "Returns",
    lambda sums: sums.returns,
    wording.short_money,
    wording.money,
    _about_returns,
    less_is_better=True,
)
_MEASURES = (
    _Measure(
        "Net revenue",
        lambda sums: sums.net,
        wording.short_money,
        wording.money,
        lambda now: (
            f"Exactly **{wording.money(now.net)}**: every line of every order, less what was "
            "cancelled, returned or written off."
        ),
    ),
    _Measure(
        "Orders",
        _orders,
        lambda orders: f"{orders:,}",
        lambda orders: f"{orders:,}",
        lambda _: "Invoices; cancellations are not counted.",
    ),
    _Measure(
        "Average order",
        _average_order,
        wording.short_money,
        wording.money,
        lambda _: "Net revenue divided by orders.",
    ),
    _RETURNS,
)
_MEASURES_OF_PRODUCTS = (
    _Measure(
        "Product revenue",
        lambda sums: sums.net,
        wording.short_money,
        wording.money,
        lambda now: (
            f"Exactly **{wording.money(now.net)}**: what was sold of these products, less what was "
            "given back. Postage, fees and write-offs belong to no product group."
        ),
    ),
    _Measure(
        "Units",
        lambda sums: Decimal(sums.units),
        lambda units: f"{units:,}",
        lambda units: f"{units:,}",
        lambda _: "Units sold, returns taken off.",
    ),
    _Measure(
        "Average unit price",
        _average_price,
        wording.money,
        wording.money,
        lambda _: "Product revenue divided by units.",
    ),
    _RETURNS,
)
