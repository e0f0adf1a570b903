"""Map functions: https://trino.io/docs/current/functions/map.html."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce, unify
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.errors import not_supported
from lakehouse.athena.functions.registry import family, rules, scalar
from lakehouse.athena.types import (
    UNKNOWN,
    Type,
    array,
    common_type,
    contains_zone,
    field_names,
    identifier,
    map_of,
    row,
)


def _map(call: Invocation, index: int = 0) -> Value:
    value = call.arguments[index]
    if value is None or value.type.base not in ("map", "unknown"):
        raise call.unexpected()
    return value if value.type.base == "map" else coerce(value, map_of(UNKNOWN, UNKNOWN))


def _constructor(call: Invocation) -> Value:
    values = call.arity(0, 2)
    if not values:
        made = map_of(UNKNOWN, UNKNOWN)
        return Value(cast_sql("MAP {}", made), made)
    keys, items = (
        coerce(value, array(UNKNOWN)) if value.type.base == "unknown" else value for value in values
    )
    if keys.type.base != "array" or items.type.base != "array":
        raise call.unexpected("map(), map(array(K), array(V))")
    made = map_of(keys.type.element, items.type.element)
    if contains_zone(made.children[0]) or made.children[0].children:
        raise not_supported(f"Keys of type {made.children[0]}", call.position)
    return fill(cast_sql("athena_map({0}, {1})", made), [keys, items], made)


def _entry(made: Type) -> str:
    """`e` is a row of two; the engine's map_from_entries wants key and value."""
    key, item = map(identifier, field_names(made))
    return f"struct_pack(key := e.{key}, value := e.{item})"


def _rows(call: Invocation) -> tuple[Value, Type]:
    value = call.arity(1)[0]
    element = value.type.element if value.type.base == "array" else UNKNOWN
    if element.base != "row" or len(element.children) != 2:
        raise call.unexpected("map_from_entries(array(row(K, V)))")
    return value, element


def _from_entries(call: Invocation) -> Value:
    value, element = _rows(call)
    made = map_of(*element.children)
    template = f"athena_unique_entries(list_transform({{0}}, lambda e: {_entry(element)}))"
    return fill(cast_sql(template, made), [value], made)


def _multimap_from_entries(call: Invocation) -> Value:
    value, element = _rows(call)
    made = map_of(element.children[0], array(element.children[1]))
    entries = f"athena_with_keys(list_transform({{0}}, lambda e: {_entry(element)}))"
    template = f"athena_ordered_multimap({entries})"
    return fill(cast_sql(template, made), [value], made)


def _entries(call: Invocation) -> Value:
    value = _map(call)
    call.arity(1)
    made = array(row(value.type.children))
    pair = "struct_pack(field0 := e.key, field1 := e.value)"
    return fill(f"list_transform(map_entries({{0}}), lambda e: {pair})", [value], made)


def _concat(call: Invocation) -> Value:
    if len(call.arguments) < 2:
        raise call.unexpected()
    maps = [_map(call, i) for i in range(len(call.arguments))]
    values = unify(maps, call.position, "Arguments of map_concat")
    listed = ", ".join(f"{{{i}}}" for i in range(len(values)))
    nulls = " AND ".join(f"{{{i}}} IS NOT NULL" for i in range(len(values)))
    return fill(f"CASE WHEN {nulls} THEN map_concat({listed}) END", values, values[0].type)


def _over_entries(call: Invocation, function: Value, made: Type, entry: str) -> Value:
    """A new map of what a lambda over key and value makes; `entry` says where its result goes."""
    head, _, body = function.sql.partition(": ")
    key, item = head.removeprefix("lambda ").split(", ")
    template = (
        "list_transform(map_entries({0}), lambda e_: list_transform([e_.key], "
        f"lambda {key}: list_transform([e_.value], lambda {item}: {entry})[1])[1])"
    )
    values = [_map(call), Value(body, function.type)]
    unique = (
        "athena_unique_entries"
        if made.children[0] != values[0].type.children[0] or "key := {1}" in entry
        else "map_from_entries"
    )
    return fill(cast_sql(f"{unique}({template})", made), values, made)


def _transform_values(call: Invocation) -> Value:
    key, item = _map(call).type.children
    function = call.function(1, key, item)
    entry = "struct_pack(key := e_.key, value := {1})"
    return _over_entries(call, function, map_of(key, function.type), entry)


def _transform_keys(call: Invocation) -> Value:
    key, item = _map(call).type.children
    function = call.function(1, key, item)
    entry = "struct_pack(key := {1}, value := e_.value)"
    return _over_entries(call, function, map_of(function.type, item), entry)


def _filter(call: Invocation) -> Value:
    value = _map(call)
    function = call.function(1, *value.type.children)
    if function.type.base not in ("boolean", "unknown"):
        raise call.unexpected()
    head, _, body = function.sql.partition(": ")
    key, item = head.removeprefix("lambda ").split(", ")
    template = (
        "map_from_entries(list_filter(map_entries({0}), lambda e_: list_transform([e_.key], "
        f"lambda {key}: list_transform([e_.value], lambda {item}: {{1}})[1])[1]))"
    )
    values = [value, Value(body, function.type)]
    return fill(cast_sql(template, value.type), values, value.type)


def _zip_with(call: Invocation) -> Value:
    left, right = _map(call), _map(call, 1)
    key = common_type(left.type.children[0], right.type.children[0])
    if key is None or len(call.arguments) != 3:
        raise call.unexpected()
    left = coerce(left, map_of(key, left.type.children[1]))
    right = coerce(right, map_of(key, right.type.children[1]))
    function = call.function(2, key, left.type.children[1], right.type.children[1])
    head, _, body = function.sql.partition(": ")
    k, a, b = head.removeprefix("lambda ").split(", ")
    made = map_of(key, function.type)
    keys = "athena_distinct(list_concat(map_keys({0}), map_keys({1})))"
    entry = "struct_pack(key := k_, value := {2})"
    template = (
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN map_from_entries(list_transform("
        f"{keys}, lambda k_: list_transform([k_], lambda {k}: list_transform([({{0}})[k_]], "
        f"lambda {a}: list_transform([({{1}})[k_]], lambda {b}: {entry})[1])[1])[1])) END"
    )
    values = [left, right, Value(body, function.type)]
    return fill(cast_sql(template, made), values, made)


FUNCTIONS = family(
    *rules(_constructor, "map"),
    *rules(_from_entries, "map_from_entries"),
    *rules(_multimap_from_entries, "multimap_from_entries"),
    *rules(_entries, "map_entries"),
    *rules(_concat, "map_concat"),
    *rules(_filter, "map_filter"),
    scalar("map_keys(map(K, V)) -> array(K)", "map_keys({0})"),
    scalar("map_values(map(K, V)) -> array(V)", "map_values({0})"),
    *rules(_zip_with, "map_zip_with"),
    *rules(_transform_keys, "transform_keys"),
    *rules(_transform_values, "transform_values"),
)
