"""CAST: one rule for each pair of types, from Trino's documentation and its operators.

A pair without a rule is a TYPE_MISMATCH, whatever the engine could make of it.
"""

from collections.abc import Callable

from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.json_casts import from_json, json_text
from lakehouse.athena.analysis.moment_casts import (
    date_to_timestamp,
    time_to_time,
    timestamp_to_time,
    timestamp_to_timestamp,
    timestamp_to_zoned,
    zoned_to_plain,
    zoned_to_zoned,
)
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raising, raw
from lakehouse.athena.analysis.zones import local_time
from lakehouse.athena.errors import AthenaError, Position, not_supported
from lakehouse.athena.types import (
    INTEGER_DIGITS,
    MAX_FRACTION,
    ZONED,
    Type,
    engine_type,
    field_names,
    identifier,
    is_floating,
    is_integer,
    text,
)

_BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}
_DIGITS = r"[+-]?[0-9]+"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def cast(value: Value, target: Type, position: Position) -> Value:
    """CAST(value AS target); TYPE_MISMATCH where Trino has no such cast."""
    source = value.type
    if source.base == "unknown" or (source == target and source.base != "row"):
        return coerce(value, target)
    rule = _RULES.get((_family(source), _family(target)))
    if rule is None:
        raise AthenaError("TYPE_MISMATCH", f"Cannot cast {source} to {target}", position)
    return rule(value, target, position)


def _family(made: Type) -> str:
    if is_integer(made):
        return "integer"
    if is_floating(made):
        return "floating"
    return "varchar" if made.base == "char" and made.numbers else made.base


def _failed(target: Type) -> str:
    start = text("INVALID_CAST_ARGUMENT:Cannot cast '")
    end = raw(text(f"' to {target}"))
    return f"athena_raise(concat({start}, CAST({{0}} AS VARCHAR), {end}))"


def _guarded(test: str, made: str, value: Value, target: Type) -> Value:
    """`made` where the test holds, Athena's error where it does not, NULL for NULL."""
    sql = f"CASE WHEN {test} THEN {made} WHEN {{0}} IS NOT NULL THEN {_failed(target)} END"
    return fill(sql, [value], target)


def bounds(target: Type) -> tuple[int, int]:
    """The least and the greatest value of an integer type."""
    limit = 1 << (_BITS[target.base] - 1)
    return -limit, limit - 1


# --- numbers ---


def _integer_to_integer(value: Value, target: Type, position: Position) -> Value:
    if INTEGER_DIGITS[value.type.base] <= INTEGER_DIGITS[target.base]:
        return coerce(value, target)
    low, high = bounds(target)
    message = f"Out of range for {target}: "
    error = f"athena_raise(concat({text('NUMERIC_VALUE_OUT_OF_RANGE:' + message)}, {{0}}))"
    sql = (
        f"CASE WHEN {{0}} BETWEEN {low} AND {high} THEN {cast_sql('{0}', target)} "
        f"WHEN {{0}} IS NOT NULL THEN {error} END"
    )
    return fill(sql, [value], target)


def _floating_to_integer(value: Value, target: Type, position: Position) -> Value:
    low, high = bounds(target)
    # Rounded half away from zero, as Trino does; the engine alone would round half to even.
    rounded = "round(CAST({0} AS DOUBLE))"
    below = (
        f"{rounded} < {high + 1}.0"
        if target.base != "bigint"
        else f"{rounded} < 9223372036854775808.0"
    )
    test = f"isfinite({{0}}) AND {rounded} >= {low}.0 AND {below}"
    return _guarded(test, cast_sql(rounded, target), value, target)


def _decimal_to_integer(value: Value, target: Type, position: Position) -> Value:
    low, high = bounds(target)
    whole = "CAST({0} AS HUGEINT)"
    return _guarded(f"{whole} BETWEEN {low} AND {high}", cast_sql(whole, target), value, target)


def _plain(value: Value, target: Type, position: Position) -> Value:
    return Value(cast_sql(value.sql, target), target, volatile=value.volatile)


def _floating_to_decimal(value: Value, target: Type, position: Position) -> Value:
    if value.type.base == "real":
        raise not_supported("CAST from real to decimal", position)
    # BigDecimal.valueOf(double) goes through the shortest text of the double; so does this.
    digits = f"athena_plain_decimal(CAST({{0}} AS VARCHAR), {target.scale})"
    made = f"TRY_CAST({digits} AS {engine_type(target)})"
    return _guarded(f"isfinite({{0}}) AND {made} IS NOT NULL", made, value, target)


def _number_to_boolean(value: Value, target: Type, position: Position) -> Value:
    return fill("({0} <> 0)", [value], target)


def _boolean_to_number(value: Value, target: Type, position: Position) -> Value:
    if target.base != "decimal" or target.precision > target.scale:
        return _plain(value, target, position)
    message = f"Cannot cast BOOLEAN 'true' to DECIMAL({target.precision}, {target.scale})"
    problem = raw(raising("NUMERIC_VALUE_OUT_OF_RANGE", message))
    none = cast_sql("{0}", target)
    return fill(f"CASE WHEN {{0}} THEN {problem} ELSE {none} END", [value], target)


# --- text to other types ---


def _text_to_integer(value: Value, target: Type, position: Position) -> Value:
    made = f"TRY_CAST({{0}} AS {engine_type(target)})"
    test = f"regexp_full_match({{0}}, '{_DIGITS}') AND {made} IS NOT NULL"
    return _guarded(test, made, value, target)


def _text_to_floating(value: Value, target: Type, position: Position) -> Value:
    special = "trim({0}) IN ('NaN', 'Infinity', '-Infinity', '+Infinity')"
    test = f"({special} OR regexp_full_match({{0}}, '\\s*{_NUMBER}[dDfF]?\\s*'))"
    made = cast_sql("rtrim(ltrim(trim({0}), '+'), 'dDfF')", target)
    words = cast_sql("trim({0})", target)
    return _guarded(test, f"CASE WHEN {special} THEN {words} ELSE {made} END", value, target)


def _text_to_decimal(value: Value, target: Type, position: Position) -> Value:
    # Spelled out first: the engine overlooks the precision of a text with an exponent.
    made = f"TRY_CAST(athena_plain_decimal({{0}}, {target.scale}) AS {engine_type(target)})"
    test = f"regexp_full_match({{0}}, '{_NUMBER}') AND {made} IS NOT NULL"
    return _guarded(test, made, value, target)


def _text_to_boolean(value: Value, target: Type, position: Position) -> Value:
    test = "lower({0}) IN ('t', 'true', '1', 'f', 'false', '0')"
    return _guarded(test, "lower({0}) IN ('t', 'true', '1')", value, target)


def _text_to_date(value: Value, target: Type, position: Position) -> Value:
    made = "TRY_CAST(trim({0}, athena_blank()) AS DATE)"
    pattern = raw("[0-9]{4,5}-[0-9]{1,2}-[0-9]{1,2}")
    test = f"regexp_full_match(trim({{0}}, athena_blank()), '{pattern}') AND {made} IS NOT NULL"
    return _guarded(test, made, value, target)


def _text_to_timestamp(value: Value, target: Type, position: Position) -> Value:
    pattern = raw(
        "[0-9]{4,5}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,12})?)?)?"
    )
    made = f"athena_timestamp_text(trim({{0}}), {10 ** (MAX_FRACTION - target.precision)})"
    test = f"regexp_full_match(trim({{0}}), '{pattern}') AND {made} IS NOT NULL"
    return _guarded(test, made, value, target)


def _text_to_time(value: Value, target: Type, position: Position) -> Value:
    pattern = raw("[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,6})?)?")
    made = "TRY_CAST(athena_with_seconds({0}) AS TIME)"
    test = f"regexp_full_match({{0}}, '{pattern}') AND {made} IS NOT NULL"
    return _guarded(test, made, value, target)


def _text_to_zoned(value: Value, target: Type, position: Position) -> Value:
    unit = 10 ** (MAX_FRACTION - target.precision)
    return fill(f"athena_parse_zoned({{0}}, {unit})", [value], Type(ZONED, target.numbers))


def _text_to_uuid(value: Value, target: Type, position: Position) -> Value:
    pattern = raw("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
    return _guarded(f"regexp_full_match({{0}}, '{pattern}')", "CAST({0} AS UUID)", value, target)


def _uuid_to_bytes(value: Value, target: Type, position: Position) -> Value:
    return fill("unhex(replace(CAST({0} AS VARCHAR), '-', ''))", [value], target)


def _bytes_to_uuid(value: Value, target: Type, position: Position) -> Value:
    return _guarded("octet_length({0}) = 16", "CAST(hex({0}) AS UUID)", value, target)


def _text_to_bytes(value: Value, target: Type, position: Position) -> Value:
    return fill("encode({0})", [value], target)


def _text_to_text(value: Value, target: Type, position: Position) -> Value:
    if not target.numbers:
        return value.typed(target)
    length = target.numbers[0]
    if target.base == "char":
        return fill(f"rpad(left({{0}}, {length}), {length}, ' ')", [value], target)
    if value.type.numbers and value.type.numbers[0] <= length:
        return value.typed(target)
    return fill(f"left({{0}}, {length})", [value], target)


# --- other types to text ---


def text_of(value: Value) -> Value:
    """The value as Trino casts it to VARCHAR without a bound."""
    made = value.type
    if made.base == "double":
        template = "athena_double_text({0})"
    elif made.base == "real":
        template = "athena_real_text({0})"
    elif made.base == "timestamp":
        template = f"athena_timestamp_format({{0}}, {made.precision})"
    elif made.base == "time":
        template = f"athena_time_format({{0}}, {made.precision})"
    elif made.base == "date":
        # Cast, the year 0 would be a year BC.
        template = "strftime({0}, '%Y-%m-%d')"
    elif made.base == "json":
        template = "athena_json_to_varchar({0})"
    elif made.base == "decimal" and made.precision == made.scale:
        template = "athena_decimal_text({0})"
    elif made.base.startswith("interval"):
        template = f"athena_{made.base.replace(' ', '_')}_text({{0}})"
    else:
        template = "CAST({0} AS VARCHAR)"
    return fill(template, [value], Type("varchar"))


def _to_text(value: Value, target: Type, position: Position) -> Value:
    made = text_of(value)
    if not target.numbers:
        return made
    length = target.numbers[0]
    start = text("INVALID_CAST_ARGUMENT:Value ")
    end = text(f" cannot be represented as {target}")
    error = f"athena_raise(concat({start}, {{0}}, {end}))"
    sql = f"CASE WHEN length({{0}}) <= {length} THEN {{0}} WHEN {{0}} IS NOT NULL THEN {error} END"
    bounded = fill(sql, [made], target)
    return (
        fill(f"rpad({{0}}, {length}, ' ')", [bounded], target) if target.base == "char" else bounded
    )


def _zoned_to_text(value: Value, target: Type, position: Position) -> Value:
    zone = text(value.type.zone) if value.type.zone else '{1}."zone"'
    precision = value.type.precision
    sql = f"athena_timestamp_format({{0}}, {precision}) || ' ' || {zone}"
    made = fill(sql, [local_time(value), value], Type("varchar"))
    return _text_to_text(made, target, position)


# --- nested ---


def _array_to_array(value: Value, target: Type, position: Position) -> Value:
    member = cast(Value("m_", value.type.element), target.element, position)
    made = Type("array", children=(member.type,))
    return fill(f"list_transform({{0}}, lambda m_: {raw(member.sql)})", [value], made)


def _map_to_map(value: Value, target: Type, position: Position) -> Value:
    key = cast(Value("m_.key", value.type.children[0]), target.children[0], position)
    item = cast(Value("m_.value", value.type.children[1]), target.children[1], position)
    made = Type("map", children=(key.type, item.type))
    pair = raw(f"struct_pack(key := {key.sql}, value := {item.sql})")
    entries = f"list_transform(map_entries({{0}}), lambda m_: {pair})"
    return fill(f"CAST(map_from_entries({entries}) AS {raw(engine_type(made))})", [value], made)


def _row_to_row(value: Value, target: Type, position: Position) -> Value:
    if len(value.type.children) != len(target.children):
        raise AthenaError("TYPE_MISMATCH", f"Cannot cast {value.type} to {target}", position)
    members, types = [], []
    for old, name, wanted, source in zip(
        field_names(value.type),
        field_names(target),
        target.children,
        value.type.children,
        strict=True,
    ):
        item = cast(Value(f"r_.{identifier(old)}", source), wanted, position)
        members.append(raw(f"{identifier(name)} := {item.sql}"))
        types.append(item.type)
    made = Type("row", children=tuple(types), names=target.names)
    packed = f"CASE WHEN r_ IS NOT NULL THEN struct_pack({', '.join(members)}) END"
    return fill(f"list_transform([{{0}}], lambda r_: {packed})[1]", [value], made)


# --- JSON ---


def _to_json(value: Value, target: Type, position: Position) -> Value:
    return json_text(value, position)


def _from_json(value: Value, target: Type, position: Position) -> Value:
    return from_json(value, target, position)


Rule = Callable[[Value, Type, Position], Value]
_RULES: dict[tuple[str, str], Rule] = {
    ("integer", "integer"): _integer_to_integer,
    ("integer", "floating"): _plain,
    ("integer", "decimal"): _plain,
    ("integer", "boolean"): _number_to_boolean,
    ("floating", "integer"): _floating_to_integer,
    ("floating", "floating"): _plain,
    ("floating", "decimal"): _floating_to_decimal,
    ("floating", "boolean"): _number_to_boolean,
    ("decimal", "integer"): _decimal_to_integer,
    ("decimal", "floating"): _plain,
    ("decimal", "decimal"): _plain,
    ("decimal", "boolean"): _number_to_boolean,
    ("boolean", "integer"): _boolean_to_number,
    ("boolean", "floating"): _boolean_to_number,
    ("boolean", "decimal"): _boolean_to_number,
    ("varchar", "integer"): _text_to_integer,
    ("varchar", "floating"): _text_to_floating,
    ("varchar", "decimal"): _text_to_decimal,
    ("varchar", "boolean"): _text_to_boolean,
    ("varchar", "date"): _text_to_date,
    ("varchar", "timestamp"): _text_to_timestamp,
    ("varchar", "time"): _text_to_time,
    ("varchar", ZONED): _text_to_zoned,
    ("varchar", "uuid"): _text_to_uuid,
    ("varchar", "varbinary"): _text_to_bytes,
    ("uuid", "varbinary"): _uuid_to_bytes,
    ("varbinary", "uuid"): _bytes_to_uuid,
    ("varchar", "varchar"): _text_to_text,
    ("integer", "varchar"): _to_text,
    ("floating", "varchar"): _to_text,
    ("decimal", "varchar"): _to_text,
    ("boolean", "varchar"): _to_text,
    ("date", "varchar"): _to_text,
    ("time", "varchar"): _to_text,
    ("timestamp", "varchar"): _to_text,
    ("uuid", "varchar"): _to_text,
    ("interval day to second", "varchar"): _to_text,
    ("interval year to month", "varchar"): _to_text,
    ("json", "varchar"): _to_text,
    (ZONED, "varchar"): _zoned_to_text,
    ("date", "timestamp"): date_to_timestamp,
    ("date", ZONED): date_to_timestamp,
    ("timestamp", "date"): _plain,
    ("timestamp", "time"): timestamp_to_time,
    ("timestamp", "timestamp"): timestamp_to_timestamp,
    ("timestamp", ZONED): timestamp_to_zoned,
    ("time", "time"): time_to_time,
    (ZONED, "date"): zoned_to_plain,
    (ZONED, "time"): zoned_to_plain,
    (ZONED, "timestamp"): zoned_to_plain,
    (ZONED, ZONED): zoned_to_zoned,
    ("array", "array"): _array_to_array,
    ("map", "map"): _map_to_map,
    ("row", "row"): _row_to_row,
    **{
        (family, "json"): _to_json
        for family in (
            "integer", "floating", "decimal", "boolean", "varchar", "date", "timestamp",
            "array", "map", "row", "json",
        )
    },
    **{
        ("json", family): _from_json
        for family in ("integer", "floating", "decimal", "boolean", "array", "map", "row")
    },
}  # fmt: skip
