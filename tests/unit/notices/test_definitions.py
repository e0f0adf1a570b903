"""Files of alerts and reports: written and read again, and what is said of wrong ones."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ConfigError
from lakehouse.notices.definitions import Alert, Condition, PageFilters, Report, shown
from lakehouse.notices.files import Notices, problems
from lakehouse.notices.timetable import latest_slot, next_slot

GIVEN: dict[str, Any] = {
    "kpi": "overview.orders",
    "condition": "below",
    "threshold": 5,
    "to": ["a@example.com"],
}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    alert = Alert(
        title='5" of "Ünïcode" \\ back',
        kpi="overview.net_revenue",
        condition=Condition.CHANGES,
        threshold=Decimal("12.50"),
        quiet=timedelta(minutes=90),
        filters=PageFilters(days=(date(2024, 4, 1), date(2024, 4, 30)), country="Norway"),
        to=("a@example.com",),
        webhooks=("https://example.com/x?y=%20",),
    )
    notices = Notices(tmp_path, Alert)
    notices.write("all-of_it", alert)
    assert notices.read("all-of_it") == alert
    assert notices.names() == ["all-of_it"]
    with pytest.raises(ConfigError, match="already"):
        notices.write("all-of_it", alert)
    notices.remove("all-of_it")
    with pytest.raises(ConfigError, match="there is no alert"):
        notices.read("all-of_it")
    assert alert.filters.as_query() == (
        "days=2024-04-01&days=2024-04-30&country=Norway&period=Custom"
    )


@pytest.mark.parametrize("name", ["../up", "", "a/b", "-x", "ä", "x" * 65, "a\n"])
def test_a_name_that_makes_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no name of an alert"):
        Notices(tmp_path, Alert).read(name)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"to": []}, "", "nobody would be told"),
        ({"to": ["a@example.com\nBcc: x@y.z"]}, "to", "e-mail address"),
        ({"to": ["Name <a@example.com>"]}, "to", "e-mail address"),
        ({"webhooks": ["ftp://example.com"]}, "webhooks", "a webhook is like"),
        ({"webhooks": ["https://u:p@example.com"]}, "webhooks", "no password"),
        ({"webhooks": ["https://example.com:99999999"]}, "webhooks", "no port"),
        ({"threshold": "much"}, "threshold", "decimal"),
        ({"threshold": float("nan")}, "threshold", "finite"),
        ({"condition": "near"}, "condition", "above"),
        ({"quiet": "soon"}, "quiet", "duration"),
        ({"kpi": None}, "", "give kpi or query"),
        ({"query": "q"}, "", "give kpi or query"),
        ({"kpi": None, "query": "q", "condition": "changes by more than"}, "", "compares with"),
        ({"condition": "changes by more than", "threshold": -1}, "", "not below 0"),
        ({"title": "two\nlines"}, "title", "one line"),
        ({"filters": {"period": "7d", "days": ["2024-01-01", "2024-01-02"]}}, "filters", "both"),
        ({"filters": {"days": ["2024-01-02", "2024-01-01"]}}, "filters", "after the last"),
    ],
)
def test_what_is_wrong_is_told_by_field(change: dict[str, Any], field: str, says: str) -> None:
    assert says in problems(Alert, {**GIVEN, **change})[field]
    assert problems(Alert, GIVEN) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('schedul = "0 7 * * *"', "unknown key 'schedul'"),
        ('schedule = "7:00"', "five fields"),
        ('schedule = "0 7 * * *"\ntimezone = "Mars/Base"', "time zone"),
        ('schedule = "0 7 * * *"\nfilters = {contry = "x"}', "unknown key 'filters.contry'"),
        ("[", "not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "reports").mkdir()
    file = tmp_path / "reports" / "w.toml"
    file.write_text(f'page = "overview"\nto = ["a@example.com"]\n{text}')
    with pytest.raises(ConfigError) as caught:
        Notices(tmp_path, Report).read("w")
    assert str(file) in caught.value.message
    assert says in caught.value.message
    assert caught.value.hint


def test_the_path_of_a_webhook_is_not_shown() -> None:
    assert shown("https://example.com/T0/secret?x=1") == "https://example.com/\u2026"
    assert shown("a@example.com") == "a@example.com"


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        # London is at UTC in winter, an hour before it in summer: from 31 March 2024 on.
        ("2024-03-30T07:00", "2024-03-30T07:00", "2024-03-31T06:00"),
        ("2024-03-31T05:59", "2024-03-30T07:00", "2024-03-31T06:00"),
        ("2024-10-27T06:59", "2024-10-26T07:00", "2024-10-27T07:00"),
    ],
)
def test_a_report_is_due_by_the_clock_of_its_zone(now: str, latest: str, following: str) -> None:
    report = Report(
        page="overview", schedule="0 7 * * *", timezone="Europe/London", to=("a@example.com",)
    )
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert latest_slot(report, at) == datetime.fromisoformat(latest)
    found = next_slot(report, at)
    assert found is not None
    assert found.astimezone(UTC).replace(tzinfo=None) == datetime.fromisoformat(following)
