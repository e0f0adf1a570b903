"""Aggregate and window functions: functions/aggregate.html and window.html of Trino's pages.

The approximate ones are exact here: approx_distinct counts, approx_percentile picks the element at
its place. Both answers are within what Trino promises of its own.
"""

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.aggregates import modified
from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.array_lambdas import fold
from lakehouse.athena.functions.registry import Function, Overload, Rule, aggregate, family, window
from lakehouse.athena.types import (
    BIGINT,
    MAX_PRECISION,
    UNKNOWN,
    VARCHAR,
    ZONED,
    Type,
    array,
    can_coerce,
    common_type,
    decimal,
    is_floating,
    is_integer,
    is_numeric,
    map_of,
)


def _call(invocation: Invocation, call: str, values: list[Value], made: Type) -> Value:
    return Value(modified(invocation.analyzer, invocation.node, call, values), made)


def _ruled(rule: Rule, *names: str) -> list[Function]:
    """Aggregates whose result's type or SQL depends on the arguments' types."""
    marker = Overload("", (), UNKNOWN, aggregate=True)
    return [Function(name, (marker,), rule) for name in names]


def _sum(call: Invocation) -> Value:
    value = call.arity(1)[0]
    made = value.type
    if is_integer(made) or made.base.startswith("interval"):
        result = BIGINT if is_integer(made) else made
        total = _call(call, "sum({0})", [value], Type("decimal", (38, 0)))
        return fill(cast_sql("athena_narrow_bigint({0})", result), [total], result)
    if made.base == "decimal":
        result = decimal(MAX_PRECISION, made.scale)
    elif is_floating(made):
        result = made
    else:
        raise call.unexpected("sum(bigint), sum(double), sum(decimal(p,s)), sum(real)")
    return fill(cast_sql("{0}", result), [_call(call, "sum({0})", [value], result)], result)


def _avg(call: Invocation) -> Value:
    value = call.arity(1)[0]
    made = value.type
    if made.base == "decimal":
        # Exact: the sum's digits over the count, rounded half up at the column's own scale.
        total = _call(call, "sum({0})", [value], decimal(MAX_PRECISION, made.scale))
        count = _call(call, "count({0})", [value], BIGINT)
        digits = operators.unscaled(total)
        template = "CASE WHEN {1} > 0 THEN athena_decimal_average({0}, {1}) END"
        whole = fill(template, [digits, count], Type("decimal", (MAX_PRECISION, 0)))
        return operators.rescaled(whole, made)
    if made.base.startswith("interval"):
        average = _call(call, "avg({0})", [value], Type("double"))
        return fill(cast_sql("round({0})", made), [average], made)
    if not is_numeric(made):
        raise call.unexpected("avg(bigint), avg(double), avg(decimal(p,s)), avg(real)")
    result = made if made.base == "real" else Type("double")
    return fill(cast_sql("{0}", result), [_call(call, "avg({0})", [value], result)], result)


def _ordered(call: Invocation, value: Value) -> Value:
    """A value whose order the engine knows as Trino does."""
    base = value.type.base
    if base in ("map", "json", "row", "array"):
        raise not_supported(f"{call.node.function} of {value.type}", call.position)
    if base == ZONED and not value.type.zone:
        raise not_supported(f"{call.node.function} over time zones of their own", call.position)
    return value


def _extreme(name: str) -> Rule:
    def rule(call: Invocation) -> Value:
        value, *count = call.arity(1, 2)
        value = _ordered(call, value)
        if not count and name == "max" and is_floating(value.type):
            # NaN is the greatest to the engine; Trino passes it over unless there is nothing else.
            number = _call(call, "max({0}) WHERE NOT isnan({0})", [value], value.type)
            anything = _call(call, "max({0})", [value], value.type)
            return fill("coalesce({0}, {1})", [number, anything], value.type)
        if not count:
            return _call(call, f"{name}({{0}})", [value], value.type)
        return _call(call, f"{name}({{0}}, {{1}})", [value, _count(call, 1)], array(value.type))

    return rule


def _count(call: Invocation, index: int) -> Value:
    number = call.literal(index)
    if not isinstance(number, int):
        raise not_supported(f"{call.node.function} with a varying n", call.position)
    if not 0 < number <= 10000:
        message = f"third argument of {call.node.function} must be a positive integer"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    return Value(str(number), BIGINT, number)


def _by(name: str) -> Rule:
    def rule(call: Invocation) -> Value:
        value, key, *count = call.arity(2, 3)
        key = _ordered(call, key)
        if is_floating(key.type):
            limit = "-Infinity" if name == "arg_max" else "Infinity"
            template = f"CASE WHEN isnan({{0}}) THEN CAST('{limit}' AS DOUBLE) ELSE {{0}} END"
            key = fill(template, [key], Type("double"))
        if not count:
            return _call(call, f"{name}_null({{0}}, {{1}})", [value, key], value.type)
        # The engine skips NULL values here, Trino does not: each travels inside a row.
        values = [value, key, _count(call, 2)]
        packed = f"{name}(struct_pack(v := {{0}}), {{1}}, {{2}})"
        found = _call(call, packed, values, array(value.type))
        return fill("list_transform({0}, lambda e: e.v)", [found], array(value.type))

    return rule


def _approx_distinct(call: Invocation) -> Value:
    value = call.arity(1, 2)[0]
    if value.type.base == ZONED and not value.type.zone:
        raise not_supported("approx_distinct over time zones of their own", call.position)
    return _call(call, "count(DISTINCT {0})", [value], BIGINT)


def _approx_percentile(call: Invocation) -> Value:
    values = call.arity(2, 3)
    if len(values) == 3:
        raise not_supported("approx_percentile with weights", call.position)
    value, share = values
    if not is_numeric(value.type) or value.type.base == "decimal":
        if value.type.base != "decimal":
            raise call.unexpected(
                "approx_percentile(bigint, double), approx_percentile(double, double)"
            )
        value = coerce(value, Type("double"))
    made = value.type if is_floating(value.type) else BIGINT
    value = coerce(value, made)
    several = share.type.base == "array"
    wanted = array(Type("double")) if several else Type("double")
    if not can_coerce(share.type, wanted):
        raise call.unexpected()
    result = array(made) if several else made
    share = fill(
        f"athena_{'shares' if several else 'share'}({{0}})", [coerce(share, wanted)], wanted
    )
    return _call(call, "quantile_disc({0}, {1})", [value, share], result)


def _map_agg(call: Invocation) -> Value:
    key, value = call.arity(2)
    made = map_of(key.type, value.type)
    entries = _call(
        call,
        "list(struct_pack(key := {0}, value := {1})) WHERE {0} IS NOT NULL",
        [key, value],
        made,
    )
    return fill(cast_sql("athena_first_of_each({0})", made), [entries], made)


def _multimap_agg(call: Invocation) -> Value:
    key, value = call.arity(2)
    made = map_of(key.type, array(value.type))
    entries = _call(
        call,
        "list(struct_pack(key := {0}, value := {1})) WHERE {0} IS NOT NULL",
        [key, value],
        made,
    )
    return fill(cast_sql("athena_ordered_multimap({0})", made), [entries], made)


def _map_union(call: Invocation) -> Value:
    value = call.arity(1)[0]
    if value.type.base != "map":
        raise call.unexpected("map_union(map(K, V))")
    maps = _call(call, "list({0}) WHERE {0} IS NOT NULL", [value], array(value.type))
    template = "athena_first_of_each(flatten(list_transform({0}, lambda m: map_entries(m))))"
    return fill(cast_sql(template, value.type), [maps], value.type)


def _histogram(call: Invocation) -> Value:
    value = call.arity(1)[0]
    if value.type.children or value.type.base == ZONED:
        raise not_supported(f"histogram of {value.type}", call.position)
    made = map_of(value.type, BIGINT)
    counted = _call(call, "histogram({0})", [value], made)
    return fill(cast_sql("{0}", made), [counted], made)


def _listagg(call: Invocation) -> Value:
    value, *rest = call.arity(1, 2)
    separator = rest[0] if rest else Value("''", VARCHAR, "")
    if value.type.base not in ("varchar", "unknown"):
        raise call.unexpected("listagg(varchar, varchar)")
    if not isinstance(separator.literal, str):
        raise not_supported("LISTAGG with a varying separator", call.position)
    made = _call(call, "string_agg({0}, {1})", [coerce(value, VARCHAR), separator], VARCHAR)
    return fill("athena_listed({0})", [made], VARCHAR)


def _reduce_agg(call: Invocation) -> Value:
    if len(call.arguments) != 4 or call.arguments[0] is None or call.arguments[1] is None:
        raise call.unexpected()
    value, state = call.arguments[0], call.arguments[1]
    collected = _call(call, "list({0}) WHERE {0} IS NOT NULL", [value], array(value.type))
    return fold(call, collected, state, 2)


def _array_agg(call: Invocation) -> Value:
    value = call.arity(1)[0]
    return _call(call, "list({0})", [value], array(value.type))


def _shifted(name: str) -> Rule:
    """lag and lead: an offset of zero or more, and a default of the value's type."""

    def rule(call: Invocation) -> Value:
        value, *rest = call.arity(1, 2, 3)
        if rest:
            offset = call.literal(1)
            if not isinstance(offset, int):
                raise not_supported(f"{name} with a varying offset", call.position)
            if offset < 0:
                message = "Offset must be at least 0"
                raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
        if len(rest) == 2:
            wider = common_type(value.type, rest[1].type)
            if wider is None:
                raise call.unexpected()
            value, rest[1] = coerce(value, wider), coerce(rest[1], wider)
        values = [value, *rest]
        listed = ", ".join(f"{{{i}}}" for i in range(len(values)))
        return _call(call, f"{name}({listed})", values, value.type)

    return rule


def _nth_value(call: Invocation) -> Value:
    value, _ = call.arity(2)
    offset = call.literal(1)
    if not isinstance(offset, int):
        raise not_supported("nth_value with a varying offset", call.position)
    if offset < 1:
        message = "Offset must be at least 1"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    return _call(call, "nth_value({0}, {1})", call.values, value.type)


def _only_windows(rule: Rule, *names: str) -> list[Function]:
    marker = Overload("", (), UNKNOWN, window_only=True)
    return [Function(name, (marker,), rule) for name in names]


def _doubles(**calls: str) -> list[Overload]:
    return [aggregate(f"{name}(double) -> double", call) for name, call in calls.items()]


def _pairs(*names: str, template: str = "{0}") -> list[Overload]:
    return [
        aggregate(f"{name}(double, double) -> double", f"{name}({{0}}, {{1}})", template)
        for name in names
    ]


FUNCTIONS = family(
    aggregate("count() -> bigint", "count(*)"),
    aggregate("count(T) -> bigint", "count({0})"),
    aggregate("count_if(boolean) -> bigint", "count_if({0})", "coalesce({0}, 0)"),
    aggregate("any_value(T) -> T", "any_value({0})"),
    aggregate("arbitrary(T) -> T", "any_value({0})"),
    aggregate("bool_and(boolean) -> boolean", "bool_and({0})"),
    aggregate("bool_or(boolean) -> boolean", "bool_or({0})"),
    aggregate("every(boolean) -> boolean", "bool_and({0})"),
    aggregate("bitwise_and_agg(bigint) -> bigint", "bit_and({0})"),
    aggregate("bitwise_or_agg(bigint) -> bigint", "bit_or({0})"),
    aggregate("bitwise_xor_agg(bigint) -> bigint", "bit_xor({0})"),
    aggregate(
        "geometric_mean(double) -> double",
        "avg(CASE WHEN {0} > 0 THEN ln({0}) WHEN {0} = 0 THEN '-Infinity'::DOUBLE "
        "WHEN {0} < 0 THEN 'NaN'::DOUBLE END)",
        "exp({0})",
    ),
    *_doubles(
        stddev="stddev_samp({0})", stddev_samp="stddev_samp({0})", stddev_pop="stddev_pop({0})",
        variance="var_samp({0})", var_samp="var_samp({0})", var_pop="var_pop({0})",
    ),
    aggregate(
        "kurtosis(double) -> double",
        ("kurtosis({0})", "count({0})"),
        # Values that are all the same divide zero by zero.
        "CASE WHEN {1} > 3 THEN coalesce({0}, 'NaN'::DOUBLE) END",
    ),
    aggregate(
        "skewness(double) -> double",
        ("skewness({0})", "count({0})"),
        # The engine's estimate is unbiased, Trino's is Fisher's moment coefficient itself.
        "({0} * ({1} - 2) / sqrt({1} * ({1} - 1.0::DOUBLE)))",
    ),
    *_pairs("covar_pop", "covar_samp"),
    *_pairs(
        "corr", "regr_slope", "regr_intercept",
        template="CASE WHEN isfinite({0}) THEN {0} END",
    ),
    *_ruled(_sum, "sum"),
    *_ruled(_avg, "avg"),
    *_ruled(_extreme("max"), "max"),
    *_ruled(_extreme("min"), "min"),
    *_ruled(_by("arg_max"), "max_by"),
    *_ruled(_by("arg_min"), "min_by"),
    *_ruled(_approx_distinct, "approx_distinct"),
    *_ruled(_approx_percentile, "approx_percentile"),
    *_ruled(_map_agg, "map_agg"),
    *_ruled(_multimap_agg, "multimap_agg"),
    *_ruled(_map_union, "map_union"),
    *_ruled(_histogram, "histogram"),
    *_ruled(_listagg, "listagg"),
    *_ruled(_reduce_agg, "reduce_agg"),
    *_ruled(_array_agg, "array_agg"),
    window("row_number() -> bigint", "row_number()"),
    window("rank() -> bigint", "rank()"),
    window("dense_rank() -> bigint", "dense_rank()"),
    window("percent_rank() -> double", "percent_rank()"),
    window("cume_dist() -> double", "cume_dist()"),
    window("ntile(bigint) -> bigint", "ntile({0})"),
    window("first_value(T) -> T", "first_value({0})"),
    window("last_value(T) -> T", "last_value({0})"),
    *_only_windows(_shifted("lag"), "lag"),
    *_only_windows(_shifted("lead"), "lead"),
    *_only_windows(_nth_value, "nth_value"),
)  # fmt: skip
