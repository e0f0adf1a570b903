"""The forecast page as it is sent."""

from collections.abc import Sequence

from apps.bi import forecast_wording, wording
from apps.bi.bulletins.asked_state import State
from apps.bi.bulletins.choosing import one_of
from apps.bi.bulletins.sheets import Column, Parts, sheet
from apps.bi.kpis import Kpi
from apps.bi.outlook import LEVELS, MEASURES, OF, WEEKS, Looked, look
from apps.bi.queries import forecasts
from lakehouse.errors import CatalogError

# Open days of four weeks, or the weeks.
_MOST_SLOTS = 28


def outlook_of(state: State) -> Looked:
    """What is foretold of the choice. Raises ConfigError for one that there is none of."""
    wanted = state.wanted
    measure = one_of(wanted.metric or next(iter(MEASURES)), MEASURES, "metric")
    name = one_of(wanted.level or next(iter(LEVELS)), LEVELS, "level")
    weeks = one_of(wanted.weeks or next(iter(WEEKS)), WEEKS, "horizon", "weeks")
    known = forecasts.series(state.ask, name)
    _, level = forecasts.level(state.ask, name, measure)
    if level is None or not known:
        hint = "`lakehouse ml forecast` computes it, or says what is missing"
        raise CatalogError("nothing is foretold yet", hint=hint)
    series = next(iter(known))
    if name in OF and wanted.series is not None:
        series = one_of(wanted.series, known, "series")
    return look(state.ask, level, series, known[series], int(weeks))


def forecast_kpis(state: State) -> list[Kpi]:
    """The four figures at the top of the page."""
    return forecast_wording.figures(outlook_of(state).outlook)


def forecast(state: State) -> Parts:
    """The sentence, what is expected with its intervals, and the backtests."""
    looked = outlook_of(state)
    shown = looked.outlook
    measure = shown.of.measure
    columns = [
        Column("When", [row["when"] for row in forecast_wording.value_rows(shown.ahead)]),
        *(
            Column(label, [_bound(getattr(slot, name), measure) for slot in shown.ahead], True)
            for label, name in (
                ("Forecast", "value"),
                ("80% from", "low_80"),
                ("to", "high_80"),
                ("95% from", "low_95"),
                ("to", "high_95"),
            )
        ),
    ]
    title = wording.plain(f"{shown.name}, {MEASURES[measure].lower()}")
    sheets = (
        sheet(title, looked.ahead, columns, "forecast", shown=_MOST_SLOTS),
        sheet("How good it was", looked.backtests, _backtests(looked), "backtests"),
    )
    return forecast_wording.sentence(shown), sheets, ()


def _backtests(looked: Looked) -> Sequence[Column]:
    rows = forecast_wording.backtest_rows(looked.outlook.backtests)
    return (
        Column("Model", [row["model"] for row in rows]),
        Column("Error (WAPE)", [f"{row['wape']:.1f}%" for row in rows], True),
        Column("Bias", [f"{row['bias']:+.1f}%".replace("-", wording.MINUS) for row in rows], True),
    )


def _bound(value: float | None, measure: str) -> str:
    return wording.DASH if value is None else forecast_wording.amount(value, measure)
