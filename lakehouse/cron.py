"""Schedules: when something is due, as cron says it, in UTC.

Five fields (minute, hour, day of month, month, day of week), or the six of AWS in `cron(...)`,
whose last is the year and whose `?` means any; in both a Sunday is what it is there: 0 or 7 in
cron, 1 in AWS.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_YEARS = (1970, 2199)
# A leap day on one weekday comes again after 28 years, over 2100 after 40.
_FARTHEST = timedelta(days=366 * 41)


@dataclass(frozen=True)
class Schedule:
    """The minutes of UTC at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]

    def latest(self, now: datetime) -> datetime | None:
        """The last scheduled minute that is not after `now`; None if there never was one."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_FARTHEST.days):
            if self._falls_on(day) and (found := self._latest_of(day, now)):
                return found
            day -= timedelta(days=1)
        return None

    def following(self, now: datetime) -> datetime | None:
        """The first scheduled minute after `now`; None if there is none any more."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_FARTHEST.days):
            if self._falls_on(day):
                for time in reversed(list(self._times(day))):
                    if time > now:
                        return time
            day += timedelta(days=1)
        return None

    def _falls_on(self, day: datetime) -> bool:
        if day.month not in self.months or day.year not in self.years:
            return False
        of_month = self.days is None or day.day in self.days
        of_week = self.weekdays is None or day.isoweekday() % 7 in self.weekdays
        if self.days is not None and self.weekdays is not None:
            # As cron has it: where both are told, either is enough.
            return of_month or of_week
        return of_month and of_week

    def _latest_of(self, day: datetime, now: datetime) -> datetime | None:
        return next((time for time in self._times(day) if time <= now), None)

    def _times(self, day: datetime) -> Iterator[datetime]:
        """The minutes of a day, the last first."""
        for hour in sorted(self.hours, reverse=True):
            for minute in sorted(self.minutes, reverse=True):
                yield day.replace(hour=hour, minute=minute)


def parse_schedule(text: str) -> Schedule:
    """The schedule that a cron expression means. Raises ValueError for what is none."""
    given = text.strip().lower()
    fields = _SHORT.get(given, given).split()
    first_sunday = 0
    if given.startswith("cron(") and given.endswith(")"):
        fields = given[5:-1].split()
        first_sunday = 1
        if len(fields) != 6:
            raise ValueError('cron(...) has six fields, as in "cron(15 12 * * ? *)"')
    elif len(fields) != 5:
        raise ValueError('a schedule has five fields, as in "15 * * * *", or is cron(...)')
    minute, hour, day, month, weekday, *year = fields
    weekdays = _named(weekday, _DAYS, first_sunday)
    return Schedule(
        minutes=_values(minute, 0, 59),
        hours=_values(hour, 0, 23),
        days=None if day in ("*", "?") else _values(day, 1, 31),
        months=_values(_named(month, _MONTHS, 1), 1, 12),
        weekdays=_weekdays(weekdays, first_sunday),
        years=_values(year[0] if year else "*", *_YEARS),
    )


def _weekdays(field: str, first_sunday: int) -> frozenset[int] | None:
    if field in ("*", "?"):
        return None
    found = _values(field, first_sunday, 7)
    return frozenset((value - first_sunday) % 7 for value in found)


def _named(field: str, names: tuple[str, ...], first: int) -> str:
    for number, name in enumerate(names, start=first):
        field = field.replace(name, str(number))
    return field


def _values(field: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        low, dash, high = span.partition("-")
        if span in ("*", "?"):
            low, high = str(least), str(most)
        elif not dash:
            high = str(most) if slash else low
        if not (low.isdecimal() and high.isdecimal() and (step.isdecimal() or not slash)):
            raise ValueError(
                f"{field!r} is no field of a schedule (numbers, *, a-b, */n and lists)"
            )
        if not least <= int(low) <= int(high) <= most or step == "0":
            raise ValueError(f"{field!r} is not between {least} and {most}")
        found.update(range(int(low), int(high) + 1, int(step or 1)))
    return frozenset(found)
