"""The page's menu writes the files of alerts and reports, and the operations page lists them."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lakehouse.config import Settings
from lakehouse.notices.definitions import Alert, Condition, PageFilters, Report
from lakehouse.notices.files import Notices
from tests.apps.conftest import Opened


@pytest.fixture
def home(shop_settings: Settings) -> Iterator[Path]:
    """The shop's home; what a test saves goes again."""
    yield shop_settings.home
    for folder in ("alerts", "reports"):
        shutil.rmtree(shop_settings.home / folder, ignore_errors=True)


def opened(app: AppTest, kind: str) -> AppTest:
    """The page with its menu open."""
    app.session_state["notice_kind"] = kind
    app.session_state["notices"] = True
    return app.run()


def typed(app: AppTest, **fields: str) -> None:
    for name, text in fields.items():
        app.text_input(key=f"notice_{name}").input(text)


def test_a_figure_is_watched_with_the_filters_of_the_page(open_app: Opened, home: Path) -> None:
    app = opened(open_app(period="28d", country="Norway"), "Alert me")
    app.selectbox(key="alert_figure").select("Orders")
    app.selectbox(key="alert_condition").select(Condition.BELOW)
    typed(app, threshold="many", to="a@example.com, nobody", name="few")
    app.button(key="notice_save").click().run()
    told = [each.value for each in app.error]
    assert any("decimal" in each for each in told)
    assert any("e\\-mail address" in each for each in told)
    assert Notices(home, Alert).names() == []

    typed(app, threshold="12.5", to="a@example.com", quiet="2h")
    app.button(key="notice_save").click().run()
    assert list(app.error) == []
    assert Notices(home, Alert).read("few") == Alert(
        kpi="overview.orders",
        condition=Condition.BELOW,
        threshold=Decimal("12.5"),
        quiet=timedelta(hours=2),
        filters=PageFilters(period="28d", compare="vs previous period", country="Norway"),
        to=("a@example.com",),
    )
    app.button(key="notice_save").click().run()
    assert "already" in app.error[0].value


def test_a_page_is_sent_and_listed(open_app: Opened, home: Path) -> None:
    app = opened(open_app(page="customers", period="28d"), "Send as a report")
    typed(app, to="a@example.com", name="weekly", timezone="Mars/Base")
    app.button(key="notice_save").click().run()
    assert "time zone" in app.error[0].value
    typed(app, timezone="Europe/London")
    app.button(key="notice_save").click().run()
    report = Notices(home, Report).read("weekly")
    assert (report.page, report.schedule, report.timezone) == (
        "customers",
        "0 7 * * *",
        "Europe/London",
    )

    listed = open_app(page="operations")
    assert any("reports run" in each.value for each in listed.warning)
    assert any("weekly" in each.value.to_string() for each in listed.dataframe)


@pytest.mark.parametrize(
    ("page", "asked", "figure", "kpi", "filters"),
    [
        (
            "forecast",
            {"level": "total_weekly", "weeks": "2"},
            "Next 2 weeks",
            "forecast.next_2_weeks",
            PageFilters(level="total_weekly", weeks="2"),
        ),
        ("operations", {"stale": "6"}, "Files", "operations.files", PageFilters(stale="6")),
    ],
)
def test_figures_of_other_pages_are_watched(  # noqa: PLR0917
    open_app: Opened,
    home: Path,
    page: str,
    asked: dict[str, str],
    figure: str,
    kpi: str,
    filters: PageFilters,
) -> None:
    app = opened(open_app(page=page, **asked), "Alert me")
    app.selectbox(key="alert_figure").select(figure)
    typed(app, threshold="1", to="a@example.com", name="watched")
    app.button(key="notice_save").click().run()
    assert list(app.error) == []
    alert = Notices(home, Alert).read("watched")
    assert (alert.kpi, alert.filters) == (kpi, filters)
    assert alert.moves_alone == (page == "operations")


def test_a_page_without_figures_is_sent(open_app: Opened, home: Path) -> None:
    app = open_app(page="recommendations", customer="10003")
    app.session_state["notices"] = True
    typed(app.run(), to="a@example.com", name="lists")
    app.button(key="notice_save").click().run()
    report = Notices(home, Report).read("lists")
    assert (report.page, report.filters) == ("recommendations", PageFilters(customer="10003"))
