"""Functions that apply a lambda to the elements of arrays."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raw
from lakehouse.athena.functions.array_arguments import (
    array_argument,
)
from lakehouse.athena.functions.registry import Rule, family, rules
from lakehouse.athena.types import (
    BOOLEAN,
    array,
    can_coerce,
    engine_type,
)


def _reduce(call: Invocation) -> Value:
    if len(call.arguments) != 4:
        raise call.unexpected()
    value, state = array_argument(call), call.arguments[1]
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
        value = array_argument(call)
        test = call.function(1, value.type.element)
        if test.type.base not in ("boolean", "unknown"):
            raise call.unexpected()
        answers = "list_transform({0}, {1})"
        template = f"athena_matches({answers}, {str(decisive).upper()})"
        return fill(f"(NOT {template})" if negate else template, [value, test], BOOLEAN)

    return rule


def _filter(call: Invocation) -> Value:
    value = array_argument(call)
    test = call.function(1, value.type.element)
    if test.type.base not in ("boolean", "unknown"):
        raise call.unexpected()
    return fill("list_filter({0}, {1})", [value, test], value.type)


def _transform(call: Invocation) -> Value:
    value = array_argument(call)
    function = call.function(1, value.type.element)
    made = array(function.type)
    return fill(
        cast_sql("list_transform({0}, {1})", made)
        if function.type.base == "unknown"
        else "list_transform({0}, {1})",
        [value, function],
        made,
    )


def _zip_with(call: Invocation) -> Value:
    left, right = array_argument(call), array_argument(call, 1)
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


FUNCTIONS = family(
    *rules(_matches(False, False), "all_match"),
    *rules(_matches(True, False), "any_match"),
    *rules(_matches(True, True), "none_match"),
    *rules(_filter, "filter"),
    *rules(_reduce, "reduce"),
    *rules(_transform, "transform"),
    *rules(_zip_with, "zip_with"),
)
