"""CAST among dates, times and timestamps: what has too many digits is rounded half up."""

from dataclasses import replace

from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.analysis.zones import at_instant, instant, local_time
from lakehouse.athena.errors import Position
from lakehouse.athena.types import ZONED, Type


def date_to_timestamp(value: Value, target: Type, position: Position) -> Value:
    """Midnight."""
    return coerce(value, target)


def _rounded(value: Value, precision: int) -> Value:
    """The same kind of value with fewer digits of a second, rounded half up."""
    if precision >= value.type.precision:
        return value
    made = replace(value.type, numbers=(precision,))
    unit = 10 ** (6 - precision)
    if value.type.base == "time":
        return fill(f"athena_round_time({{0}}, {unit})", [value], made)
    if value.type.base != ZONED:
        return fill(f"athena_round_timestamp({{0}}, {unit})", [value], made)
    moment = instant(value)
    rounded = fill(f"athena_round_instant({{0}}, {unit})", [moment], moment.type)
    return at_instant(rounded, value).typed(made)


def timestamp_to_zoned(value: Value, target: Type, position: Position) -> Value:
    """On the clocks of the session's zone, UTC."""
    return coerce(_rounded(value, target.precision), target)


def timestamp_to_time(value: Value, target: Type, position: Position) -> Value:
    """The time of day."""
    exact = Type("time", value.type.numbers)
    return time_to_time(fill(cast_sql("{0}", exact), [value], exact), target, position)


def timestamp_to_timestamp(value: Value, target: Type, position: Position) -> Value:
    """With the target's digits."""
    return _rounded(value, target.precision).typed(target)


def time_to_time(value: Value, target: Type, position: Position) -> Value:
    """With the target's digits; past midnight it is midnight."""
    return _rounded(value, target.precision).typed(target)


def zoned_to_plain(value: Value, target: Type, position: Position) -> Value:
    """On the clocks of the value's zone."""
    local = local_time(value)
    if target.base == "timestamp":
        return timestamp_to_timestamp(local, target, position)
    if target.base == "time":
        return timestamp_to_time(local, target, position)
    return fill(cast_sql("{0}", target), [local], target)


def zoned_to_zoned(value: Value, target: Type, position: Position) -> Value:
    """With the target's digits, in the same zone."""
    return _rounded(value, target.precision).typed(
        Type(ZONED, target.numbers, zone=value.type.zone)
    )
