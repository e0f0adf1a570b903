"""Values as Athena prints them in its results."""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lakehouse.athena.analysis.zones import is_offset, offset_minutes
from lakehouse.athena.engine.numbers import java_double
from lakehouse.athena.types import ZONED, Type

# What the engine's client or Arrow gives for one value; which class depends on the type.
EngineValue = Any
Renderer = Callable[[EngineValue], str]


def render(value: object, made: Type) -> str | None:
    """The text of one value; None for NULL, which is not the empty string."""
    return None if value is None else renderer(made)(value)


def render_column(values: Iterable[object], made: Type) -> list[str | None]:
    """The texts of a column's values."""
    one = renderer(made)
    return [None if value is None else one(value) for value in values]


def renderer(made: Type) -> Renderer:
    """How values of a type are printed; the values are those the engine's Python client gives."""
    base = made.base
    if base == "array":
        item = _member(made.element)
        return lambda value: f"[{', '.join(map(item, value))}]"
    if base == "map":
        key, item = _member(made.children[0]), _member(made.children[1])
        return lambda value: f"{{{', '.join(f'{key(k)}={item(v)}' for k, v in _pairs(value))}}}"
    if base == "row":
        return _row(made)
    if base in ("time", "timestamp"):
        digits = max(3, made.precision)
        return lambda value: _moment(value, digits)
    if base == ZONED:
        return _zoned(made)
    if base == "decimal":
        return lambda value: format(Decimal(value), f".{made.scale}f")
    return _PLAIN.get(base, str)


def _member(made: Type) -> Renderer:
    one = renderer(made)
    return lambda value: "null" if value is None else one(value)


def _pairs(value: EngineValue) -> Iterable[tuple[EngineValue, EngineValue]]:
    """A map as the client gives it (a dict, or keys beside values), or as Arrow does (pairs)."""
    if isinstance(value, Mapping):
        if set(value) == {"key", "value"} and isinstance(value["key"], list):
            return zip(value["key"], value["value"], strict=True)
        return value.items()
    return list(value)


def _row(made: Type) -> Renderer:
    members = [_member(child) for child in made.children]
    names = [name or f"field{i}" for i, name in enumerate(made.names)]

    def shown(value: EngineValue) -> str:
        items: Sequence[EngineValue] = list(value.values()) if isinstance(value, Mapping) else value
        parts = zip(names, members, items, strict=True)
        return f"{{{', '.join(f'{name}={one(item)}' for name, one, item in parts)}}}"

    return shown


def _moment(value: datetime | time, digits: int) -> str:
    if isinstance(value, datetime):
        shown = f"{value.year:04}-{value:%m-%d %H:%M:%S.%f}"
    else:
        shown = f"{value:%H:%M:%S.%f}"
    return shown[: len(shown) - 6 + digits]


def _zoned(made: Type) -> Renderer:
    digits = max(3, made.precision)

    def at(moment: datetime, zone: str) -> str:
        if is_offset(zone):
            local = moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta())
            local += timedelta(minutes=offset_minutes(zone))
        else:
            local = moment.astimezone(ZoneInfo(zone))
        return f"{_moment(local, digits)} {zone}"

    if made.zone:
        return lambda value: at(value, made.zone)
    return lambda value: at(value["at"], value["zone"])


def _real(value: float) -> str:
    single = struct.unpack(">f", struct.pack(">f", value))[0]
    return java_double(single, single=True)


def _bytes(value: bytes) -> str:
    return bytes(value).hex(" ")


def _months(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 12}-{abs(value) % 12}"


def _milliseconds(value: int) -> str:
    sign, rest = ("-" if value < 0 else ""), abs(value)
    days, rest = divmod(rest, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, milliseconds = divmod(rest, 1000)
    return f"{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _date(value: date) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


_PLAIN: dict[str, Renderer] = {
    "boolean": lambda value: "true" if value else "false",
    "double": java_double,
    "real": _real,
    "varbinary": _bytes,
    "date": _date,
    "interval year to month": _months,
    "interval day to second": _milliseconds,
}
