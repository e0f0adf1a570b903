import csv
import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.generator.seasons import busyness, is_open


def test_the_calendar_is_that_of_the_real_shop(online_retail: Path) -> None:
    with gzip.open(online_retail, "rt", encoding="utf-8", newline="") as log:
        traded = {date.fromisoformat(row["InvoiceDate"][:10]) for row in csv.DictReader(log)}
    first, last = min(traded), max(traded)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    # 29 April 2011 was a royal wedding, which no rule foretells.
    assert {d for d in days if is_open(d)} - traded == {date(2011, 4, 29)}
    assert traded <= {d for d in days if is_open(d)}


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2025, 1, 1), "New Year's Day"),
        (date(2023, 1, 2), "New Year's Day on a Sunday, moved to Monday"),
        (date(2025, 4, 18), "Good Friday"),
        (date(2024, 3, 31), "Easter Sunday"),
        (date(2019, 4, 22), "Easter Monday"),
        (date(2025, 5, 5), "early May"),
        (date(2025, 5, 26), "spring"),
        (date(2025, 8, 25), "summer"),
        (date(2025, 12, 24), "Christmas Eve"),
        (date(2025, 3, 8), "a Saturday"),
    ],
)
def test_closed_days(day: date, why: str) -> None:
    assert not is_open(day), why
    assert busyness(day) == 0


def test_an_average_trading_day_is_one() -> None:
    for year in (2011, 2024, 2025):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        open_days = [busyness(d) for d in days if is_open(d)]
        assert sum(open_days) / len(open_days) == pytest.approx(1.0, abs=0.03)


def test_november_is_more_than_twice_january() -> None:
    tuesdays = [busyness(date(2025, 1, 14)), busyness(date(2025, 11, 18))]
    assert 2.0 < tuesdays[1] / tuesdays[0] < 2.8
