"""Array functions: https://trino.io/docs/current/functions/array.html."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.casts import text_of
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill, null_of, raising, raw
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.registry import Rule, family, rules, scalar
from lakehouse.athena.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    VARCHAR,
    Type,
    array,
    can_coerce,
    common_type,
    contains_zone,
    engine_type,
    is_floating,
    is_integer,
    map_of,
    row,
)


def _distinct(array_sql: str, values: list[Value], made: Type) -> Value:
    """What finds each value once; the engine cannot bind that of a NULL that is spelled out."""
    if any(value.null for value in values):
        return null_of(made)
    return fill(array_sql, values, made)


def _of_arrays(call: Invocation, index: int = 0) -> Value:
    value = call.arguments[index]
    if value is None or value.type.base not in ("array", "unknown"):
        raise call.unexpected()
    return value if value.type.base == "array" else coerce(value, array(Type("unknown")))


def _comparable(call: Invocation, element: Type) -> None:
    """Refuse what the engine would compare its own way."""
    if contains_zone(element) or element.children:
        raise not_supported(f"{call.node.function} of elements of type {element}", call.position)


def _with_element(call: Invocation) -> tuple[Value, Value, Type]:
    whole, single = call.arity(2)
    whole = _of_arrays(call)
    element = common_type(whole.type.element, single.type)
    if element is None:
        raise call.unexpected()
    _comparable(call, element)
    return coerce(whole, array(element)), coerce(single, element), element


def _contains(call: Invocation) -> Value:
    whole, single, _ = _with_element(call)
    return fill("athena_contains({0}, {1})", [whole, single], BOOLEAN)


def _array_position(call: Invocation) -> Value:
    if len(call.arguments) != 2:
        raise not_supported("array_position with an instance", call.position)
    whole, single, _ = _with_element(call)
    template = (
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
        "THEN CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END"
    )
    return fill(template, [whole, single], BIGINT)


def _array_remove(call: Invocation) -> Value:
    whole, single, element = _with_element(call)
    template = (
        "CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda e: (e <> {1}) IS NOT FALSE) END"
    )
    if is_floating(element):
        # NaN equals nothing, itself included; to the engine it does.
        template = f"CASE WHEN isnan({{1}}) THEN {{0}} ELSE {template} END"
    return fill(template, [whole, single], whole.type)


def _two(call: Invocation) -> tuple[list[Value], Type]:
    left, right = call.arity(2)
    made = common_type(_of_arrays(call).type, _of_arrays(call, 1).type)
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
        return _distinct(sql, values, made)

    return rule


def _overlap(call: Invocation) -> Value:
    values, _ = _two(call)
    return fill("athena_overlap({0}, {1})", values, BOOLEAN)


def _array_distinct(call: Invocation) -> Value:
    value = _of_arrays(call)
    if contains_zone(value.type):
        raise not_supported(f"array_distinct of {value.type}", call.position)
    return _distinct("athena_distinct({0})", [value], value.type)


def _array_join(call: Invocation) -> Value:
    value, delimiter, *rest = call.arity(2, 3)
    value = _of_arrays(call)
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
        value = _of_arrays(call)
        call.arity(1)
        _comparable(call, value.type.element)
        found = f"list_{engine}({{0}})"
        if engine == "max" and is_floating(value.type.element):
            numbers = "list_filter({0}, lambda e: NOT isnan(e))"
            found = f"coalesce(list_max({numbers}), {found})"
        return fill(f"athena_extreme({{0}}, {found})", [value], value.type.element)

    return rule


def _array_sort(call: Invocation) -> Value:
    value = _of_arrays(call)
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


def _reduce(call: Invocation) -> Value:
    if len(call.arguments) != 4:
        raise call.unexpected()
    value, state = _of_arrays(call), call.arguments[1]
    if state is None:
        raise call.unexpected()
    folded = fold(call, value, state, 2)
    finish = call.function(3, folded.type)
    template = "CASE WHEN {0} IS NOT NULL THEN list_transform([{1}], {2})[1] END"
    return fill(template, [value, folded, finish], finish.type)


def fold(call: Invocation, value: Value, state: Value, place: int) -> Value:
    """An array folded from the left by the lambda at `place`, from a first state."""
    element = value.type.element
    step = call.function(place, state.type, element)
    if state.type.base == "unknown":
        state = coerce(state, step.type)
        step = call.function(place, state.type, element)
    for _ in range(3):
        # 0 may start a sum of bigints: the state is as wide as what the lambda makes of it.
        if step.type == state.type or not can_coerce(state.type, step.type):
            break
        state = coerce(state, step.type)
        step = call.function(place, state.type, element)
    if not can_coerce(step.type, state.type):
        raise call.unexpected("reduce(array(T), S, function(S,T,S), function(S,R))")
    head, _, body = step.sql.partition(": ")
    accumulated, item = head.removeprefix("lambda ").split(", ")
    body = coerce(Value(body, step.type), state.type).sql
    # The state and an element travel together: the engine's reduce wants one type for both.
    inner = (
        f"list_transform([acc_.s], lambda {accumulated}: "
        f"list_transform([cur_.x], lambda {item}: {{2}})[1])[1]"
    )
    none, empty = cast_sql("NULL", state.type), cast_sql("NULL", element)
    first = f"CAST({{1}} AS {raw(engine_type(state.type))})"
    template = (
        f"CASE WHEN {{0}} IS NOT NULL THEN list_reduce("
        f"list_transform({{0}}, lambda x_: struct_pack(s := {raw(none)}, x := x_)), "
        f"lambda acc_, cur_: struct_pack(s := {inner}, x := {raw(empty)}), "
        f"struct_pack(s := {first}, x := {raw(empty)})).s END"
    )
    return fill(template, [value, state, Value(body, state.type)], state.type)


def _matches(decisive: bool, negate: bool) -> Rule:
    def rule(call: Invocation) -> Value:
        value = _of_arrays(call)
        test = call.function(1, value.type.element)
        if test.type.base not in ("boolean", "unknown"):
            raise call.unexpected()
        answers = "list_transform({0}, {1})"
        template = f"athena_matches({answers}, {str(decisive).upper()})"
        return fill(f"(NOT {template})" if negate else template, [value, test], BOOLEAN)

    return rule


def _sequence(call: Invocation) -> Value:
    start, stop, *rest = call.arity(2, 3)
    if start.type.base == "unknown":
        start = coerce(start, stop.type if stop.type.base != "unknown" else BIGINT)
    if stop.type.base == "unknown":
        stop = coerce(stop, start.type)
    if is_integer(start.type) and is_integer(stop.type):
        bounds = [coerce(start, BIGINT), coerce(stop, BIGINT)]
        step = coerce(rest[0], BIGINT) if rest else fill(_DEFAULT_STEP, bounds, BIGINT)
        return fill("athena_sequence({0}, {1}, {2})", [*bounds, step], array(BIGINT))
    made = common_type(start.type, stop.type)
    if made is None or made.base not in ("date", "timestamp"):
        raise call.unexpected()
    bounds = [coerce(start, made), coerce(stop, made)]
    if not rest:
        if made != DATE:
            raise call.unexpected()
        rest = [
            fill(
                f"(CAST({_DEFAULT_STEP} AS BIGINT) * 86400000)",
                bounds,
                Type("interval day to second"),
            )
        ]
    if rest[0].type.base == "interval year to month":
        template = cast_sql("athena_sequence_months({0}, {1}, {2})", array(made))
        return fill(template, [*bounds, rest[0]], array(made))
    if rest[0].type.base != "interval day to second":
        raise call.unexpected()
    if made == DATE:
        wrong = raising(
            "INVALID_FUNCTION_ARGUMENT",
            "sequence step must be a day interval if start and end values are dates",
        )
        template = f"CASE WHEN {{0}} % 86400000 <> 0 THEN {wrong} ELSE {{0}} END"
        rest = [fill(template, rest, rest[0].type)]
    template = cast_sql(
        "list_transform(athena_sequence(epoch_us(CAST({0} AS TIMESTAMP)), "
        "epoch_us(CAST({1} AS TIMESTAMP)), {2} * 1000), lambda us_: make_timestamp(us_))",
        array(made),
    )
    return fill(template, [*bounds, rest[0]], array(made))


_DEFAULT_STEP = "CASE WHEN {0} <= {1} THEN 1 ELSE -1 END"


def _zip(call: Invocation) -> Value:
    if not 2 <= len(call.arguments) <= 5:
        raise call.unexpected()
    values = [_of_arrays(call, i) for i in range(len(call.arguments))]
    made = array(row(tuple(value.type.element for value in values)))
    sizes = ", ".join(f"len({{{i}}})" for i in range(len(values)))
    packed = ", ".join(f"field{i} := {{{i}}}[z_]" for i in range(len(values)))
    nulls = " AND ".join(f"{{{i}}} IS NOT NULL" for i in range(len(values)))
    template = (
        f"CASE WHEN {nulls} THEN list_transform(range(1, greatest({sizes}) + 1), "
        f"lambda z_: struct_pack({packed})) END"
    )
    return fill(template, values, made)


def _zip_with(call: Invocation) -> Value:
    left, right = _of_arrays(call), _of_arrays(call, 1)
    if len(call.arguments) != 3:
        raise call.unexpected()
    function = call.function(2, left.type.element, right.type.element)
    head, _, body = function.sql.partition(": ")
    a, b = head.removeprefix("lambda ").split(", ")
    template = (
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN list_transform("
        "range(1, greatest(len({0}), len({1})) + 1), lambda z_: list_transform([({0})[z_]], "
        f"lambda {a}: list_transform([({{1}})[z_]], lambda {b}: {{2}})[1])[1]) END"
    )
    return fill(template, [left, right, Value(body, function.type)], array(function.type))


def _combinations(call: Invocation) -> Value:
    size = call.literal(1)
    value = _of_arrays(call)
    call.arity(2)
    if not isinstance(size, int):
        raise not_supported("combinations of a varying size", call.position)
    if not 0 <= size <= 5:
        message = "combination size must not be negative or exceed 5"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    made = array(value.type)
    # Lists of places, grown one place at a time; then the elements at those places.
    places = "[[]::BIGINT[]]"
    for i in range(size):
        after = f"range(coalesce(c{i}_[-1], 0) + 1, len({{0}}) + 1)"
        grown = f"list_transform({after}, lambda d{i}_: list_append(c{i}_, d{i}_))"
        places = f"flatten(list_transform({places}, lambda c{i}_: {grown}))"
    # Trino lists them by their last element's place first.
    backwards = f"list_sort(list_transform({places}, lambda c_: list_reverse(c_)))"
    found = (
        f"list_transform({backwards}, lambda c_: "
        "list_transform(list_reverse(c_), lambda p_: ({0})[p_]))"
    )
    count = "1"
    for i in range(size):
        count = f"({count} * greatest(len({{0}}) - {i}, 0) // {i + 1})"
    limit = raising("INVALID_FUNCTION_ARGUMENT", "combinations exceed max size")
    template = (
        f"CASE WHEN {{0}} IS NULL THEN NULL WHEN {count} * {size} > 100000 THEN {limit} "
        f"ELSE {found} END"
    )
    return fill(template, [value], made)


def _cardinality(call: Invocation) -> Value:
    value = call.arity(1)[0]
    if value.type.base == "map":
        return fill("CAST(cardinality({0}) AS BIGINT)", [value], BIGINT)
    return fill("CAST(len({0}) AS BIGINT)", [_of_arrays(call)], BIGINT)


def _element_at(call: Invocation) -> Value:
    base, index = call.arity(2)
    if base.type.base == "map":
        key, item = base.type.children
        wider = common_type(key, index.type)
        if wider is None:
            raise call.unexpected()
        if wider != key:
            key, base = wider, coerce(base, map_of(wider, item))
        _comparable(call, key)
        return fill("({0})[{1}]", [base, coerce(index, key)], item)
    base = _of_arrays(call)
    if not is_integer(index.type) and index.type.base != "unknown":
        raise call.unexpected()
    return fill("athena_element_at({0}, {1})", [base, coerce(index, BIGINT)], base.type.element)


def _histogram(call: Invocation) -> Value:
    value = _of_arrays(call)
    _comparable(call, value.type.element)
    made = Type("map", children=(value.type.element, BIGINT))
    keys = "athena_distinct(list_filter({0}, lambda e: e IS NOT NULL))"
    count = "CAST(len(list_filter({0}, lambda e: e = k)) AS BIGINT)"
    counted = (
        f"map_from_entries(list_transform({keys}, "
        f"lambda k: struct_pack(key := k, value := {count})))"
    )
    return _distinct(cast_sql(counted, made), [value], made)


def _filter(call: Invocation) -> Value:
    value = _of_arrays(call)
    test = call.function(1, value.type.element)
    if test.type.base not in ("boolean", "unknown"):
        raise call.unexpected()
    return fill("list_filter({0}, {1})", [value, test], value.type)


def _transform(call: Invocation) -> Value:
    value = _of_arrays(call)
    function = call.function(1, value.type.element)
    made = array(function.type)
    return fill(
        cast_sql("list_transform({0}, {1})", made)
        if function.type.base == "unknown"
        else "list_transform({0}, {1})",
        [value, function],
        made,
    )


def _shuffle(call: Invocation) -> Value:
    value = _of_arrays(call)
    keyed = "list_transform({0}, lambda e: struct_pack(r := random(), v := e))"
    template = f"list_transform(list_sort({keyed}), lambda z: z.v)"
    made = fill(template, [value], value.type)
    return Value(made.sql, made.type, volatile=True)


FUNCTIONS = family(
    *rules(_matches(False, False), "all_match"),
    *rules(_matches(True, False), "any_match"),
    *rules(_matches(True, True), "none_match"),
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
    *rules(_combinations, "combinations"),
    *rules(_contains, "contains"),
    scalar(
        "contains_sequence(array(T), array(T)) -> boolean", "athena_contains_sequence({0}, {1})"
    ),
    *rules(_element_at, "element_at"),
    *rules(_filter, "filter"),
    scalar("flatten(array(array(T))) -> array(T)", "flatten({0})"),
    scalar("ngrams(array(T), bigint) -> array(array(T))", "athena_ngrams({0}, {1})"),
    *rules(_reduce, "reduce"),
    scalar("repeat(T, bigint) -> array(T)", "athena_repeat({0}, {1})"),
    *rules(_sequence, "sequence"),
    *rules(_shuffle, "shuffle", volatile=True),
    scalar("slice(array(T), bigint, bigint) -> array(T)", "athena_slice({0}, {1}, {2})"),
    *rules(_transform, "transform"),
    scalar("trim_array(array(T), bigint) -> array(T)", "athena_trim_array({0}, {1})"),
    *rules(_zip, "zip"),
    *rules(_zip_with, "zip_with"),
)
