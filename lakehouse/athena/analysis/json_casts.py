"""CAST to and from JSON, by type, to any depth."""

import json

from lakehouse.athena.analysis.value import Value, cast_sql, fill, raw
from lakehouse.athena.engine.json_text import Json
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.types import (
    JSON,
    VARCHAR,
    Type,
    engine_type,
    field_names,
    identifier,
    is_integer,
    text,
)


def json_text(value: Value, position: Position) -> Value:
    """CAST(value AS JSON): SQL NULL for NULL."""
    return fill(_text_template(value.type, "{0}", position, nested=False), [value], JSON)


def _text_template(made: Type, slot: str, position: Position, *, nested: bool) -> str:
    """SQL that writes a value of a type as JSON text; inside another, NULL becomes null."""
    sql = _by_type(made, slot, position)
    return f"coalesce({sql}, 'null')" if nested else sql


def _by_type(made: Type, slot: str, position: Position) -> str:
    base = made.base
    if base == "decimal":
        return f"athena_decimal_text({slot})"
    if is_integer(made) or base in ("boolean", "unknown"):
        return f"CAST({slot} AS VARCHAR)"
    if base in ("double", "real"):
        return f"athena_{base}_json({slot})"
    if base == "json":
        return slot
    if base in ("varchar", "date"):
        return f"CAST(to_json(CAST({slot} AS VARCHAR)) AS VARCHAR)"
    if base == "timestamp":
        return f"'\"' || athena_timestamp_format({slot}, {made.precision}) || '\"'"
    if base == "array":
        item = _text_template(made.element, "j_", position, nested=True)
        return f"'[' || athena_join(list_transform({slot}, lambda j_: {item}), ',') || ']'"
    if base == "map":
        return _map_template(made, slot, position)
    if base == "row":
        return _row_template(made, slot, position)
    raise AthenaError("TYPE_MISMATCH", f"Cannot cast {made} to json", position)


def _map_template(made: Type, slot: str, position: Position) -> str:
    key, item = made.children
    if key.base not in ("varchar", "boolean", "tinyint", "smallint", "integer", "bigint"):
        raise AthenaError("TYPE_MISMATCH", f"Cannot cast {made} to json", position)
    shown = _text_template(item, "j_.value", position, nested=True)
    pair = f"CAST(to_json(CAST(j_.key AS VARCHAR)) AS VARCHAR) || ':' || {shown}"
    # Trino writes a map's keys in their order.
    keyed = f"struct_pack(k := CAST(j_.key AS VARCHAR), p := {pair})"
    entries = f"list_sort(list_transform(map_entries({slot}), lambda j_: {keyed}))"
    return f"'{{{{' || athena_join(list_transform({entries}, lambda j_: j_.p), ',') || '}}'"


def _row_template(made: Type, slot: str, position: Position) -> str:
    parts = []
    for name, own, child in zip(field_names(made), made.names, made.children, strict=True):
        shown = _text_template(child, f"({slot}).{raw(identifier(name))}", position, nested=True)
        label = json.dumps(own or "", ensure_ascii=False)
        parts.append(f"{raw(text(label + ':'))} || {shown}")
    body = " || ',' || ".join(parts)
    return f"CASE WHEN {slot} IS NOT NULL THEN '{{{{' || {body} || '}}' END"


def shape_of(made: Type, position: Position) -> Json:
    """A type as the engine's JSON functions are told of it."""
    if made.base == "array":
        return ["array", shape_of(made.element, position)]
    if made.base == "map":
        if made.children[0].base != "varchar":
            raise AthenaError("TYPE_MISMATCH", f"Cannot cast json to {made}", position)
        return ["map", shape_of(made.children[1], position)]
    if made.base == "row":
        names = field_names(made)
        pairs = zip(names, made.children, strict=True)
        return ["row", [[name, shape_of(child, position)] for name, child in pairs]]
    known = ("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
    if made.base in (*known, "varchar", "json"):
        return made.base
    raise AthenaError("TYPE_MISMATCH", f"Cannot cast json to {made}", position)


def _leaves_as_text(made: Type) -> Type:
    if made.children:
        return Type(
            made.base, children=tuple(map(_leaves_as_text, made.children)), names=made.names
        )
    return VARCHAR


def from_json(value: Value, target: Type, position: Position) -> Value:
    """CAST(json AS target): leaves by Trino's rules to text, then by the engine to their types."""
    shape = shape_of(target, position)
    if isinstance(shape, str):
        leaf = f"athena_json_leaf({{0}}, '{shape}')"
        return fill(cast_sql(leaf, target), [value], target)
    shaped = f"athena_json_shaped({{0}}, {raw(text(json.dumps(shape)))})"
    structure = raw(text(json.dumps(engine_type(_leaves_as_text(target)))))
    template = f"CAST(from_json({shaped}, {structure}) AS {raw(engine_type(target))})"
    return fill(template, [value], target)
