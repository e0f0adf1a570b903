"""Arrays made of others, or of two bounds: sequence, zip and combinations."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raising
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.array_arguments import (
    array_argument,
)
from lakehouse.athena.functions.registry import family, rules
from lakehouse.athena.types import (
    BIGINT,
    DATE,
    Type,
    array,
    common_type,
    is_integer,
    row,
)


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
    values = [array_argument(call, i) for i in range(len(call.arguments))]
    made = array(row(tuple(value.type.element for value in values)))
    sizes = ", ".join(f"len({{{i}}})" for i in range(len(values)))
    packed = ", ".join(f"field{i} := {{{i}}}[z_]" for i in range(len(values)))
    nulls = " AND ".join(f"{{{i}}} IS NOT NULL" for i in range(len(values)))
    template = (
        f"CASE WHEN {nulls} THEN list_transform(range(1, greatest({sizes}) + 1), "
        f"lambda z_: struct_pack({packed})) END"
    )
    return fill(template, values, made)


def _combinations(call: Invocation) -> Value:
    size = call.literal(1)
    value = array_argument(call)
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


FUNCTIONS = family(
    *rules(_combinations, "combinations"),
    *rules(_sequence, "sequence"),
    *rules(_zip, "zip"),
)
