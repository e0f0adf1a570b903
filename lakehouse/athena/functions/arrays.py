"""Array functions: https://trino.io/docs/current/functions/array.html."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.casts import text_of
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill, null_of
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.array_arguments import (
    array_and_element,
    array_argument,
    refuse_incomparable,
)
from lakehouse.athena.functions.registry import Rule, family, rules, scalar
from lakehouse.athena.types import (
    BIGINT,
    BOOLEAN,
    VARCHAR,
    Type,
    common_type,
    contains_zone,
    is_floating,
    is_integer,
    map_of,
)


def _each_once(array_sql: str, values: list[Value], made: Type) -> Value:
    """What finds each value once; the engine cannot bind that of a NULL that is spelled out."""
    if any(value.null for value in values):
        return null_of(made)
    return fill(array_sql, values, made)


def _contains(call: Invocation) -> Value:
    whole, single, _ = array_and_element(call)
    return fill("athena_contains({0}, {1})", [whole, single], BOOLEAN)


def _array_position(call: Invocation) -> Value:
    if len(call.arguments) != 2:
        raise not_supported("array_position with an instance", call.position)
    whole, single, _ = array_and_element(call)
    template = (
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
        "THEN CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END"
    )
    return fill(template, [whole, single], BIGINT)


def _array_remove(call: Invocation) -> Value:
    whole, single, element = array_and_element(call)
    template = (
        "CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda e: (e <> {1}) IS NOT FALSE) END"
    )
    if is_floating(element):
        # NaN equals nothing, itself included; to the engine it does.
        template = f"CASE WHEN isnan({{1}}) THEN {{0}} ELSE {template} END"
    return fill(template, [whole, single], whole.type)


def _two(call: Invocation) -> tuple[list[Value], Type]:
    left, right = call.arity(2)
    made = common_type(array_argument(call).type, array_argument(call, 1).type)
    if made is None:
        raise call.unexpected()
    if contains_zone(made):
        raise not_supported(f"{call.node.function} of {made}", call.position)
    return [coerce(left, made), coerce(right, made)], made


def _set(name: str) -> Rule:
    def rule(call: Invocation) -> Value:
        values, made = _two(call)
        if name == "union":
            combined = "athena_distinct(list_concat({0}, {1}))"
        else:
            combined = f"athena_{name}({{0}}, {{1}})"
        sql = f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {combined} END"
        return _each_once(sql, values, made)

    return rule


def _overlap(call: Invocation) -> Value:
    values, _ = _two(call)
    return fill("athena_overlap({0}, {1})", values, BOOLEAN)


def _array_distinct(call: Invocation) -> Value:
    value = array_argument(call)
    if contains_zone(value.type):
        raise not_supported(f"array_distinct of {value.type}", call.position)
    return _each_once("athena_distinct({0})", [value], value.type)


def _array_join(call: Invocation) -> Value:
    value, delimiter, *rest = call.arity(2, 3)
    value = array_argument(call)
    if value.type.element.base in ("array", "map", "row"):
        message = f"Input type {value.type} not supported"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    shown = text_of(Value("e", value.type.element)).sql
    values = [value, coerce(delimiter, VARCHAR), *(coerce(r, VARCHAR) for r in rest)]
    if rest:
        shown = f"coalesce({shown}, {{2}})"
    template = f"athena_join(list_transform({{0}}, lambda e: {shown}), {{1}})"
    return fill(template, values, VARCHAR)


def _extreme(engine: str) -> Rule:
    def rule(call: Invocation) -> Value:
        value = array_argument(call)
        call.arity(1)
        refuse_incomparable(call, value.type.element)
        found = f"list_{engine}({{0}})"
        if engine == "max" and is_floating(value.type.element):
            numbers = "list_filter({0}, lambda e: NOT isnan(e))"
            found = f"coalesce(list_max({numbers}), {found})"
        return fill(f"athena_extreme({{0}}, {found})", [value], value.type.element)

    return rule


def _array_sort(call: Invocation) -> Value:
    value = array_argument(call)
    if len(call.arguments) == 1:
        if contains_zone(value.type) or value.type.element.base in ("map", "json", "row"):
            raise not_supported(f"array_sort of {value.type}", call.position)
        if value.null:
            return value
        return fill("list_sort({0}, 'ASC', 'NULLS LAST')", [value], value.type)
    element = value.type.element
    compare = call.function(1, element, element)
    if not is_integer(compare.type):
        raise call.unexpected()
    head, _, body = compare.sql.partition(": ")
    first, second = head.removeprefix("lambda ").split(", ")
    wrong = (
        "athena_raise('INVALID_FUNCTION_ARGUMENT:Lambda comparator must return either -1, 0, or 1')"
    )
    # Each element's place: how many come before it by the comparator, ties by their own place.
    tie = "CASE WHEN j_ < i_ THEN 1 ELSE 0 END"
    answer = f"(CASE {body} WHEN 1 THEN 1 WHEN 0 THEN {tie} WHEN -1 THEN 0 ELSE {wrong} END)"
    place = (
        f"list_transform({{0}}, lambda {first}, i_: list_sum(list_transform({{0}}, "
        f"lambda {second}, j_: {answer})))"
    )
    template = (
        f"CASE WHEN len({{0}}) < 2 THEN {{0}} ELSE list_transform(list_sort(list_zip({place}, "
        "range(1, len({0}) + 1))), lambda z_: ({0})[z_[2]]) END"
    )
    return fill(template, [value], value.type)


def _cardinality(call: Invocation) -> Value:
    value = call.arity(1)[0]
    if value.type.base == "map":
        return fill("CAST(cardinality({0}) AS BIGINT)", [value], BIGINT)
    return fill("CAST(len({0}) AS BIGINT)", [array_argument(call)], BIGINT)


def _element_at(call: Invocation) -> Value:
    base, index = call.arity(2)
    if base.type.base == "map":
        key, item = base.type.children
        wider = common_type(key, index.type)
        if wider is None:
            raise call.unexpected()
        if wider != key:
            key, base = wider, coerce(base, map_of(wider, item))
        refuse_incomparable(call, key)
        return fill("({0})[{1}]", [base, coerce(index, key)], item)
    base = array_argument(call)
    if not is_integer(index.type) and index.type.base != "unknown":
        raise call.unexpected()
    return fill("athena_element_at({0}, {1})", [base, coerce(index, BIGINT)], base.type.element)


def _histogram(call: Invocation) -> Value:
    value = array_argument(call)
    refuse_incomparable(call, value.type.element)
    made = Type("map", children=(value.type.element, BIGINT))
    keys = "athena_distinct(list_filter({0}, lambda e: e IS NOT NULL))"
    count = "CAST(len(list_filter({0}, lambda e: e = k)) AS BIGINT)"
    counted = (
        f"map_from_entries(list_transform({keys}, "
        f"lambda k: struct_pack(key := k, value := {count})))"
    )
    return _each_once(cast_sql(counted, made), [value], made)


def _shuffle(call: Invocation) -> Value:
    value = array_argument(call)
    keyed = "list_transform({0}, lambda e: struct_pack(r := random(), v := e))"
    template = f"list_transform(list_sort({keyed}), lambda z: z.v)"
    made = fill(template, [value], value.type)
    return Value(made.sql, made.type, volatile=True)


FUNCTIONS = family(
    *rules(_array_distinct, "array_distinct"),
    *rules(_set("intersect"), "array_intersect"),
    *rules(_set("union"), "array_union"),
    *rules(_set("except"), "array_except"),
    *rules(_overlap, "arrays_overlap"),
    scalar("array_first(array(E)) -> E", "({0})[1]"),
    scalar("array_last(array(E)) -> E", "({0})[-1]"),
    *rules(_histogram, "array_histogram"),
    *rules(_array_join, "array_join"),
    *rules(_extreme("max"), "array_max"),
    *rules(_extreme("min"), "array_min"),
    *rules(_array_position, "array_position"),
    *rules(_array_remove, "array_remove"),
    *rules(_array_sort, "array_sort"),
    *rules(_cardinality, "cardinality"),
    *rules(_contains, "contains"),
    scalar(
        "contains_sequence(array(T), array(T)) -> boolean", "athena_contains_sequence({0}, {1})"
    ),
    *rules(_element_at, "element_at"),
    scalar("flatten(array(array(T))) -> array(T)", "flatten({0})"),
    scalar("ngrams(array(T), bigint) -> array(array(T))", "athena_ngrams({0}, {1})"),
    scalar("repeat(T, bigint) -> array(T)", "athena_repeat({0}, {1})"),
    *rules(_shuffle, "shuffle", volatile=True),
    scalar("slice(array(T), bigint, bigint) -> array(T)", "athena_slice({0}, {1}, {2})"),
    scalar("trim_array(array(T), bigint) -> array(T)", "athena_trim_array({0}, {1})"),
)
