"""Forecasters on series whose future is known; calendars, panels and intervals by hand."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from lakehouse.ml.forecast.backtest import covered, verdict
from lakehouse.ml.forecast.calendar import easter_sunday, holidays, learn_calendar
from lakehouse.ml.forecast.intervals import Errors, calibrate
from lakehouse.ml.forecast.levels import LEVELS
from lakehouse.ml.forecast.models import FORECASTERS, fill_closed, histories, predict
from lakehouse.ml.forecast.outlook import look_ahead
from lakehouse.ml.forecast.panel import Panel, daily_panel, last_full_day, recent, weekly_panel
from lakehouse.ml.forecast.projection import Projection
from tests.unit.ml.shop import line, lines

MONDAY = date.fromisoformat("2024-01-01")
SEASONAL = {"seasonal_naive", "auto_ets", "optimized_theta"}


def panel(*series: list[float], season: int = 6) -> Panel:
    values = np.array(series, dtype=float)
    slots = values.shape[1]
    starts = tuple(MONDAY + timedelta(days=n) for n in range(slots))
    ids = tuple(f"s{n}" for n in range(len(series)))
    return Panel(ids, starts, values, np.ones(slots), season, 1)


def day_lines(amounts: dict[date, int], **values: object) -> list[dict[str, object]]:
    return [
        line(
            n,
            quantity=units,
            ordered_at=datetime.combine(day, datetime.min.time()) + timedelta(hours=17),
            **values,
        )
        for n, (day, units) in enumerate(amounts.items())
        if units
    ]


@pytest.mark.parametrize("model", sorted(FORECASTERS))
def test_what_never_changes_goes_on(model: str) -> None:
    assert predict(panel([5.0] * 60, [0.0] * 60), model, 4).tolist() == [[5.0] * 4, [0.0] * 4]


@pytest.mark.parametrize("model", sorted(SEASONAL))
def test_a_week_that_repeats_is_repeated(model: str) -> None:
    week = [10.0, 20, 30, 40, 50, 60]
    found = predict(panel(week * 20), model, 12)
    np.testing.assert_allclose(found, [week * 2], rtol=0.02)


@pytest.mark.parametrize("model", sorted(FORECASTERS))
def test_a_level_that_shifted_long_ago_is_forgotten(model: str) -> None:
    wobble = [0.0, 1, -1] * 40
    series = [100 + w for w in wobble[:60]] + [10 + w for w in wobble[:60]]
    found = predict(panel(series, season=3), model, 3)
    assert found.mean() == pytest.approx(10, abs=1.5)


@pytest.mark.parametrize("model", ["auto_ets", "optimized_theta", "theta_unseasonal"])
def test_a_line_keeps_rising(model: str) -> None:
    rng = np.random.default_rng(2)
    series = [float(3 * n + rng.normal(0, 0.5)) for n in range(1, 81)]
    found = predict(panel(series), model, 6)[0]
    # Theta halves the slope by design (Assimakopoulos & Nikolopoulos, 2000).
    assert found[-1] - found[0] >= 0.45 * 15
    assert found[-1] <= 3 * 86 + 3


@pytest.mark.parametrize("model", sorted(FORECASTERS))
@pytest.mark.parametrize(
    "series", [[1.0], [0.0, 0, 0, 7], [3.0, 0] * 4, [0.0] * 50 + [9.0], [1e9] * 3 + [0.0] * 90]
)
def test_scarce_series_give_finite_forecasts(model: str, series: list[float]) -> None:
    found = predict(panel(series), model, 4)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_a_closed_slot_is_filled_from_a_season_away_and_a_half_one_scaled() -> None:
    values = [1.0, 2, 3, 4, 0, 6, 7, 4]
    share = np.array([1, 1, 1, 1, 0, 1, 1, 0.5])
    starts = tuple(MONDAY + timedelta(days=n) for n in range(8))
    shop = Panel(("s",), starts, np.array([values]), share, 3, 1)
    assert fill_closed(shop).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]  # (2 + 8) / 2
    assert histories(shop)[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_series_begins_with_its_first_sale() -> None:
    assert histories(panel([0.0, 0, 5, 0], [0.0] * 4))[0].tolist() == [5, 0]
    assert panel([0.0, 0, 5, 0], [0.0] * 4).begins.tolist() == [2, 4]


def test_the_calendar_learns_closed_weekdays_and_keeps_the_holidays_it_has_kept() -> None:
    first, last = date.fromisoformat("2023-12-01"), date.fromisoformat("2024-02-29")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    traded = [d for d in days if d.weekday() != 5 and d not in holidays(d.year)]
    shop = learn_calendar(traded, first, last)
    assert shop.week == 6
    assert not shop.is_open(date.fromisoformat("2024-03-30"))  # a Saturday
    assert not shop.is_open(date.fromisoformat("2024-03-29"))  # Good Friday
    assert shop.is_open(date.fromisoformat("2024-03-28"))
    diligent = learn_calendar([d for d in days if d.weekday() != 5], first, last)
    assert diligent.is_open(date.fromisoformat("2024-03-29"))


def test_holidays_of_england_against_the_published_ones() -> None:
    assert easter_sunday(2011) == date.fromisoformat("2011-04-24")
    assert easter_sunday(2024) == date.fromisoformat("2024-03-31")
    assert easter_sunday(2038) == date.fromisoformat("2038-04-25")
    for day in ("2011-01-03", "2011-05-02", "2011-05-30", "2011-08-29", "2012-01-02"):
        assert date.fromisoformat(day) in holidays(int(day[:4]))
    assert date.fromisoformat("2012-01-03") not in holidays(2012)


def test_a_last_day_that_stops_at_noon_is_not_whole() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(5)]
    evenings = [datetime.combine(d, datetime.min.time()) + timedelta(hours=17) for d in days]
    at = pl.Series([*evenings[:-1], evenings[-1] - timedelta(hours=5)])
    assert last_full_day(at.dt.date(), at) == days[-2]
    whole = pl.Series(evenings)
    assert last_full_day(whole.dt.date(), whole) == days[-1]
    assert last_full_day(whole[:1].dt.date(), whole[:1]) == days[0]


def test_panels_sum_by_day_and_by_weeks_back_from_the_end() -> None:
    days = {MONDAY + timedelta(days=n): n + 1 for n in range(15)}
    days[MONDAY + timedelta(days=7)] = 0
    rows = lines(*day_lines(days, unit_price=2.0))
    last = max(days)
    daily, calendar = daily_panel(rows, "revenue", last)
    assert daily.values[0].tolist() == [2.0 * units for units in days.values()]
    assert daily.open_share.tolist() == [1.0] * 7 + [0.0] + [1.0] * 7
    weekly = weekly_panel(rows, "units", last, calendar)
    assert weekly.starts == (MONDAY + timedelta(days=1), MONDAY + timedelta(days=8))
    assert weekly.values.tolist() == [[2 + 3 + 4 + 5 + 6 + 7, sum(range(9, 16))]]
    assert weekly.open_share.tolist() == pytest.approx([6 / 7, 1])


def test_what_is_older_than_two_years_is_not_learned_from() -> None:
    days = [MONDAY - timedelta(days=n) for n in (0, 729, 730, 9_000)]
    shop = lines(*day_lines(dict.fromkeys(days, 1)))
    assert recent(shop, MONDAY)["ordered_at"].dt.date().to_list() == days[:2]


def test_the_conformal_interval_covers_what_it_says() -> None:
    rng = np.random.default_rng(5)

    def world() -> Errors:
        forecast = rng.gamma(2, 50, 20_000)
        scale = 1 + 0.3 * forecast
        return Errors(forecast, np.maximum(forecast + scale * rng.standard_t(4, 20_000), 0), scale)

    calibration = calibrate([world(), world()])
    assert calibration is not None
    new = world()
    for level in (80, 95):
        low, high = calibration.interval(new.forecast, new.scale, level)
        inside = ((new.actual >= low) & (new.actual <= high)).mean()
        assert inside == pytest.approx(level / 100, abs=0.01)
        assert (low <= new.forecast).all()
        assert (new.forecast <= high).all()


def test_few_errors_make_no_interval() -> None:
    few = np.ones(20)
    assert calibrate([Errors(few, few, few)]) is None
    assert calibrate([]) is None


def projection(said: float, naive: float, came: float) -> Projection:
    shape = (1, 4)
    level = LEVELS["total_weekly"]
    by_model = dict.fromkeys(level.members, np.full(shape, said))
    by_model |= {"naive": np.full(shape, naive), "ensemble": np.full(shape, said)}
    return Projection(0, np.array([0]), by_model, np.full(shape, came), np.ones(1))


def test_a_level_that_does_not_beat_naive_is_not_reliable() -> None:
    level = LEVELS["total_weekly"]
    worse = verdict(level, [projection(90, 99, 100)] * 3, whole=False)
    assert not worse.reliable
    assert worse.scores[0].model == "naive"
    assert worse.skill == pytest.approx(1 - 0.10 / 0.01)
    better = verdict(level, [projection(99, 90, 100)] * 3, whole=False)
    assert better.reliable
    assert better.skill == pytest.approx(0.9)
    assert better.scores[0].bias == pytest.approx(-0.01)
    # Much better once, a little worse twice: not most of the time.
    once = [projection(100, 50, 100), projection(98, 99, 100), projection(98, 99, 100)]
    assert not verdict(level, once, whole=False).reliable
    assert not verdict(level, [], whole=False).reliable
    assert covered(level, [], whole=False) == {80: None, 95: None}


@pytest.fixture(scope="module")
def year() -> pl.DataFrame:
    """A year without Saturdays: a rising week, two countries, two products."""
    rng = np.random.default_rng(8)
    days = [MONDAY + timedelta(days=n) for n in range(366)]
    rows = []
    for product, country in (("p1", "France"), ("p2", "Spain")):
        amounts = {
            d: int(20 + 10 * d.weekday() + rng.integers(5)) for d in days if d.weekday() != 5
        }
        rows += day_lines(amounts, product_id=product, country=country)
    return lines(*rows)


@pytest.mark.parametrize("level", sorted(LEVELS))
def test_every_level_looks_four_weeks_ahead(year: pl.DataFrame, level: str) -> None:
    last = MONDAY + timedelta(days=365)
    for outlook in look_ahead(year, level, last):
        rows = outlook.forecasts
        assert rows["period_start"].min() > last
        assert rows["period_end"].max() <= last + timedelta(days=28)
        bounded = rows.drop_nulls()
        for narrow, wide in (("low_95", "low_80"), ("low_80", "value"), ("value", "high_80")):
            assert (bounded[narrow] <= bounded[wide] + 1e-6).all()
        assert (bounded["high_80"] <= bounded["high_95"]).all()
        assert rows["value"].is_finite().all()
        assert rows["low_80"].null_count() == 0
    closed = rows.filter(pl.col("period_start").dt.weekday() == 6, pl.col("grain") == "day")
    assert closed.is_empty()


def test_countries_sum_up_to_the_total(year: pl.DataFrame) -> None:
    last = MONDAY + timedelta(days=365)
    totals, countries = (
        look_ahead(year, level, last)[0]
        .forecasts.group_by("period_start")
        .agg(pl.col("value").sum())
        for level in ("total_daily", "country_daily")
    )
    both = totals.join(countries, on="period_start", validate="1:1")
    assert both.height == totals.height == 24
    np.testing.assert_allclose(both["value"], both["value_right"], rtol=1e-6)


@pytest.mark.parametrize("level", sorted(LEVELS))
@pytest.mark.parametrize("days", [1, 9, 40])
def test_a_short_past_gives_forecasts_without_a_claim(level: str, days: int) -> None:
    amounts = {MONDAY + timedelta(days=n): 3 for n in range(days)}
    last = max(amounts)
    for outlook in look_ahead(lines(*day_lines(amounts)), level, last):
        assert outlook.forecasts["value"].is_finite().all()
        assert outlook.forecasts.height > 0
        assert not outlook.verdict.reliable


def test_a_gap_of_months_is_survived() -> None:
    days = {MONDAY + timedelta(days=n): 5 for n in (*range(30), *range(200, 230))}
    for outlook in look_ahead(lines(*day_lines(days)), "total_daily", max(days)):
        assert outlook.forecasts["value"].is_finite().all()
