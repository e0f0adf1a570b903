"""Operators: arithmetic, comparison and concatenation by Trino's types."""

import re
from dataclasses import replace

from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.scope import row_field
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raising
from lakehouse.athena.analysis.zones import at_instant, instant, local_time, relocate
from lakehouse.athena.errors import AthenaError, Position, not_supported
from lakehouse.athena.types import (
    BOOLEAN,
    DAY_TO_SECOND,
    DOUBLE,
    MAX_PRECISION,
    VARCHAR,
    ZONED,
    Type,
    array,
    as_decimal,
    can_coerce,
    char,
    common_type,
    contains_zone,
    decimal,
    is_floating,
    is_integer,
    is_numeric,
    is_text,
    timestamp,
)

_DIVISION_BY_ZERO = raising("DIVISION_BY_ZERO", "Division by zero")


# A literal number, or an exact number that was widened: never NaN.
_NUMBER = re.compile(r"CAST\(('[-0-9.]|\(?-?\d)")


def unapplicable(operator: str, left: Type, right: Type, position: Position) -> AthenaError:
    """Trino's error for operands no operator takes."""
    message = f"Cannot apply operator: {left} {operator} {right}"
    return AthenaError("TYPE_MISMATCH", message, position)


def arithmetic(operator: str, left: Value, right: Value, position: Position) -> Value:
    """left operator right, for + - * / % and ||."""
    if operator == "||":
        return concatenation(left, right, position)
    if left.type.base == "unknown" and is_numeric(right.type):
        left = coerce(left, right.type)
    if right.type.base == "unknown" and is_numeric(left.type):
        right = coerce(right, left.type)
    if is_numeric(left.type) and is_numeric(right.type):
        return _numbers(operator, left, right)
    made = _moments(operator, left, right, position)
    if made is None:
        raise unapplicable(operator, left.type, right.type, position)
    return made


# --- numbers ---


def _numbers(operator: str, left: Value, right: Value) -> Value:
    made = common_type(left.type, right.type) or left.type  # any two numbers have one
    if made.base == "decimal":
        return _decimals(operator, left, right)
    values = [coerce(left, made), coerce(right, made)]
    if operator in "+-*":
        return fill(f"({{0}} {operator} {{1}})", values, made)
    if is_floating(made):
        # IEEE: x / 0 is Infinity or NaN, and the sign of x % y that of x.
        return fill(f"({{0}} {operator} {{1}})", values, made)
    engine = "//" if operator == "/" else "%"
    if isinstance(right.literal, int) and right.literal != 0:
        return fill(f"({{0}} {engine} {{1}})", values, made)
    zero = "{1} = 0 AND {0} IS NOT NULL"  # NULL by zero is NULL
    template = f"CASE WHEN {zero} THEN {_DIVISION_BY_ZERO} ELSE {{0}} {engine} {{1}} END"
    return fill(template, values, made)


def decimal_result(operator: str, left: Type, right: Type) -> Type:
    """Precision and scale of decimal arithmetic, from the table in Trino's decimal functions."""
    xp, xs, yp, ys = left.precision, left.scale, right.precision, right.scale
    scale = max(xs, ys)
    if operator in "+-":
        return decimal(min(MAX_PRECISION, 1 + scale + max(xp - xs, yp - ys)), scale)
    if operator == "*":
        return decimal(min(MAX_PRECISION, xp + yp), xs + ys)
    if operator == "/":
        return decimal(min(MAX_PRECISION, xp + ys + max(0, ys - xs)), scale)
    return decimal(min(xp - xs, yp - ys) + scale, scale)


def _decimals(operator: str, left: Value, right: Value) -> Value:
    a, b = as_decimal(left.type), as_decimal(right.type)
    made = decimal_result(operator, a, b)
    if made.scale > MAX_PRECISION:
        message = f"DECIMAL scale must be in range [0, precision (38)]: {made.scale}"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message)
    left, right = coerce(left, a), coerce(right, b)
    if operator in "+-":
        values = [Value(cast_sql(v.sql, made), made, volatile=v.volatile) for v in (left, right)]
        return fill(cast_sql(f"({{0}} {operator} {{1}})", made), values, made)
    if operator == "*":
        if made.precision > 18 >= a.precision:
            # One wide operand makes the engine multiply in 128 bits.
            wide = decimal(19, a.scale)
            left = Value(cast_sql(left.sql, wide), wide, volatile=left.volatile)
        return fill(cast_sql("({0} * {1})", made), [left, right], made)
    # Both divisions work on the unscaled integers, as Trino's do: exact, then rounded half up.
    shift = made.scale - a.scale + b.scale if operator == "/" else 0
    name = "athena_decimal_divide" if operator == "/" else "athena_decimal_modulo"
    if operator == "%":
        left = Value(cast_sql(left.sql, decimal(MAX_PRECISION, made.scale)), made)
        right = Value(cast_sql(right.sql, decimal(MAX_PRECISION, made.scale)), made)
    x, y = unscaled(left), unscaled(right)
    power = 10**shift
    call = f"{name}({{0}}, {{1}}, {power})" if operator == "/" else f"{name}({{0}}, {{1}})"
    result = fill(call, [x, y], Type("decimal", (MAX_PRECISION, 0)))
    return rescaled(result, made)


def unscaled(value: Value) -> Value:
    """A decimal's digits as one HUGEINT."""
    scale = value.type.scale
    hugeint = Type("decimal", (MAX_PRECISION, 0))
    if scale == 0:
        return fill("CAST({0} AS HUGEINT)", [value], hugeint)
    return fill(f"athena_unscaled({{0}}, {10**scale})", [value], hugeint)


def rescaled(value: Value, made: Type) -> Value:
    """The decimal whose digits are a HUGEINT."""
    unit = "0." + "0" * (made.scale - 1) + "1" if made.scale else "1"
    one = f"CAST('{unit}' AS DECIMAL({max(1, made.scale)},{made.scale}))"
    template = cast_sql(f"CAST({{0}} AS DECIMAL(38,0)) * {one}", made)
    return fill(template, [value], made)


def negation(value: Value, position: Position) -> Value:
    """-value."""
    if value.type.base == "unknown":
        return value
    if not is_numeric(value.type) and not value.type.base.startswith("interval"):
        message = f"Cannot negate {value.type}"
        raise AthenaError("TYPE_MISMATCH", message, position)
    return fill("(-{0})", [value], value.type)


# --- dates, times and intervals ---


def _moments(operator: str, left: Value, right: Value, position: Position) -> Value | None:
    a, b = left.type.base, right.type.base
    if a == b == "date" and operator == "-":
        return fill("(CAST(({0} - {1}) AS BIGINT) * 86400000)", [left, right], DAY_TO_SECOND)
    if {a, b} <= {"timestamp", "date"} and a != "unknown" and operator == "-":
        made = common_type(left.type, right.type) or left.type
        values = [coerce(left, made), coerce(right, made)]
        return fill("athena_elapsed({0}, {1})", values, DAY_TO_SECOND)
    if a == b == "time" and operator == "-":
        return fill("athena_elapsed({0}, {1})", [left, right], DAY_TO_SECOND)
    if a == b == ZONED and operator == "-":
        return fill("athena_elapsed({0}, {1})", [instant(left), instant(right)], DAY_TO_SECOND)
    if operator == "+" and a.startswith("interval") and not b.startswith("interval"):
        left, right, a, b = right, left, b, a
        if is_numeric(left.type):
            return None
    if operator in "+-" and b.startswith("interval"):
        if a == b:
            return fill(f"({{0}} {operator} {{1}})", [left, right], left.type)
        return _shifted(operator, left, right, position)
    return _scaled_interval(operator, left, right)


def _scaled_interval(operator: str, left: Value, right: Value) -> Value | None:
    if operator == "*" and right.type.base.startswith("interval"):
        left, right = right, left
    if not left.type.base.startswith("interval") or not is_numeric(right.type):
        return None
    if operator == "*" and is_integer(right.type):
        return fill(cast_sql("({0} * {1})", left.type), [left, right], left.type)
    if operator not in "*/":
        return None
    # By a double: what is less than a millisecond, or a month, is dropped.
    values = [left, coerce(right, DOUBLE)]
    return fill(cast_sql(f"trunc({{0}} {operator} {{1}})", left.type), values, left.type)


def _shifted(operator: str, moment: Value, interval: Value, position: Position) -> Value | None:
    months = interval.type.base == "interval year to month"
    kind = moment.type.base
    step = "to_months({1})" if months else "to_microseconds({1} * 1000)"
    if kind == "date":
        if months:
            return fill(f"CAST({{0}} {operator} {step} AS DATE)", [moment, interval], moment.type)
        whole = raising(
            "INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date"
        )
        template = (
            f"CASE WHEN {{1}} % 86400000 <> 0 THEN {whole} "
            f"ELSE CAST({{0}} {operator} CAST({{1}} // 86400000 AS INTEGER) AS DATE) END"
        )
        return fill(template, [moment, interval], moment.type)
    if kind == "timestamp":
        made = moment.type if months else timestamp(max(3, moment.type.precision))
        return fill(f"({{0}} {operator} {step})", [moment, interval], made)
    if kind == "time" and not months:
        made = Type("time", (max(3, moment.type.precision),))
        return fill(f"({{0}} {operator} {step})", [moment, interval], made)
    if kind == ZONED and months:
        local = local_time(moment)
        return relocate(fill(f"({{0}} {operator} {step})", [local, interval], local.type), moment)
    if kind == ZONED:
        made = replace(moment.type, numbers=(max(3, moment.type.precision),))
        moved = fill(f"({{0}} {operator} {step})", [instant(moment), interval], made)
        return at_instant(moved, moment.typed(made))
    del position
    return None


# --- concatenation ---


def concatenation(left: Value, right: Value, position: Position) -> Value:
    """left || right, for text, bytes and arrays (or an array and an element)."""
    if left.type.base == "array" or right.type.base == "array":
        return _arrays(left, right, position)
    if left.type.base == "unknown":
        left = coerce(left, right.type if right.type.base != "unknown" else VARCHAR)
    if right.type.base == "unknown":
        right = coerce(right, left.type)
    if left.type.base == right.type.base == "varbinary":
        return fill("({0} || {1})", [left, right], left.type)
    if is_text(left.type) and is_text(right.type):
        made = _joined_text(left.type, right.type)
        if made.base == "char":
            return fill("({0} || {1})", [left, right], made)
        # The cast keeps the type where the engine would fold 'a' || NULL to an untyped NULL.
        return fill("CAST(({0} || {1}) AS VARCHAR)", [left, right], VARCHAR)
    raise unapplicable("||", left.type, right.type, position)


def _joined_text(left: Type, right: Type) -> Type:
    """CHAR beside bounded text makes CHAR: its blanks at the end do not count when compared."""
    if "char" in (left.base, right.base) and left.numbers and right.numbers:
        return char(left.numbers[0] + right.numbers[0])
    return VARCHAR


def _arrays(left: Value, right: Value, position: Position) -> Value:
    made = common_type(left.type, right.type)
    if made is not None:
        values = [coerce(left, made), coerce(right, made)]
        # The engine's list_concat treats NULL as empty; Trino's || is NULL then.
        sql = "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN list_concat({0}, {1}) END"
        return fill(sql, values, made)
    whole, single = (left, right) if left.type.base == "array" else (right, left)
    element = common_type(whole.type.element, single.type)
    if element is None:
        raise unapplicable("||", left.type, right.type, position)
    whole, single = coerce(whole, array(element)), coerce(single, element)
    order = "{0}, [{1}]" if left.type.base == "array" else "[{1}], {0}"
    sql = f"CASE WHEN {{0}} IS NOT NULL THEN list_concat({order}) END"
    return fill(sql, [whole, single], whole.type)


# --- comparison ---


def comparison(operator: str, left: Value, right: Value, position: Position) -> Value:
    """left operator right, for = <> < <= > >= and IS [NOT] DISTINCT FROM."""
    made = common_type(left.type, right.type)
    if made is None or made.base == "function":
        raise unapplicable(operator, left.type, right.type, position)
    values = [coerce(left, made), coerce(right, made)]
    if made.base == ZONED:
        values = [instant(value) for value in values]
    if made.base in ("row", "array", "map"):
        return _nested(operator, values, position)
    if made.base == "json" and operator in ("<", "<=", ">", ">="):
        raise unapplicable(operator, left.type, right.type, position)
    if is_floating(made):
        return _floating(operator, values, left, right)
    return fill(f"({{0}} {operator} {{1}})", values, BOOLEAN)


def _floating(operator: str, values: list[Value], left: Value, right: Value) -> Value:
    """IEEE comparison: the engine holds NaN equal to itself and above everything."""
    sql = f"({{0}} {operator} {{1}})"
    number = [_never_nan(left), _never_nan(right)]
    if operator in (">", ">=") and not number[0]:
        sql = f"({sql} AND NOT isnan({{0}}))"
    elif operator in ("<", "<=") and not number[1]:
        sql = f"({sql} AND NOT isnan({{1}}))"
    elif operator == "=" and not any(number):
        sql = f"({sql} AND NOT isnan({{0}}))"
    elif operator == "<>" and not any(number):
        sql = f"({sql} OR isnan({{0}}))"
    return fill(sql, values, BOOLEAN)


def _never_nan(value: Value) -> bool:
    return not is_floating(value.type) or bool(_NUMBER.match(value.sql))


def _nested(operator: str, values: list[Value], position: Position) -> Value:
    made = values[0].type
    if operator.startswith("IS "):
        return fill(f"({{0}} {operator} {{1}})", values, BOOLEAN)
    if operator not in ("=", "<>"):
        raise not_supported(f"Ordering of {made}", position)
    if contains_zone(made):
        raise not_supported(f"Comparison of {made} with zones of their own", position)
    if made.base == "row":
        equal = equal_rows(values[0], values[1], position)
    elif made.base == "array" and not made.element.children and not is_floating(made.element):
        equal = fill("athena_equal_arrays({0}, {1})", values, BOOLEAN)
    else:
        raise not_supported(f"Comparison of {made}", position)
    return equal if operator == "=" else fill("(NOT {0})", [equal], BOOLEAN)


def equal_rows(left: Value, right: Value, position: Position) -> Value:
    """Rows are equal where all their fields are; a NULL field makes it NULL unless another
    differs.
    """
    parts = [
        comparison("=", row_field(left, i), row_field(right, i), position)
        for i in range(len(left.type.children))
    ]
    sql = " AND ".join(f"{{{i}}}" for i in range(len(parts)))
    return fill(f"({sql})", parts, BOOLEAN)


def truth(value: Value, position: Position, what: str) -> Value:
    """A value that must be boolean."""
    if not can_coerce(value.type, BOOLEAN):
        message = f"{what} must evaluate to a boolean (actual: {value.type})"
        raise AthenaError("TYPE_MISMATCH", message, position)
    return coerce(value, BOOLEAN)
