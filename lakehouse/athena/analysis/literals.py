"""Literals: the type Trino gives what a statement spells out, and its SQL."""

import re
from datetime import date

from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.value import Value, cast_sql, null_of
from lakehouse.athena.analysis.zones import from_local, normal_zone
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.stream import integer_value
from lakehouse.athena.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    JSON,
    MAX_FRACTION,
    MAX_PRECISION,
    UNKNOWN,
    VARBINARY,
    YEAR_TO_MONTH,
    Type,
    decimal,
    text,
    timestamp,
    type_of,
    varchar,
)

_MOMENT = re.compile(
    r"\s*(?P<day>\d{4,5}-\d{1,2}-\d{1,2})"
    r"(?: (?P<time>\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.(?P<fraction>\d{1,12}))?)?))?"
    r"(?:\s*(?P<zone>[A-Za-z+-].*))?\s*"
)
_MILLISECONDS = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}
_ORDER = ("DAY", "HOUR", "MINUTE", "SECOND")


def null() -> Value:
    """NULL, before anything is known of its type."""
    return Value("NULL", UNKNOWN)


def boolean(node: n.BooleanLiteral) -> Value:
    """TRUE or FALSE."""
    return Value("TRUE" if node.value else "FALSE", BOOLEAN)


def number(node: n.NumberLiteral, *, negative: bool = False) -> Value:
    """An integer (bigint where it needs to be), a decimal, or a double."""
    sign = "-" if negative else ""
    if node.kind == "double":
        return Value(cast_sql(text(sign + node.text), DOUBLE), DOUBLE)
    if node.kind == "decimal":
        return _decimal(sign + node.text, node)
    value = integer_value(node.text) * (-1 if negative else 1)
    if value == -(2**31):
        # The engine takes the bare number for a BIGINT.
        return Value(cast_sql(text(str(value)), INTEGER), INTEGER, value)
    if -(2**31) < value < 2**31:
        return Value(str(value) if value >= 0 else f"({value})", INTEGER, value)
    if -(2**63) <= value < 2**63:
        return Value(cast_sql(text(str(value)), BIGINT), BIGINT, value)
    message = f"Invalid numeric literal: {node.text}"
    raise AthenaError("INVALID_LITERAL", message, node.position)


def _decimal(written: str, node: n.Node) -> Value:
    sign = "-" if written.startswith("-") else ""
    whole, _, fraction = written.lstrip("+-").partition(".")
    digits = whole.lstrip("0")
    precision = max(1, len(digits) + len(fraction))
    if precision > MAX_PRECISION or not (whole + fraction).isdigit():
        message = f"DECIMAL literal '{written}' is out of range"
        raise AthenaError("INVALID_LITERAL", message, node.position)
    made = decimal(precision, len(fraction))
    return Value(cast_sql(text(f"{sign}{digits or '0'}.{fraction or '0'}"), made), made)


def string(node: n.StringLiteral) -> Value:
    """'text', a varchar of just that length."""
    return Value(text(node.value), varchar(len(node.value)), node.value)


def binary(node: n.BinaryLiteral) -> Value:
    """X'hex'."""
    return Value(f"unhex('{node.digits}')", VARBINARY)


def typed(node: n.TypedLiteral) -> Value:
    """DATE '...', TIMESTAMP '...', DECIMAL '...' and the other types' literals."""
    name = node.type.name
    if name == "timestamp":
        return _timestamp(node)
    if name == "time":
        return _time(node)
    if name == "date":
        return _date(node)
    if name == "decimal":
        return _decimal_literal(node)
    if name == "char":
        length = len(node.value)
        return Value(text(node.value), Type("char", (length,)))
    if name == "json":
        return Value(f"athena_json_parse({text(node.value)})", JSON)
    made = type_of(node.type)
    value = cast(Value(text(node.value), varchar(len(node.value))), made, node.position)
    return Value(value.sql, value.type)


def _decimal_literal(node: n.TypedLiteral) -> Value:
    written = node.value.strip()
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", written):
        message = f"'{node.value}' is not a valid DECIMAL literal"
        raise AthenaError("INVALID_LITERAL", message, node.position)
    made = _decimal(written.removeprefix("+"), node)
    whole, _, fraction = written.lstrip("+-").partition(".")
    # Unlike a bare number's, leading zeros count here (Trino, decimal literals).
    kept = decimal(min(MAX_PRECISION, max(1, len(whole) + len(fraction))), len(fraction))
    return Value(cast_sql(made.sql, kept), kept)


def _invalid(node: n.TypedLiteral) -> AthenaError:
    message = f"'{node.value}' is not a valid {node.type.name.upper()} literal"
    return AthenaError("INVALID_LITERAL", message, node.position)


def _date(node: n.TypedLiteral) -> Value:
    match = re.fullmatch(r"\s*(\d{4,5})-(\d{1,2})-(\d{1,2})\s*", node.value)
    if not match:
        raise _invalid(node)
    return Value(f"CAST('{_day(match[0].strip(), node)}' AS DATE)", DATE)


def _day(written: str, node: n.TypedLiteral) -> str:
    year, month, day = (int(part) for part in written.split("-"))
    try:
        # The calendar repeats every 400 years; `date` knows only four-digit years.
        date(year % 400 + 400, month, day)
    except ValueError:
        raise _invalid(node) from None
    return f"{year:04}-{month:02}-{day:02}"


def _clock(written: str, node: n.TypedLiteral) -> str:
    whole, _, fraction = written.partition(".")
    hour, minute, second = (*(int(part) for part in whole.split(":")), 0)[:3]
    if hour > 23 or minute > 59 or second > 59:
        raise _invalid(node)
    if len(fraction) > MAX_FRACTION:
        raise not_supported(f"More than {MAX_FRACTION} digits of a second", node.position)
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{fraction}" if fraction else "")


def _timestamp(node: n.TypedLiteral) -> Value:
    match = _MOMENT.fullmatch(node.value)
    if not match:
        raise _invalid(node)
    clock = _clock(match["time"] or "0:0", node)
    # The precision is as written; Athena prints a literal without a fraction with three digits.
    precision = len(match["fraction"]) if match["fraction"] else 0
    made = timestamp(precision)
    local = Value(f"CAST('{_day(match['day'], node)} {clock}' AS TIMESTAMP)", made)
    if not match["zone"]:
        return local
    zone = normal_zone(match["zone"].strip(), node.position, code="INVALID_LITERAL")
    return from_local(local, zone)


def _time(node: n.TypedLiteral) -> Value:
    match = re.fullmatch(r"\s*(\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.(\d{1,12}))?)?)\s*", node.value)
    if not match:
        if re.match(r"\s*\d{1,2}:\d{1,2}", node.value):
            raise not_supported("Type time with time zone", node.position)
        raise _invalid(node)
    precision = len(match[2]) if match[2] else 0
    return Value(f"CAST('{_clock(match[1], node)}' AS TIME)", Type("time", (precision,)))


def interval(node: n.IntervalLiteral) -> Value:
    """INTERVAL '3' MONTH as months; INTERVAL '2 10:30' DAY TO MINUTE as milliseconds."""
    if node.unit in ("YEAR", "MONTH"):
        amount = _months(node)
        made = YEAR_TO_MONTH
        written = str(amount)
    else:
        amount = _milliseconds(node)
        made = DAY_TO_SECOND
        written = cast_sql(str(amount), made)
    if node.negative:
        amount = -amount
        written = cast_sql(str(amount), made)
    return Value(written, made)


def _malformed(node: n.IntervalLiteral) -> AthenaError:
    return AthenaError("INVALID_LITERAL", f"Invalid INTERVAL literal: {node.value}", node.position)


def _months(node: n.IntervalLiteral) -> int:
    match = re.fullmatch(r"([+-]?)(\d+)(?:-(\d+))?", node.value.strip())
    if not match or bool(match[3]) != (node.to_unit == "MONTH") or node.to_unit == "YEAR":
        raise _malformed(node)
    months = int(match[2]) * (12 if node.unit == "YEAR" else 1) + int(match[3] or 0)
    return -months if match[1] == "-" else months


def _milliseconds(node: n.IntervalLiteral) -> int:
    last = node.to_unit or node.unit
    if last not in _ORDER or _ORDER.index(last) < _ORDER.index(node.unit):
        raise _malformed(node)
    units = _ORDER[_ORDER.index(node.unit) : _ORDER.index(last) + 1]
    number = {"SECOND": r"(\d+(?:\.\d{1,3})?)"}
    separators = {"HOUR": " ", "MINUTE": ":", "SECOND": ":"}
    pattern = "([+-]?)" + "".join(
        (separators[unit] if i else "") + number.get(unit, r"(\d+)") for i, unit in enumerate(units)
    )
    match = re.fullmatch(pattern, node.value.strip())
    if not match:
        raise _malformed(node)
    total = 0
    for unit, amount in zip(units, match.groups()[1:], strict=True):
        whole, _, fraction = amount.partition(".")
        total += int(whole) * _MILLISECONDS[unit] + int((fraction + "000")[:3])
    return -total if match[1] == "-" else total


def parameter(value: object, node: n.Node) -> Value:
    """A `?` bound to None, bool, int, float, str, bytes, Decimal, date, datetime or UUID."""
    if value is None:
        return null_of(UNKNOWN)
    if isinstance(value, bool):
        return boolean(n.BooleanLiteral(value))
    if isinstance(value, int):
        literal = n.NumberLiteral("integer", str(abs(value)), position=node.position)
        return number(literal, negative=value < 0)
    if isinstance(value, float):
        return Value(cast_sql(text(repr(value)), DOUBLE), DOUBLE)
    if isinstance(value, bytes):
        return binary(n.BinaryLiteral(value.hex()))
    if isinstance(value, str):
        return string(n.StringLiteral(value))
    return _from_text(value, node)


def _from_text(value: object, node: n.Node) -> Value:
    kinds = {"Decimal": "decimal", "date": "date", "datetime": "timestamp", "UUID": "uuid"}
    kind = kinds.get(type(value).__name__)
    if kind is None:
        message = f"A parameter of type {type(value).__name__} is not supported"
        raise AthenaError("INVALID_PARAMETER_USAGE", message, node.position)
    written = format(value, "f") if kind == "decimal" else str(value)
    return typed(n.TypedLiteral(n.TypeName(kind), written, position=node.position))
