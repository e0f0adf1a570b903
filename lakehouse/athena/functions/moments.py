"""Date and time functions: https://trino.io/docs/current/functions/datetime.html."""

from dataclasses import replace

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.analysis.zones import (
    at_instant,
    clock_time,
    from_local,
    instant,
    local_time,
    normal_zone,
    relocate,
    zone_of,
)
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.registry import Rule, family, rules, scalar
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    BIGINT,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    VARCHAR,
    ZONED,
    Type,
    can_coerce,
    common_type,
    is_integer,
    timestamp,
    zoned,
)

_MOMENTS = ("date", "timestamp", ZONED)
_UNITS = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
_OF_A_DAY = _UNITS[:4]
_MICROSECONDS = {
    "millisecond": 1000, "second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6,
    "day": 86400 * 10**6, "week": 7 * 86400 * 10**6,
}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _unit(call: Invocation, of: str) -> str:
    unit = call.literal(0)
    if not isinstance(unit, str):
        raise not_supported("A unit that is no literal", call.position)
    if unit.lower() not in _UNITS:
        message = f"'{unit}' is not a valid {of} field"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    return unit.lower()


def _one(call: Invocation, *bases: str) -> Value:
    value = call.arity(1)[0]
    if value.type.base == "unknown":
        return coerce(value, timestamp(3) if "timestamp" in bases else Type(bases[0]))
    if value.type.base not in bases:
        raise call.unexpected()
    return value


def _field(engine: str, *bases: str) -> Rule:
    def rule(call: Invocation) -> Value:
        value = clock_time(_one(call, *bases))
        return fill(cast_sql(f"{engine}({{0}})", BIGINT), [value], BIGINT)

    return rule


def _clock_field(engine: str, milliseconds: str) -> Rule:
    """A field of a time of day, which intervals have too."""

    def rule(call: Invocation) -> Value:
        value = _one(call, "time", "timestamp", ZONED, "interval day to second")
        if value.type == DAY_TO_SECOND:
            return fill(f"CAST({milliseconds} AS BIGINT)", [value], BIGINT)
        return fill(cast_sql(engine, BIGINT), [clock_time(value)], BIGINT)

    return rule


def _month_field(engine: str, months: str) -> Rule:
    def rule(call: Invocation) -> Value:
        value = _one(call, *_MOMENTS, "interval year to month")
        if value.type.base == "interval year to month":
            return fill(f"CAST({months} AS BIGINT)", [value], BIGINT)
        return fill(cast_sql(f"{engine}({{0}})", BIGINT), [clock_time(value)], BIGINT)

    return rule


def _day(call: Invocation) -> Value:
    value = _one(call, *_MOMENTS, "interval day to second")
    if value.type == DAY_TO_SECOND:
        return fill("CAST({0} // 86400000 AS BIGINT)", [value], BIGINT)
    return fill(cast_sql("day({0})", BIGINT), [clock_time(value)], BIGINT)


# --- truncation, addition, difference ---


def _date_trunc(call: Invocation) -> Value:
    _, value = call.arity(2)
    unit = _unit(call, "DATE")
    if value.type.base == "unknown":
        value = coerce(value, timestamp(3))
    _check_unit(call, unit, value)
    if value.type.base == "time":
        template = cast_sql(f"date_trunc('{unit}', DATE '1970-01-01' + {{0}})", value.type)
        return fill(template, [value], value.type)
    local = clock_time(value)
    if value.type.base == ZONED and unit in _OF_A_DAY:
        # Of two hours that a clock strikes twice, an instant stays in its own.
        rest = f"{{1}} - date_trunc('{unit}', {{1}})"
        cut = fill(f"({{0}} - ({rest}))", [instant(value), local], value.type)
        return at_instant(cut, value)
    made = fill(cast_sql(f"date_trunc('{unit}', {{0}})", local.type), [local], local.type)
    return relocate(made, value) if value.type.base == ZONED else made


def _check_unit(call: Invocation, unit: str, value: Value) -> None:
    """A date has no hours, and a time of day has no days."""
    if value.type.base not in (*_MOMENTS, "time"):
        raise call.unexpected()
    known = {"date": _UNITS[len(_OF_A_DAY) :], "time": _OF_A_DAY}.get(value.type.base, _UNITS)
    if unit not in known:
        message = f"'{unit}' is not a valid {value.type.base.upper()} field"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)


def _date_add(call: Invocation) -> Value:
    _, amount, value = call.arity(3)
    unit = _unit(call, "DATE")
    if not is_integer(amount.type) and amount.type.base != "unknown":
        raise call.unexpected()
    amount = coerce(amount, BIGINT)
    if value.type.base == "unknown":
        value = coerce(value, timestamp(3))
    _check_unit(call, unit, value)
    if unit in _OF_A_DAY:
        return _add_elapsed(call, value, amount, _MICROSECONDS[unit])
    # Days, weeks and months pass on the clocks of the value's zone.
    step = (
        f"to_months(CAST({{1}} * {_MONTHS[unit]} AS INTEGER))"
        if unit in _MONTHS
        else f"to_days(CAST({{1}} * {7 if unit == 'week' else 1} AS INTEGER))"
    )
    local = clock_time(value)
    made = fill(cast_sql(f"({{0}} + {step})", local.type), [local, amount], local.type)
    return relocate(made, value) if value.type.base == ZONED else made


def _add_elapsed(call: Invocation, value: Value, amount: Value, size: int) -> Value:
    """So many times `size` microseconds later, in as many digits as the value has."""
    step = f"to_microseconds({{1}} * {size})"
    exact = replace(value.type, numbers=(max(3, value.type.precision),))
    if value.type.base == ZONED:
        moved = fill(f"({{0}} + {step})", [instant(value), amount], exact)
        return cast(at_instant(moved, value).typed(exact), value.type, call.position)
    moved = fill(cast_sql(f"({{0}} + {step})", exact), [value, amount], exact)
    return cast(moved, value.type, call.position)


def _date_diff(call: Invocation) -> Value:
    """Whole units that have passed, negative backwards."""
    _, start, end = call.arity(3)
    unit = _unit(call, "DATE")
    made = common_type(start.type, end.type)
    if made is None:
        raise call.unexpected()
    made = timestamp(3) if made.base == "unknown" else made
    values = [coerce(start, made), coerce(end, made)]
    _check_unit(call, unit, values[0])
    if made.base == "time":
        size = _MICROSECONDS[unit]
        return fill(f"((epoch_us({{1}}) - epoch_us({{0}})) // {size})", values, BIGINT)
    calendar = unit in _MONTHS or unit in ("day", "week")
    if made.base == ZONED:
        if calendar and (made.zone not in ("UTC",) and made.zone[:1] not in ("+", "-")):
            # Days and months pass on the clocks of the first value's zone.
            if not made.zone:
                raise not_supported("date_diff between zones that differ by row", call.position)
            values = [local_time(value) for value in values]
        else:
            values = [fill("timezone('UTC', {0})", [instant(v)], timestamp(6)) for v in values]
    # Trino counts from one whole millisecond to another.
    whole = "CAST({0} AS TIMESTAMP)"
    if made.numbers and made.precision > 3:
        whole = f"date_trunc('millisecond', {whole})"
    values = [fill(whole, [value], timestamp(6)) for value in values]
    if unit in _MONTHS:
        # The engine's datesub counts whole months just as Joda does, ends of months included.
        return fill(f"(datesub('month', {{0}}, {{1}}) // {_MONTHS[unit]})", values, BIGINT)
    size = _MICROSECONDS[unit]
    return fill(f"((epoch_us({{1}}) - epoch_us({{0}})) // {size})", values, BIGINT)


def _last_day(call: Invocation) -> Value:
    value = clock_time(_one(call, *_MOMENTS))
    return fill("last_day(CAST({0} AS DATE))", [value], DATE)


# --- conversions ---


def _date(call: Invocation) -> Value:
    return cast(call.arity(1)[0], DATE, call.position)


def _from_unixtime(call: Invocation) -> Value:
    seconds, *rest = call.arity(1, 2, 3)
    if not can_coerce(seconds.type, DOUBLE):
        raise call.unexpected("from_unixtime(double)")
    # Trino rounds the double to milliseconds.
    template = "make_timestamptz(CAST(round({0} * 1000) AS BIGINT) * 1000)"
    moment = fill(template, [coerce(seconds, DOUBLE)], zoned(3, "UTC"))
    if not rest:
        return moment
    if len(rest) == 1:
        return _in_zone(call, moment, rest[0], call.literal(1))
    hours, minutes = call.literal(1), call.literal(2)
    if not isinstance(hours, int) or not isinstance(minutes, int):
        raise not_supported("from_unixtime with a varying offset", call.position)
    sign = "-" if hours < 0 or minutes < 0 else "+"
    zone = normal_zone(f"{sign}{abs(hours):02}:{abs(minutes):02}", call.position)
    return moment.typed(zoned(3, zone))


def _in_zone(call: Invocation, moment: Value, zone: Value, literal: object) -> Value:
    """The same instant on the clocks of another zone."""
    if isinstance(literal, str):
        return moment.typed(zoned(moment.type.precision, normal_zone(literal, call.position)))
    if zone.type.base not in ("varchar", "unknown"):
        raise call.unexpected()
    made = Type(ZONED, moment.type.numbers)
    return fill("athena_zoned({0}, {1})", [moment, coerce(zone, VARCHAR)], made)


def _at_timezone(call: Invocation) -> Value:
    value, zone = call.arity(2)
    if value.type.base not in ("timestamp", ZONED):
        raise call.unexpected("at_timezone(timestamp(p) with time zone, varchar(x))")
    moment = (
        coerce(value, zoned(value.type.precision, "UTC")) if value.type.base != ZONED else value
    )
    return _in_zone(call, instant(moment), zone, call.literal(1))


def _with_timezone(call: Invocation) -> Value:
    value, zone = call.arity(2)
    if value.type.base != "timestamp":
        raise call.unexpected("with_timezone(timestamp(p), varchar(x))")
    literal = call.literal(1)
    if isinstance(literal, str):
        return from_local(value, normal_zone(literal, call.position))
    made = Type(ZONED, value.type.numbers)
    return fill("athena_zoned_local({0}, {1})", [value, coerce(zone, VARCHAR)], made)


def _timezone(call: Invocation) -> Value:
    return zone_of(_one(call, ZONED))


def _timezone_part(minutes: bool) -> Rule:
    def rule(call: Invocation) -> Value:
        value = _one(call, ZONED)
        local = local_time(value)
        offset = "CAST((epoch_us({0}) - epoch_us({1})) // 60000000 AS BIGINT)"
        difference = fill(offset, [local, instant(value)], BIGINT)
        return fill("({0} % 60)" if minutes else "({0} // 60)", [difference], BIGINT)

    return rule


def _to_unixtime(call: Invocation) -> Value:
    value = _one(call, *_MOMENTS)
    value = (
        instant(value)
        if value.type.base == ZONED
        else fill("CAST({0} AS TIMESTAMP)", [value], timestamp(6))
    )
    return fill("(epoch_us({0}) / 1000000.0::DOUBLE)", [value], DOUBLE)


def _to_iso8601(call: Invocation) -> Value:
    value = _one(call, *_MOMENTS)
    if value.type == DATE:
        return fill("CAST({0} AS VARCHAR)", [value], VARCHAR)
    digits = value.type.precision
    local = clock_time(value)
    shown = f"replace(athena_timestamp_format({{0}}, {digits}), ' ', 'T')"
    if value.type.base == "timestamp":
        return fill(shown, [local], VARCHAR)
    offset = "CAST((epoch_us({0}) - epoch_us({1})) // 60000000 AS BIGINT)"
    minutes = fill(offset, [local, instant(value)], BIGINT)
    template = (
        f"{shown} || CASE WHEN {{1}} = 0 THEN 'Z' ELSE CASE WHEN {{1}} < 0 THEN '-' ELSE '+' END "
        "|| lpad(CAST(abs({1}) // 60 AS VARCHAR), 2, '0') || ':' "
        "|| lpad(CAST(abs({1}) % 60 AS VARCHAR), 2, '0') END"
    )
    return fill(template, [local, minutes], VARCHAR)


def _from_iso8601(call: Invocation) -> Value:
    value = call.arity(1)[0]
    if value.type.base not in ("varchar", "unknown"):
        raise call.unexpected("from_iso8601_timestamp(varchar(x))")
    return fill("athena_iso8601({0})", [coerce(value, VARCHAR)], Type(ZONED, (3,)))


def _now(call: Invocation) -> Value:
    call.arity(0)
    return call.analyzer.queries.clock.value(n.CurrentTime("current_timestamp", None))


FUNCTIONS = family(
    *rules(_month_field("year", "({0} // 12)"), "year"),
    *rules(_month_field("month", "({0} % 12)"), "month"),
    *rules(_day, "day", "day_of_month"),
    *rules(_field("quarter", *_MOMENTS), "quarter"),
    *rules(_field("weekofyear", *_MOMENTS), "week", "week_of_year"),
    *rules(_field("isodow", *_MOMENTS), "day_of_week", "dow"),
    *rules(_field("dayofyear", *_MOMENTS), "day_of_year", "doy"),
    *rules(_field("isoyear", *_MOMENTS), "year_of_week", "yow"),
    *rules(_clock_field("hour({0})", "{0} // 3600000 % 24"), "hour"),
    *rules(_clock_field("minute({0})", "{0} // 60000 % 60"), "minute"),
    *rules(_clock_field("second({0})", "{0} // 1000 % 60"), "second"),
    *rules(_clock_field("(millisecond({0}) % 1000)", "{0} % 1000"), "millisecond"),
    *rules(_date_trunc, "date_trunc"),
    *rules(_date_add, "date_add"),
    *rules(_date_diff, "date_diff"),
    *rules(_last_day, "last_day_of_month"),
    *rules(_date, "date"),
    *rules(_from_unixtime, "from_unixtime"),
    *rules(_at_timezone, "at_timezone"),
    *rules(_with_timezone, "with_timezone"),
    *rules(_timezone, "timezone"),
    *rules(_timezone_part(False), "timezone_hour"),
    *rules(_timezone_part(True), "timezone_minute"),
    *rules(_to_unixtime, "to_unixtime"),
    *rules(_to_iso8601, "to_iso8601"),
    *rules(_from_iso8601, "from_iso8601_timestamp"),
    scalar("from_iso8601_date(varchar) -> date", "athena_iso8601_date({0})"),
    scalar("to_milliseconds(interval day to second) -> bigint", "{0}"),
    scalar("parse_duration(varchar) -> interval day to second", "athena_parse_duration({0})"),
    scalar("human_readable_seconds(double) -> varchar", "athena_human_readable_seconds({0})"),
    *rules(_now, "now"),
    scalar("current_timezone() -> varchar", "'UTC'"),
)
