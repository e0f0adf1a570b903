"""Moments by patterns: date_format and date_parse by MySQL's, format_datetime by Joda's.

https://trino.io/docs/current/functions/datetime.html
"""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, fill, raw
from lakehouse.athena.analysis.zones import clock_time, instant, local_time, zone_of
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.functions.registry import family, rules
from lakehouse.athena.types import VARCHAR, ZONED, Type, text, timestamp, zoned

_MOMENTS = ("date", "timestamp", ZONED)

# MySQL's specifiers that the engine's strftime prints the very same way.
_STRFTIME = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "H": "%H", "h": "%I", "I": "%I",
    "i": "%M", "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p",
    "r": "%I:%M:%S %p", "S": "%S", "s": "%S", "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G",
    "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip


def _strftime(pattern: str) -> str | None:
    """A MySQL pattern for strftime, or None where one of its parts has no exact counterpart."""
    made, i = "", 0
    while i < len(pattern):
        if pattern[i] != "%" or i + 1 == len(pattern):
            made += "%%" if pattern[i] == "%" else pattern[i]
            i += 1
            continue
        if pattern[i + 1] not in _STRFTIME:
            return None
        made += _STRFTIME[pattern[i + 1]]
        i += 2
    return made


def _date_format(call: Invocation) -> Value:
    value, pattern = call.arity(2)
    if value.type.base == "unknown":
        value = coerce(value, timestamp(3))
    if value.type.base not in _MOMENTS or pattern.type.base not in ("varchar", "unknown"):
        raise call.unexpected("date_format(timestamp(p), varchar(x))")
    local = fill("CAST({0} AS TIMESTAMP)", [clock_time(value)], timestamp(6))
    written = call.literal(1)
    native = _strftime(written) if isinstance(written, str) else None
    if native is not None:
        return fill(f"strftime({{0}}, {raw(text(native))})", [local], VARCHAR)
    return fill("athena_mysql_format({0}, {1})", [local, coerce(pattern, VARCHAR)], VARCHAR)


def _date_parse(call: Invocation) -> Value:
    value, pattern = call.arity(2)
    if value.type.base not in ("varchar", "unknown"):
        raise call.unexpected("date_parse(varchar(x), varchar(y))")
    template = "CAST(athena_mysql_parse({0}, {1}) AS TIMESTAMP)"
    return fill(template, [coerce(value, VARCHAR), coerce(pattern, VARCHAR)], timestamp(3))


def _format_datetime(call: Invocation) -> Value:
    value, pattern = call.arity(2)
    if value.type.base == "unknown":
        value = coerce(value, timestamp(3))
    if value.type.base not in _MOMENTS:
        raise call.unexpected("format_datetime(timestamp(p), varchar(x))")
    if value.type.base != ZONED:
        local = fill("CAST({0} AS TIMESTAMP)", [value], timestamp(6))
        zone, moment = Value("'UTC'", VARCHAR), local
    else:
        local, zone = local_time(value), zone_of(value)
        moment = fill("timezone('UTC', {0})", [instant(value)], timestamp(6))
    written = call.literal(1)
    if value.type.base != ZONED and isinstance(written, str) and any(z in written for z in "zZ"):
        message = "format_datetime for TIMESTAMP type, use TIMESTAMP WITH TIME ZONE instead."
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    template = "athena_joda_format({0}, {1}, {2}, {3})"
    return fill(template, [local, coerce(pattern, VARCHAR), zone, moment], VARCHAR)


def _parse_datetime(call: Invocation) -> Value:
    value, pattern = call.arity(2)
    if value.type.base not in ("varchar", "unknown"):
        raise call.unexpected("parse_datetime(varchar(x), varchar(y))")
    values = [coerce(value, VARCHAR), coerce(pattern, VARCHAR)]
    written = call.literal(1)
    if isinstance(written, str) and "z" not in written.lower():
        template = "timezone('UTC', CAST(athena_joda_parse({0}, {1})[1] AS TIMESTAMP))"
        return fill(template, values, zoned(3, "UTC"))
    return fill("athena_parse_datetime({0}, {1})", values, Type(ZONED, (3,)))


FUNCTIONS = family(
    *rules(_date_format, "date_format"),
    *rules(_date_parse, "date_parse"),
    *rules(_format_datetime, "format_datetime"),
    *rules(_parse_datetime, "parse_datetime"),
)
