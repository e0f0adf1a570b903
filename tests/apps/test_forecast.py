"""The forecast page against the shop's demand, added up in plain Python."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from apps.bi import forecast_charts
from apps.bi.periods import Period
from apps.bi.queries.forecasts import Slot
from lakehouse.config import Settings
from lakehouse.query.published_watch import Watch
from tests.apps import shop_forecasts, shop_marts
from tests.apps.conftest import Opened
from tests.apps.shop import LAST, Line
from tests.apps.test_customers import metrics, sentence


def expected(lines: Sequence[Line], level: str, measure: str, series: str) -> tuple[float, float]:
    """What the last week, and the last four, before the forecast wanted."""
    week, month = 0.0, 0.0
    for (of, by, name, start), value in shop_forecasts.demand(lines).items():
        if (of, by, name) == (level, measure, series):
            week += value if start >= LAST - timedelta(7) else 0
            month += value if start >= LAST - timedelta(28) else 0
    return week, month


def test_the_shop_s_four_weeks_are_added_up(open_app: Opened, lines: Sequence[Line]) -> None:
    week, month = expected(lines, "total_daily", "revenue", "total")
    app = open_app(page="forecast")
    assert not app.exception
    assert f"Demand of **£{4 * week:,.2f}** is expected 9 May \u2013 5 Jun 2024" in sentence(app)
    way = "more" if 4 * week > month else "less"
    assert f"**{abs(4 * week / month - 1):.1%} {way}** than" in sentence(app)
    assert "in 6 backtests the error was 40.0%, that of the seasonal naive forecast 50.0%" in (
        sentence(app)
    )
    assert metrics(app)["Backtest error (WAPE)"] == "40.0%"
    assert metrics(app)["Interval coverage"] == "81.0%"
    assert not app.warning
    values = app.dataframe[1].value
    assert sum(values["value"]) == pytest.approx(4 * week)
    assert len(values) == 6 * 4  # closed on Sundays


@pytest.mark.parametrize(
    ("level", "series"), [("country_daily", "United Kingdom"), ("product_weekly", "22423")]
)
def test_a_series_and_fewer_weeks_of_units(
    open_app: Opened, lines: Sequence[Line], level: str, series: str
) -> None:
    week, _ = expected(lines, level, "units", series)
    app = open_app(page="forecast", level=level, series=series, metric="units", weeks="2")
    assert not app.exception
    assert metrics(app)["Next 2 weeks"] == f"{2 * week:,.0f}"
    assert f"**{2 * week:,.0f} units** is expected 9 \u2013 22 May 2024" in sentence(app)
    assert sum(app.dataframe[1].value["value"]) == pytest.approx(2 * week)


def test_what_beats_no_naive_forecast_is_marked(open_app: Opened) -> None:
    app = open_app(page="forecast", level="total_weekly")
    assert "**Do not rely on this**" in sentence(app)
    (warning,) = app.warning
    assert "it beats nothing" in warning.value
    assert metrics(app)["Backtest error (WAPE)"] == "60.0%"


def test_a_series_that_does_not_exist_is_named(open_app: Opened) -> None:
    app = open_app(page="forecast", level="product_weekly", series="2242`x")
    assert app.header[0].value == "There is no forecast for 2242\\`x"
    assert "22423" in app.markdown[-2].value
    app.button[0].click().run()
    assert len(app.metric) == 4


@pytest.mark.parametrize("asked", [{"metric": "love"}, {"level": "-1"}, {"weeks": "99"}])
def test_a_link_with_nonsense_is_answered(open_app: Opened, asked: dict[str, str]) -> None:
    app = open_app(page="forecast", **asked)
    assert not app.exception
    assert app.header[0].value == "This link asks for something that is not there"
    app.button[0].click().run()
    assert len(app.metric) == 4


def test_without_a_forecast_the_page_names_the_command(
    open_app: Opened, settings: Settings, lines: Sequence[Line]
) -> None:
    shop_marts.build(settings, lines[:60])
    watch = Watch(settings)
    watch.look()
    app = open_app(watch, page="forecast")
    assert app.header[0].value == "This is not computed yet"
    assert "`ml.forecasts`" in app.markdown[-1].value
    assert app.code[0].value == "lakehouse ml build"

    shop_marts.commit(settings, shop_forecasts.tables([]))
    watch.look()
    app = open_app(watch, page="forecast")
    assert not app.exception
    assert app.header[0].value == "Nothing is foretold yet"
    assert app.code[0].value == "lakehouse ml forecast"


def test_the_fan_s_bands_lie_on_each_other() -> None:
    slots = [
        Slot(Period(LAST, LAST), 10.0, 8.0, 13.0, 5.0, 20.0),
        Slot(Period(LAST, LAST), 10.0, None, None, 0.0, None),
    ]
    past = [{"period_start": date(2024, 5, 8), "value": 7.0}]
    drawn = forecast_charts.fan(past, slots, "units")["dataset"]["source"].to_pydict()
    assert drawn["actual"] == [7.0, None, None]
    assert drawn["floor"] == [None, 5.0, 0.0]
    assert drawn["lower"] == [None, 3.0, None]
    assert drawn["middle"] == [None, 5.0, None]
    assert drawn["upper"] == [None, 7.0, None]
    assert drawn["told"][1].startswith("Thu 9 May 2024<br/><b>10 units</b> expected<br/>")
    assert "80%" not in drawn["told"][2]
