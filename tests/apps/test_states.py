"""What the page says when it has nothing, or nothing new, to show."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.bi import wording
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.query.published_watch import Watch
from tests.apps import shop, shop_marts
from tests.apps.conftest import Opened


def looked_at(settings: Settings) -> Watch:
    watch = Watch(settings)
    watch.look()
    return watch


def test_before_the_first_build_the_page_names_the_command(
    open_app: Opened, settings: Settings
) -> None:
    app = open_app(looked_at(settings))
    assert [h.value for h in app.header] == ["Nothing has been built yet"]
    assert wording.plain(str(settings.home)) in app.markdown[0].value
    assert [c.value for c in app.code] == ["make build", "make build SOURCE=orders.csv.gz"]
    assert not app.metric
    assert not app.exception


def test_the_command_names_a_home_that_make_does_not_know(
    open_app: Opened, settings: Settings, tmp_path: Path
) -> None:
    home = tmp_path / "our lake"
    app = open_app(looked_at(settings.model_copy(update={"home": home})))
    assert app.code[0].value == f"lakehouse --home '{home}' build"


def test_without_the_marts_the_page_names_them(open_app: Opened, settings: Settings) -> None:
    open_catalog(settings).create_namespace("landing")
    app = open_app(looked_at(settings))
    assert [h.value for h in app.header] == ["The marts are not built yet"]
    for table in ("core.fct_order_lines", "reports.rpt_daily_sales"):
        assert f"`{table}`" in app.markdown[0].value
    assert [c.value for c in app.code] == ["make build"]


def test_empty_marts_are_no_sales_of_nothing(open_app: Opened, settings: Settings) -> None:
    shop_marts.build(settings, [])
    app = open_app(looked_at(settings))
    assert [h.value for h in app.header] == ["No orders have landed yet"]
    assert not app.exception


def test_a_clock_that_was_wrong_does_not_shift_the_default_period(
    open_app: Opened, settings: Settings, lines: Sequence[shop.Line]
) -> None:
    odd = [replace(lines[0], ordered_at=datetime(year, 1, 1)) for year in (1970, 2099)]  # noqa: DTZ001
    shop_marts.build(settings, [*lines, *odd])
    watch = looked_at(settings)
    assert "**12 Apr \u2013 9 May 2024**" in open_app(watch, period="28d").caption[3].value
    orders = len({x.order_id for x in lines if x.sells})
    assert open_app(watch, period="All").metric[1].value == str(orders)


def test_a_damaged_catalog_is_an_error_with_a_hint(open_app: Opened, settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "catalog.db").write_bytes(b"no database" * 100)
    app = open_app(looked_at(settings))
    (error,) = app.error
    assert "catalog" in error.value
    assert "Hint: " in error.value
    assert not app.exception


def test_a_refresh_that_fails_keeps_the_old_state_and_says_so(
    open_app: Opened, settings: Settings, lines: Sequence[shop.Line]
) -> None:
    shop_marts.build(settings, lines[:100])
    watch = looked_at(settings)
    before = open_app(watch, period="All")
    assert not before.warning

    shop_marts.build(settings, lines)
    with open_catalog(settings) as catalog:
        daily = catalog.load_table("reports.rpt_daily_sales")
        for task in daily.scan().plan_files():
            daily.io.delete(task.file.file_path)
    watch.look()
    after = open_app(watch, period="All")

    assert [m.value for m in after.metric] == [m.value for m in before.metric]
    (warning,) = after.warning
    assert "last state that could be loaded" in warning.value


def test_the_page_goes_on_when_the_lake_is_removed(
    open_app: Opened, settings: Settings, lines: Sequence[shop.Line]
) -> None:
    shop_marts.build(settings, lines)
    watch = looked_at(settings)
    (settings.home / "catalog.db").rename(settings.home / "gone")
    watch.look()
    app = open_app(watch)
    assert app.metric
    assert "last state" in app.warning[0].value


def test_an_open_page_follows_the_builds(
    open_app: Opened, settings: Settings, lines: Sequence[shop.Line]
) -> None:
    watch = looked_at(settings)
    app = open_app(watch, period="All")
    assert not app.metric

    shop_marts.build(settings, lines)
    watch.look()
    app.run()
    orders = len({x.order_id for x in lines if x.sells})
    assert app.metric[1].value == str(orders)


def test_a_bug_is_told_without_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        from apps.bi import states

        assert states.broken(ZeroDivisionError("a secret of the code"))

    monkeypatch.delenv("LAKEHOUSE_DEBUG", raising=False)
    app = AppTest.from_function(script).run()
    assert "ZeroDivisionError" in app.error[0].value
    assert "secret" not in app.error[0].value
    assert not app.exception
