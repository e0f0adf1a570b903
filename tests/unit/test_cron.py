"""Schedules, with times worked out by hand from a calendar of 2026 (1 January is a Thursday)."""

from datetime import datetime

import pytest

from lakehouse.cron import parse_schedule

NOW = datetime(2026, 1, 14, 10, 7, 30)  # noqa: DTZ001 - a Wednesday, UTC as everywhere


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("* * * * *", "2026-01-14T10:07"),
        ("*/15 * * * *", "2026-01-14T10:00"),
        ("8 10 * * *", "2026-01-13T10:08"),
        ("7 10 * * *", "2026-01-14T10:07"),
        ("0 6 * * mon-fri", "2026-01-14T06:00"),
        ("0 6 * * 0", "2026-01-11T06:00"),
        ("0 6 * * 7", "2026-01-11T06:00"),
        ("0 6 1 * 2", "2026-01-13T06:00"),
        ("30 23 31 dec *", "2025-12-31T23:30"),
        ("0 0 29 2 *", "2024-02-29T00:00"),
        ("@daily", "2026-01-14T00:00"),
        ("cron(15 12 * * ? *)", "2026-01-13T12:15"),
        ("cron(0 8 ? * 2 *)", "2026-01-12T08:00"),
        ("cron(0/20 10 * * ? 2026)", "2026-01-14T10:00"),
    ],
)
def test_the_last_time_that_is_not_in_the_future(text: str, latest: str) -> None:
    assert parse_schedule(text).latest(NOW) == datetime.fromisoformat(latest)


def test_what_never_was_has_no_last_time() -> None:
    assert parse_schedule("cron(0 0 1 1 ? 2099)").latest(NOW) is None
    assert parse_schedule("0 0 30 2 *").latest(NOW) is None


@pytest.mark.parametrize(
    "text", ["", "hourly", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "cron(* * * * *)"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"field|between"):
        parse_schedule(text)
