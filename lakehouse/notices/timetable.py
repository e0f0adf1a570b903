"""When a report is due, by the clock on the wall of its time zone.

A time that the change to summer time skips is late by what was skipped; one that comes twice in
autumn counts once. What was missed while nothing ran is sent once, the newest of it.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lakehouse.cron import parse_schedule
from lakehouse.notices.definitions import Report


def latest_slot(report: Report, now: datetime) -> datetime | None:
    """The last time on the wall at which it was due, not after `now` (with a zone).

    None: it never was. The answer has no zone: it is what the clock shows.
    """
    return parse_schedule(report.schedule).latest(on_the_wall(report, now))


def on_the_wall(report: Report, moment: datetime) -> datetime:
    """What the clock of the report's zone shows at a moment."""
    return moment.astimezone(ZoneInfo(report.timezone)).replace(tzinfo=None)


def next_slot(report: Report, now: datetime) -> datetime | None:
    """The next time it is due, with the zone it is told in; None if it never is again."""
    wall = parse_schedule(report.schedule).following(on_the_wall(report, now))
    return None if wall is None else wall.replace(tzinfo=ZoneInfo(report.timezone))


def utc_now() -> datetime:
    """The clock of messages: UTC, and says so."""
    return datetime.now(UTC)
