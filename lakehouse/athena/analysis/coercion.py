"""Widening without a cast: what Trino does when a value stands where a wider type is wanted."""

from collections.abc import Sequence

from lakehouse.athena.analysis.value import Value, cast_sql, fill, raw
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.types import (
    UNKNOWN,
    ZONED,
    Type,
    common_type,
    engine_type,
    field_names,
    identifier,
    text,
)


def coerce(value: Value, target: Type) -> Value:
    """The value as `target`, a type it can widen to."""
    source = value.type
    if source == target or source.base == "function":
        return value if source.base != "row" or _same(source, target) else _rows(value, target)
    if source.base == "unknown":
        return Value(cast_sql(value.sql, target), target)
    if target.base == ZONED:
        return _to_zoned(value, target)
    if target.base == "char":
        return fill(f"rpad({{0}}, {target.numbers[0]}, ' ')", [value], target)
    if source.base == "row":
        return _rows(value, target)
    if source.base in ("array", "map") and engine_type(source) != engine_type(target):
        return _members(value, target)
    if engine_type(source) == engine_type(target):
        return value.typed(target)
    return Value(cast_sql(value.sql, target), target, value.literal, value.volatile)


def _same(source: Type, target: Type) -> bool:
    return engine_type(source) == engine_type(target)


def _to_zoned(value: Value, target: Type) -> Value:
    if value.type.base != ZONED:
        template = "timezone('UTC', CAST({0} AS TIMESTAMP))"
        value = fill(template, [value], Type(ZONED, target.numbers, zone="UTC"))
    if target.zone or not value.type.zone:
        return value.typed(Type(ZONED, target.numbers, zone=value.type.zone))
    zone = text(value.type.zone)
    template = f'CASE WHEN {{0}} IS NOT NULL THEN struct_pack("at" := {{0}}, "zone" := {zone}) END'
    return fill(template, [value], target)


def _members(value: Value, target: Type) -> Value:
    if value.type.base == "array":
        member = coerce(Value("m_", value.type.element), target.element)
        if member.sql == cast_sql("m_", target.element):
            return Value(cast_sql(value.sql, target), target, volatile=value.volatile)
        return fill(f"list_transform({{0}}, lambda m_: {raw(member.sql)})", [value], target)
    key = coerce(Value("m_.key", value.type.children[0]), target.children[0]).sql
    item = coerce(Value("m_.value", value.type.children[1]), target.children[1]).sql
    pair = raw(f"struct_pack(key := {key}, value := {item})")
    entries = f"list_transform(map_entries({{0}}), lambda m_: {pair})"
    made = f"CAST(map_from_entries({entries}) AS {raw(engine_type(target))})"
    return fill(made, [value], target)


def _rows(value: Value, target: Type) -> Value:
    """Field by field: the engine would match the fields of rows by their names."""
    pairs = zip(value.type.children, target.children, field_names(target), strict=True)
    made = []
    for (source, wanted, name), old in zip(pairs, field_names(value.type), strict=True):
        item = coerce(Value(f"r_.{identifier(old)}", source), wanted)
        made.append(raw(f"{identifier(name)} := {item.sql}"))
    packed = f"CASE WHEN r_ IS NOT NULL THEN struct_pack({', '.join(made)}) END"
    return fill(f"list_transform([{{0}}], lambda r_: {packed})[1]", [value], target)


def unify(values: Sequence[Value], position: Position, what: str) -> list[Value]:
    """All values as the one type they widen to; TYPE_MISMATCH where there is none."""
    target = UNKNOWN
    for value in values:
        found = common_type(target, value.type)
        if found is None:
            message = f"{what} must be the same type or coercible to a common type"
            detail = f"{message}. Cannot find common type between {target} and {value.type}"
            raise AthenaError("TYPE_MISMATCH", detail, position)
        target = found
    return [coerce(value, target) for value in values]
