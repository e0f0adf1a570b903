"""Date patterns read as Trino reads them: MySQL's (date_parse) and Joda's (parse_datetime).

A pattern becomes a list of parts; each part prints a field of a local time or reads one. A field
without an exact form here makes the pattern fail, never print something near it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from lakehouse.athena.engine.function_error import FunctionError

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Part:
    """A field of so many digits at least, or literal text (`field` is then 'text')."""

    field: str
    width: int = 1
    text: str = ""
    fixed: bool = False  # another number follows at once: read exactly `width` digits
    most: int = 0  # digits that are read at most; 0 is what the field allows


_MYSQL = {
    "a": Part("weekday short"), "b": Part("month short"), "c": Part("month"), "d": Part("day", 2),
    "e": Part("day"), "f": Part("fraction", 6), "H": Part("hour", 2), "h": Part("half hour", 2),
    "I": Part("half hour", 2), "i": Part("minute", 2), "j": Part("day of year", 3),
    "k": Part("hour"), "l": Part("half hour"), "M": Part("month name"), "m": Part("month", 2),
    "p": Part("half"), "S": Part("second", 2), "s": Part("second", 2), "v": Part("week", 2),
    "W": Part("weekday name"), "x": Part("week year", 4, most=4), "Y": Part("year", 4, most=4),
    "y": Part("short year", 2, fixed=True),
}  # fmt: skip
_MYSQL_GROUPS = {"r": "%h:%i:%s %p", "T": "%H:%i:%s"}


@lru_cache(maxsize=256)
def mysql(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern such as %Y-%m-%d."""
    parts: list[Part] = []
    i = 0
    while i < len(pattern):
        character = pattern[i]
        if character != "%" or i + 1 == len(pattern):
            parts.append(Part("text", text=character))
            i += 1
            continue
        specifier = pattern[i + 1]
        if specifier in "DUuVwX":
            raise FunctionError(f"%{specifier} not supported in date format string")
        if specifier in _MYSQL_GROUPS:
            parts += mysql(_MYSQL_GROUPS[specifier])
        else:
            parts.append(_MYSQL.get(specifier) or Part("text", text=specifier))
        i += 2
    return tuple(parts)


_JODA = {
    "y": "year", "Y": "year", "M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second",
    "S": "fraction", "E": "weekday", "a": "half", "h": "half hour", "k": "hour of 24",
    "K": "hour of half", "D": "day of year", "w": "week", "x": "week year", "e": "weekday number",
    "Z": "offset", "z": "zone",
}  # fmt: skip


@lru_cache(maxsize=256)
def joda(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern such as yyyy-MM-dd'T'HH:mm."""
    parts: list[Part] = []
    for match in re.finditer(r"([A-Za-z])\1*|'((?:[^']|'')*)'|(.)", pattern, re.DOTALL):
        run, letter = match[0], match[1]
        if letter is None:
            quoted = match[2]
            literal = match[3] if quoted is None else quoted.replace("''", "'") or "'"
            if literal == "'" and quoted is None:
                raise FunctionError(f"Invalid datetime pattern: {pattern}")
            parts.append(Part("text", text=literal))
            continue
        if letter not in _JODA:
            raise FunctionError(f"Illegal pattern component: {run}")
        parts.append(_joda_part(_JODA[letter], len(run), run))
    return tuple(_fixed(parts))


def _joda_part(field: str, width: int, run: str) -> Part:
    if field == "month" and width >= 3:
        return Part("month short" if width == 3 else "month name")
    if field == "weekday":
        return Part("weekday name" if width >= 4 else "weekday short")
    if field in ("year", "week year") and width == 2:
        if field == "week year":
            raise FunctionError(f"Illegal pattern component: {run}")
        return Part("joda short year", 2)
    if field == "zone" and width >= 4:
        raise FunctionError(f"Illegal pattern component: {run}")
    return Part(field, width)


def _is_number(part: Part) -> bool:
    return part.field not in ("text", "half", "offset", "zone") and not part.field.endswith(
        ("short", "name")
    )


def _fixed(parts: list[Part]) -> list[Part]:
    """Numbers that stand together are read by their width: yyyyMMdd."""
    made = []
    for part, after in zip(parts, [*parts[1:], Part("text")], strict=True):
        joined = _is_number(part) and _is_number(after)
        made.append(Part(part.field, part.width, part.text, joined))
    return made


def render(parts: tuple[Part, ...], local: datetime, zone: str, offset: int) -> str:
    """A local time in a pattern, rounded to milliseconds; `offset` is the zone's, in minutes."""
    local += timedelta(microseconds=500)
    return "".join(_printed(part, local, zone, offset) for part in parts)


def _printed(part: Part, local: datetime, zone: str, offset: int) -> str:
    field, width = part.field, part.width
    if field == "text":
        return part.text
    if field == "fraction":
        # Both pattern languages know milliseconds only.
        return f"{local.microsecond // 1000:03}".ljust(width, "0")[:width]
    if field == "offset":
        return _offset_text(width, zone, offset)
    if field == "zone":
        raise FunctionError("Illegal pattern component: z")
    name = _name(field, local)
    if name is not None:
        return name
    return str(_number(field, local)).rjust(width, "0")


def _name(field: str, local: datetime) -> str | None:
    if field.startswith("month "):
        name = MONTHS[local.month - 1]
    elif field in ("weekday name", "weekday short"):
        name = DAYS[local.weekday()]
    elif field == "half":
        return "AM" if local.hour < 12 else "PM"
    else:
        return None
    return name[:3] if field.endswith("short") else name


def _offset_text(width: int, zone: str, offset: int) -> str:
    if width >= 3:
        return zone
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{sign}{hours:02}{':' if width == 2 else ''}{minutes:02}"


def _number(field: str, local: datetime) -> int:
    iso = local.isocalendar()
    numbers = {
        "year": local.year, "short year": local.year % 100, "joda short year": local.year % 100,
        "month": local.month, "day": local.day, "hour": local.hour, "minute": local.minute,
        "second": local.second, "half hour": local.hour % 12 or 12,
        "hour of 24": local.hour or 24, "hour of half": local.hour % 12,
        "day of year": local.timetuple().tm_yday, "week": iso.week, "week year": iso.year,
        "weekday number": iso.weekday,
    }  # fmt: skip
    return numbers[field]


_MOST_DIGITS = {"year": 9, "week year": 9, "fraction": 9, "day of year": 3, "weekday number": 1}


def read(parts: tuple[Part, ...], text: str, zone: str) -> tuple[datetime, str]:
    """The local time and zone a text spells in a pattern. Raises FunctionError."""
    fields: dict[str, int | str] = {}
    offset = 0
    for part in parts:
        found = _reader(part).match(text, offset)
        if found is None:
            raise _malformed(text, offset)
        offset = found.end()
        _take(part, found[0], fields)
    if offset < len(text):
        raise _malformed(text, offset)
    try:
        return _assemble(fields), str(fields.get("zone", zone))
    except ValueError:
        raise FunctionError(f'Cannot parse "{text}": Value is out of range') from None


def _malformed(text: str, offset: int) -> FunctionError:
    where = f'is malformed at "{text[offset:]}"' if offset < len(text) else "is too short"
    return FunctionError(f'Invalid format: "{text}" {where}')


@lru_cache(maxsize=256)
def _reader(part: Part) -> re.Pattern[str]:
    field = part.field
    if field == "text":
        return re.compile(re.escape(part.text), re.IGNORECASE)
    if field == "half":
        return re.compile("AM|PM", re.IGNORECASE)
    if field.startswith("month ") or field in ("weekday name", "weekday short"):
        names = MONTHS if field.startswith("month") else DAYS
        # Joda reads long and short names alike, the long ones first.
        return re.compile("|".join([*names, *(n[:3] for n in names)]), re.IGNORECASE)
    if field == "offset":
        return re.compile(r"Z|[+-]\d{2}:?\d{2}|[A-Za-z_]+(?:/[A-Za-z_]+)*")
    if field == "zone":
        return re.compile("UTC|GMT")
    if part.fixed:
        return re.compile(rf"\d{{{part.width}}}", re.ASCII)
    most = part.most or _MOST_DIGITS.get(field, max(2, part.width))
    sign = "[+-]?" if field in ("year", "week year") else ""
    return re.compile(rf"{sign}\d{{1,{most}}}", re.ASCII)


def _take(part: Part, found: str, fields: dict[str, int | str]) -> None:
    field = part.field
    if field == "text":
        return
    if field == "half":
        fields["half"] = found.upper()
    elif field in ("offset", "zone"):
        fields["zone"] = "UTC" if found in ("Z", "GMT") else found
        if found[0] in "+-":
            digits = found.replace(":", "")
            fields["zone"] = f"{digits[:3]}:{digits[3:]}" if int(digits[1:]) else "UTC"
    elif field.startswith("month "):
        fields["month"] = 1 + [n[:3].lower() for n in MONTHS].index(found[:3].lower())
    elif field in ("weekday name", "weekday short"):
        fields["weekday number"] = 1 + [n[:3].lower() for n in DAYS].index(found[:3].lower())
    elif field == "fraction":
        fields["fraction"] = int(found.ljust(3, "0")[:3])
    elif field == "short year":
        # Trino: two digits mean 1970 to 2069.
        fields["year"] = 1900 + int(found) if int(found) >= 70 else 2000 + int(found)
    elif field == "joda short year":
        fields["year"] = _pivot(int(found))
    else:
        fields[field] = int(found)


def _pivot(year: int) -> int:
    """Joda: two digits mean the year nearest to now, from 50 years before to 49 after."""
    now = datetime.now(UTC).year
    century = now - now % 100 + year
    if century < now - 50:
        return century + 100
    return century - 100 if century >= now + 50 else century


def _assemble(fields: dict[str, int | str]) -> datetime:
    def get(name: str, default: int) -> int:
        return int(fields.get(name, default))

    if "week year" in fields or "week" in fields:
        year = get("week year", get("year", 1970))
        day = date.fromisocalendar(year, get("week", 1), get("weekday number", 1))
    elif "day of year" in fields and "month" not in fields:
        year, number = get("year", 1970), get("day of year", 1)
        day = date(year, 1, 1) + timedelta(days=number - 1)
        if number < 1 or day.year != year:
            raise ValueError("day of year")
    else:
        day = date(get("year", 1970), get("month", 1), get("day", 1))
    if "weekday number" in fields and day.isoweekday() != fields["weekday number"]:
        raise ValueError("weekday")
    clock = time(_hour(fields), get("minute", 0), get("second", 0), get("fraction", 0) * 1000)
    return datetime.combine(day, clock)


def _hour(fields: dict[str, int | str]) -> int:
    if "half hour" in fields or "hour of half" in fields:
        hour = int(fields.get("half hour", fields.get("hour of half", 0)))
        if hour > 12 or ("half hour" in fields and hour < 1):
            raise ValueError("hour")
        return hour % 12 + (12 if fields.get("half") == "PM" else 0)
    if "hour of 24" in fields:
        return int(fields["hour of 24"]) % 24
    return int(fields.get("hour", 0))
