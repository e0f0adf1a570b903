"""How a forecast reads: its amounts, its figures at the top, and the sentence about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import streamlit as st

from apps.bi import kpis, wording
from apps.bi.kpis import Kpi
from apps.bi.periods import Period
from apps.bi.queries.forecasts import Backtest, Level, Slot

# How the models are called; any other is told by its own name.
MODELS: Mapping[str, str] = {
    "ensemble": "Ensemble (what is shown)",
    "seasonal_naive": "Seasonal naive",
    "naive": "Naive",
    "auto_ets": "ETS",
    "optimized_theta": "Theta",
    "theta_unseasonal": "Theta without a season",
    "ses": "Exponential smoothing",
    "adida": "ADIDA",
    "imapa": "IMAPA",
}


@dataclass(frozen=True)
class Outlook:
    """What the page shows: a series of a level, ahead and past, and how good such forecasts were.

    `past` has the slots before those foretold, as many days; `known` says that all of these days
    have figures. `whole` is the sum ahead with its own interval, where there is one.
    """

    of: Level
    name: str
    ahead: Sequence[Slot]
    past: Decimal
    known: bool
    backtests: Sequence[Backtest]
    whole: Slot | None

    @property
    def days(self) -> Period:
        """The days that are shown ahead."""
        return Period(self.ahead[0].days.first, self.ahead[-1].days.last)

    @property
    def total(self) -> Decimal:
        """What is expected in all of them."""
        return sum((Decimal(slot.value) for slot in self.ahead), Decimal(0))

    @property
    def naive(self) -> Backtest | None:
        """The best of the simple forecasts."""
        return next((each for each in self.backtests if each.role == "baseline"), None)

    @property
    def shown(self) -> Backtest | None:
        """The backtests of what is shown."""
        return next((each for each in self.backtests if each.role == "ensemble"), None)


def amount(value: float | Decimal, measure: str) -> str:
    """A figure of a measure: £1,234.50, 1,234 units, 0.3 units."""
    figure = Decimal(value)
    if measure == "revenue":
        return wording.money(figure)
    places = 1 if abs(figure) < 10 and figure != figure.to_integral_value() else 0
    return f"{figure:,.{places}f} units".replace("-", wording.MINUS)


def short_amount(value: float | Decimal, measure: str) -> str:
    """The same in three figures."""
    figure = Decimal(value)
    if measure == "revenue":
        return wording.short_money(figure)
    return amount(figure, measure).removesuffix(" units")


def figures(shown: Outlook) -> list[Kpi]:
    """The four at the top: what is expected, its best slot, the error, and the coverage."""
    measure, weeks = shown.of.measure, round(shown.days.days / 7)
    past = shown.past if shown.known else None
    best = max(shown.ahead, key=lambda slot: slot.value)
    when = wording.weekday(best.days.first) if best.days.days == 1 else wording.span(best.days)
    return [
        Kpi(
            f"Next {'week' if weeks == 1 else f'{weeks} weeks'}",
            short_amount(shown.total, measure),
            kpis.delta(shown.total, past),
            None if past is None else f"vs {short_amount(past, measure)}",
            [],
            _about_total(shown),
            figure=_rounded(shown.total),
            before=None if past is None else _rounded(past),
        ),
        Kpi(
            "Busiest day" if best.days.days == 1 else "Busiest week",
            short_amount(best.value, measure),
            None,
            when,
            [],
            f"Exactly **{amount(best.value, measure)}**, {when}.",
            figure=_rounded(Decimal(best.value)),
        ),
        _error(shown),
        Kpi(
            "Interval coverage",
            _percent(shown.of.coverage_80),
            None,
            f"of 80%; {_percent(shown.of.coverage_95)} of 95%",
            [],
            "How much of what came in the backtests lay within the 80% and the 95% interval.",
            figure=_in_percent(shown.of.coverage_80),
        ),
    ]


def sentence(shown: Outlook) -> str:
    """The answer to the page's question, in Markdown."""
    measure = shown.of.measure
    told = (
        f"{wording.plain(shown.name)} of **{amount(shown.total, measure)}** is expected "
        f"{wording.span(shown.days)}"
    )
    fraction = wording.change(shown.total, shown.past) if shown.known else None
    if fraction is not None:
        way = "more" if fraction >= 0 else "less"
        told += f", **{wording.percent(abs(fraction))} {way}** than in as many days before"
    best, naive = shown.shown, shown.naive
    if best is not None and naive is not None:
        told += (
            f"; in {best.origins} backtests the error was {_percent(best.wape)}, "
            f"that of the {_model(naive.model)} forecast {_percent(naive.wape)}"
        )
    return f"{told}." if shown.of.reliable else f"**Do not rely on this**: {told}."


def backtest_rows(backtests: Sequence[Backtest]) -> list[dict[str, Any]]:
    """One row a model: how it is called, errors in percent, and against the best naive one."""
    naive = next((each.wape for each in backtests if each.role == "baseline"), None)
    return [
        {
            "model": MODELS.get(each.model, each.model),
            "role": each.role,
            "wape": each.wape * 100,
            "against": (each.wape / naive - 1) * 100 if naive else None,
            "bias": each.bias * 100,
        }
        for each in backtests
    ]


def backtest_columns() -> dict[str, Any]:
    """How the columns of `backtest_rows` look."""
    column = st.column_config
    return {
        "model": column.TextColumn("Model", width=165),
        "role": column.TextColumn("Role", width=80),
        "wape": column.NumberColumn("Error (WAPE)", format="%.1f%%", width=100),
        "against": column.NumberColumn("Against naive", format="%+.0f%%", width=105),
        "bias": column.NumberColumn("Bias", format="%+.1f%%", width=70),
    }


def value_rows(ahead: Sequence[Slot]) -> list[dict[str, Any]]:
    """One row a slot, as it is shown below the chart."""
    return [
        {
            "when": wording.weekday(s.days.first) if s.days.days == 1 else wording.span(s.days),
            "value": s.value,
            "low_80": s.low_80,
            "high_80": s.high_80,
            "low_95": s.low_95,
            "high_95": s.high_95,
        }
        for s in ahead
    ]


def value_columns(ahead: Sequence[Slot], measure: str) -> dict[str, Any]:
    """How the columns of `value_rows` look."""
    column = st.column_config
    form = f"{wording.CURRENCY}%,.0f" if measure == "revenue" else "%,.0f"
    if measure == "units" and max(slot.value for slot in ahead) < 10:
        form = "%,.1f"
    labels = {
        "value": "Forecast",
        "low_80": "80% from",
        "high_80": "to",
        "low_95": "95% from",
        "high_95": "to ",
    }
    return {"when": column.TextColumn("When", width=130)} | {
        name: column.NumberColumn(label, format=form, width=90) for name, label in labels.items()
    }


def _about_total(shown: Outlook) -> str:
    exactly = f"Exactly **{amount(shown.total, shown.of.measure)}**, {wording.span(shown.days)}."
    whole = shown.whole
    if whole is None or whole.low_80 is None or whole.high_80 is None:
        return exactly
    measure = shown.of.measure
    return (
        f"{exactly} All four weeks together: {amount(whole.low_80, measure)} to "
        f"{amount(whole.high_80, measure)} with 80% certainty."
    )


def _error(shown: Outlook) -> Kpi:
    best, naive = shown.shown, shown.naive
    against = None if naive is None else f"vs {_percent(naive.wape)} naive"
    delta = (
        None
        if best is None or naive is None
        else kpis.delta(Decimal(best.wape), Decimal(naive.wape))
    )
    series = "" if best is None or best.series == 1 else f" over {best.series:,} series"
    return Kpi(
        "Backtest error (WAPE)",
        wording.DASH if best is None else _percent(best.wape),
        delta,
        against,
        [],
        f"Absolute errors over what came{series}, in forecasts of past weeks from what was known "
        "before them. The best of the naive forecasts stands beside.",
        less_is_better=True,
        figure=None if best is None else _in_percent(best.wape),
        before=None if naive is None else _in_percent(naive.wape),
    )


def _model(name: str) -> str:
    return MODELS.get(name, name).lower()


def _in_percent(fraction: float | None) -> Decimal | None:
    return None if fraction is None else _rounded(Decimal(fraction) * 100)


def _rounded(figure: Decimal) -> Decimal:
    # A forecast is a float: its further digits mean nothing.
    return figure.quantize(Decimal("0.0001"))


def _percent(fraction: float | None) -> str:
    return wording.DASH if fraction is None else wording.percent(Decimal(fraction))
