"""Dates and times read and written in patterns, and ISO 8601 texts."""

import math
import re
from datetime import date, datetime, time, timedelta

from lakehouse.athena.analysis.zones import normal_zone
from lakehouse.athena.engine import datetime_patterns as patterns
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.errors import AthenaError


def zone(name: str) -> str:
    """A zone's normal name."""
    try:
        return normal_zone(name)
    except AthenaError as error:
        raise FunctionError(error.detail) from None


def _written(local: datetime) -> str:
    return local.isoformat(" ", "microseconds")


def mysql_parse(text: str, pattern: str) -> str:
    """date_parse: a local time, as text that casts to TIMESTAMP."""
    return _written(patterns.read(patterns.mysql(pattern), text, "UTC")[0])


def mysql_format(local: datetime, pattern: str) -> str:
    """date_format."""
    return patterns.render(patterns.mysql(pattern), local, "UTC", 0)


def joda_parse(text: str, pattern: str) -> list[str]:
    """parse_datetime: local time and zone."""
    local, name = patterns.read(patterns.joda(pattern), text, "UTC")
    return [_written(local), zone(name)]


def joda_format(local: datetime, pattern: str, name: str, instant: datetime) -> str:
    """format_datetime of a local time in a zone; `instant` is the same moment in UTC."""
    offset = int((local - instant.replace(tzinfo=None)).total_seconds() // 60)
    return patterns.render(patterns.joda(pattern), local, name, offset)


_ZONED = re.compile(
    r"\s*(\d{4,5}-\d{1,2}-\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?)?"
    r"(?:\s*([A-Za-z+-].*))?\s*"
)


def zoned_parts(text: str) -> list[str]:
    """CAST(varchar AS TIMESTAMP WITH TIME ZONE): local time and zone."""
    match = _ZONED.fullmatch(text)
    if match is None:
        raise FunctionError(f"Value cannot be cast to timestamp: {text}", "INVALID_CAST_ARGUMENT")
    try:
        day = date(*(int(part) for part in match[1].split("-")))
        hour, minute, second = (int(part or 0) for part in match.groups()[1:4])
        local = datetime.combine(day, time(hour, minute, second))
        # What is past six digits of a second is rounded.
        digits = (match[5] or "").ljust(7, "0")
        local += timedelta(microseconds=int(digits[:6]) + (digits[6] >= "5"))
    except (ValueError, OverflowError):
        raise FunctionError(
            f"Value cannot be cast to timestamp: {text}", "INVALID_CAST_ARGUMENT"
        ) from None
    return [_written(local), zone((match[6] or "UTC").strip())]


_ISO = re.compile(
    r"(?P<date>\d{4}(?:-\d{2}(?:-\d{2})?|-W\d{2}(?:-\d)?|-\d{3})?)"
    r"(?:T(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?"
)


def _iso_day(text: str) -> date:
    if "W" in text:
        year, _, rest = text.partition("-W")
        week, _, weekday = rest.partition("-")
        return date.fromisocalendar(int(year), int(week), int(weekday or 1))
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 2 and len(text) == 8:
        day = date(parts[0], 1, 1) + timedelta(days=parts[1] - 1)
        if day.year != parts[0] or parts[1] < 1:
            raise ValueError(text)
        return day
    return date(*[*parts, 1, 1][:3])


def _iso(text: str) -> re.Match[str]:
    match = _ISO.fullmatch(text)
    if match is None:
        raise FunctionError(f'Invalid format: "{text}"')
    return match


def iso8601_date(text: str) -> date:
    """from_iso8601_date: a calendar date, a week date or a day of the year."""
    match = _iso(text)
    if match["hour"] or match["zone"]:
        raise FunctionError(f'Invalid format: "{text}"')
    try:
        return _iso_day(match["date"])
    except ValueError:
        raise FunctionError(f'Invalid format: "{text}"') from None


def iso8601_parts(text: str) -> list[str]:
    """from_iso8601_timestamp: local time, cut to milliseconds, and zone."""
    match = _iso(text)
    try:
        hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
        fraction = int((match["fraction"] or "0").ljust(3, "0")[:3]) * 1000
        local = datetime.combine(_iso_day(match["date"]), time(hour, minute, second, fraction))
    except ValueError:
        raise FunctionError(f'Invalid format: "{text}"') from None
    found = match["zone"] or "UTC"
    if found[0] in "+-":
        digits = found[1:].replace(":", "").ljust(4, "0")
        found = f"{found[0]}{digits[:2]}:{digits[2:]}"
    return [_written(local), zone(found)]


_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*")
_UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7}


def parse_duration(text: str) -> int:
    """'3.81 d' in milliseconds, rounded."""
    match = _DURATION.fullmatch(text)
    if match is None or match[2] not in _UNITS:
        raise FunctionError(f"duration is not a valid data duration string: {text}")
    return int(float(match[1]) * _UNITS[match[2]] + 0.5)


def human_readable_seconds(seconds: float) -> str:
    """1 hour, 2 minutes, 42 seconds."""
    if not math.isfinite(seconds):
        raise FunctionError("Invalid argument found: NaN or infinite")
    rest = int(abs(seconds) + 0.5)
    parts = []
    for unit, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}{'' if amount == 1 else 's'}")
    if rest or not parts:
        parts.append(f"{rest} second{'' if rest == 1 else 's'}")
    return ", ".join(parts)
