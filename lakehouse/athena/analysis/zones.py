"""TIMESTAMP WITH TIME ZONE: the instant, the zone and the local time of a value."""

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from lakehouse.athena.analysis.value import Value, fill
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.types import VARCHAR, ZONED, Type, text, timestamp

_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::(\d{2}))?")


def normal_zone(
    zone: str, position: Position | None = None, *, code: str = "INVALID_FUNCTION_ARGUMENT"
) -> str:
    """A zone's name as Trino prints it: UTC, +05:30 or an IANA name. Raises `code` for no zone."""
    if zone.upper() in ("UTC", "GMT", "Z", "UT", "ZULU", "+00:00", "-00:00"):
        return "UTC"
    offset = _OFFSET.fullmatch(zone)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59:
            raise AthenaError(code, f"Invalid time zone offset {zone}", position)
        return f"{offset[1]}{hours:02}:{minutes:02}" if hours or minutes else "UTC"
    known = _known(zone)
    if known is None:
        raise AthenaError(code, f"'{zone}' is not a valid time zone", position)
    return known


@lru_cache(maxsize=256)
def _known(zone: str) -> str | None:
    """The name of a zone of the tz database, whose case does not matter."""
    if not re.fullmatch(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", zone) or zone == "localtime":
        return None
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return {name.lower(): name for name in available_timezones()}.get(zone.lower())


def is_offset(zone: str) -> bool:
    """Whether a normal zone is a fixed offset such as +05:30."""
    return zone[0] in "+-"


def offset_minutes(zone: str) -> int:
    """The minutes of a fixed offset."""
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 60 + int(zone[4:6]))


def instant(value: Value) -> Value:
    """The TIMESTAMPTZ of a zoned value, which alone takes part in comparisons."""
    if value.type.zone:
        return value
    return fill('{0}."at"', [value], Type(ZONED, value.type.numbers, zone="UTC"))


def zone_of(value: Value) -> Value:
    """The name of a zoned value's zone."""
    if value.type.zone:
        return Value(text(value.type.zone), VARCHAR)
    return fill('{0}."zone"', [value], VARCHAR)


def local_time(value: Value) -> Value:
    """The date and time of a zoned value on the clocks of its zone, a TIMESTAMP."""
    made = timestamp(value.type.precision)
    zone = value.type.zone
    if not zone:
        return fill('athena_local({0}."at", {0}."zone")', [value], made)
    if is_offset(zone):
        return fill(f"(timezone('UTC', {{0}}) + to_minutes({offset_minutes(zone)}))", [value], made)
    return fill(f"timezone({text(zone)}, {{0}})", [value], made)


def clock_time(value: Value) -> Value:
    """A date or time of day as it stands, a zoned value on the clocks of its zone."""
    return local_time(value) if value.type.base == ZONED else value


def from_local(local: Value, zone: str) -> Value:
    """The zoned value whose local time in a fixed zone is `local`."""
    made = Type(ZONED, (local.type.precision,), zone=zone)
    if is_offset(zone):
        return fill(f"timezone('UTC', {{0}} - to_minutes({offset_minutes(zone)}))", [local], made)
    return fill(f"timezone({text(zone)}, {{0}})", [local], made)


def relocate(local: Value, original: Value) -> Value:
    """The zoned value with `original`'s zone whose local time is `local`."""
    if original.type.zone:
        return from_local(local, original.type.zone)
    made = Type(ZONED, original.type.numbers)
    return fill('athena_zoned_local({0}, {1}."zone")', [local, original], made)


def at_instant(moment: Value, original: Value) -> Value:
    """The zoned value with `original`'s zone at another instant."""
    if original.type.zone:
        return moment.typed(original.type)
    sql = 'CASE WHEN {0} IS NOT NULL THEN struct_pack("at" := {0}, "zone" := {1}."zone") END'
    return fill(sql, [moment, original], original.type)
