"""Mathematical functions: https://trino.io/docs/current/functions/math.html and bitwise.html."""

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.casts import bounds
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.errors import not_supported
from lakehouse.athena.functions.registry import Overload, family, rules, scalar
from lakehouse.athena.types import (
    BIGINT,
    DOUBLE,
    INTEGER_DIGITS,
    MAX_PRECISION,
    decimal,
    is_floating,
    is_integer,
    is_numeric,
)

_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_NUMBERS = (*_INTEGERS, "decimal", "real", "double")


def _same(name: str, template: str, kinds: tuple[str, ...]) -> list[Overload]:
    return [scalar(f"{name}({kind}) -> {kind}", template) for kind in kinds]


def _doubles(**templates: str) -> list[Overload]:
    return [scalar(f"{name}(double) -> double", template) for name, template in templates.items()]


def _number(call: Invocation, value: Value) -> Value:
    if value.type.base == "unknown":
        return coerce(value, DOUBLE)
    if not is_numeric(value.type):
        raise call.unexpected()
    return value


def _rounded(call: Invocation, engine: str) -> Value:
    """ceiling and floor: integers as they are, decimals without a fraction."""
    value = _number(call, call.arity(1)[0])
    if is_integer(value.type):
        return value
    if is_floating(value.type):
        return fill(f"{engine}({{0}})", [value], value.type)
    precision, scale = value.type.precision, value.type.scale
    made = decimal(min(MAX_PRECISION, precision - scale + min(scale, 1)), 0)
    return fill(cast_sql(f"{engine}({{0}})", made), [value], made)


def _ceiling(call: Invocation) -> Value:
    return _rounded(call, "ceil")


def _floor(call: Invocation) -> Value:
    return _rounded(call, "floor")


def _round(call: Invocation) -> Value:
    """Half away from zero; a decimal keeps its scale when digits are told."""
    value, *rest = call.arity(1, 2)
    value = _number(call, value)
    if not rest:
        if value.type.base != "decimal":
            return value if is_integer(value.type) else fill("round({0})", [value], value.type)
        precision, scale = value.type.precision, value.type.scale
        made = decimal(min(MAX_PRECISION, precision - scale + min(scale, 1)), 0)
        return fill(cast_sql("round({0}, 0)", made), [value], made)
    digits = coerce(rest[0], BIGINT)
    if is_integer(value.type):
        rounded = fill("athena_round_integer({0}, {1})", [value, digits], BIGINT)
        low, high = bounds(value.type)
        template = f"athena_within({{0}}, {low}, {high}, '{value.type}')"
        return fill(cast_sql(template, value.type), [rounded], value.type)
    if value.type.base != "decimal":
        template = cast_sql("athena_round_floating({0}, {1})", value.type)
        return fill(template, [value, digits], value.type)
    return _decimal_digits(call, value, "round")


def _truncate(call: Invocation) -> Value:
    value, *rest = call.arity(1, 2)
    value = _number(call, value)
    if not rest:
        if value.type.base != "decimal":
            made = value.type if is_floating(value.type) else DOUBLE
            return fill("trunc({0})", [coerce(value, made)], made)
        made = decimal(max(1, value.type.precision - value.type.scale), 0)
        return fill(cast_sql("trunc({0})", made), [value], made)
    if value.type.base != "decimal":
        raise not_supported("truncate of floating point numbers to some digits", call.position)
    return _decimal_digits(call, value, "truncate")


def _decimal_digits(call: Invocation, value: Value, name: str) -> Value:
    """Round or cut a decimal at a place told by a literal, on its unscaled integer."""
    digits = call.literal(1)
    if not isinstance(digits, int):
        raise not_supported(f"{name} of a decimal to a varying number of digits", call.position)
    precision, scale = value.type.precision, value.type.scale
    grows = name == "round"
    made = decimal(min(MAX_PRECISION, precision + 1) if grows else precision, scale)
    if digits >= scale:
        return Value(cast_sql(value.sql, made), made)
    unit = 10 ** min(scale - digits, MAX_PRECISION)
    half = unit // 2 if grows else 0
    template = (
        f"((abs({{0}}) + {half}) // {unit} * {unit} * (CASE WHEN {{0}} < 0 THEN -1 ELSE 1 END))"
    )
    whole = operators.unscaled(value)
    return operators.rescaled(fill(template, [whole], whole.type), made)


def _sign(call: Invocation) -> Value:
    value = _number(call, call.arity(1)[0])
    if is_floating(value.type):
        template = "CASE WHEN isnan({0}) OR {0} = 0 THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"
        return fill(cast_sql(template, value.type), [value], value.type)
    made = decimal(1) if value.type.base == "decimal" else value.type
    return fill(cast_sql("sign({0})", made), [value], made)


def _mod(call: Invocation) -> Value:
    left, right = call.arity(2)
    return operators.arithmetic("%", left, right, call.position)


def _random(call: Invocation) -> Value:
    values = call.arity(0, 1, 2)
    if not values:
        return Value("random()", DOUBLE, volatile=True)
    for value in values:
        if not is_integer(value.type):
            raise call.unexpected("random(), random(n), random(m, n)")
    made = max((v.type for v in values), key=lambda t: INTEGER_DIGITS[t.base])
    low, high = values if len(values) == 2 else (Value("0", made), values[0])
    bounds = [coerce(low, made), coerce(high, made)]
    return fill(cast_sql("athena_random_below({0}, {1})", made), bounds, made)


def _shift(engine: str) -> list[Overload]:
    name = f"bitwise_{engine}"
    return [
        scalar(f"{name}({kind}, bigint) -> {kind}", f"athena_{engine}({{0}}, {{1}}, {bits})")
        for kind, bits in (("tinyint", 8), ("smallint", 16), ("integer", 32), ("bigint", 64))
    ]


_OUT_OF_RANGE = (
    "CASE WHEN {0} BETWEEN -1 AND 1 THEN %s({0}) WHEN {0} IS NOT NULL THEN 'NaN'::DOUBLE END"
)
_FINITE = "CASE WHEN isfinite({0}) THEN %s({0}) WHEN {0} IS NOT NULL THEN 'NaN'::DOUBLE END"

FUNCTIONS = family(
    *_same("abs", "abs({0})", _NUMBERS),
    *rules(_ceiling, "ceiling", "ceil"),
    *rules(_floor, "floor"),
    *rules(_round, "round"),
    *rules(_truncate, "truncate"),
    *rules(_sign, "sign"),
    *rules(_mod, "mod"),
    *rules(_random, "random", "rand", volatile=True),
    *_doubles(
        cbrt="athena_cbrt({0})", degrees="degrees({0})", exp="exp({0})", ln="athena_ln({0})",
        log2="(athena_ln({0}) / ln(2.0::DOUBLE))", log10="athena_log10({0})",
        radians="radians({0})", sqrt="athena_sqrt({0})",
        acos=_OUT_OF_RANGE % "acos", asin=_OUT_OF_RANGE % "asin", atan="atan({0})",
        cos=_FINITE % "cos", sin=_FINITE % "sin", tan=_FINITE % "tan",
        cosh="cosh({0})", sinh="sinh({0})", tanh="tanh({0})",
    ),
    scalar("e() -> double", "exp(1.0::DOUBLE)"),
    scalar("pi() -> double", "pi()"),
    scalar("infinity() -> double", "'Infinity'::DOUBLE"),
    scalar("nan() -> double", "'NaN'::DOUBLE"),
    scalar("log(double, double) -> double", "(athena_ln({1}) / athena_ln({0}))"),
    scalar("pow(double, double) -> double", "pow({0}, {1})"),
    scalar("power(double, double) -> double", "pow({0}, {1})"),
    scalar("atan2(double, double) -> double", "atan2({0}, {1})"),
    scalar("is_finite(double) -> boolean", "isfinite({0})"),
    scalar("is_infinite(double) -> boolean", "isinf({0})"),
    scalar("is_nan(double) -> boolean", "isnan({0})"),
    scalar("from_base(varchar, bigint) -> bigint", "athena_from_base({0}, {1})"),
    scalar("to_base(bigint, bigint) -> varchar", "athena_to_base({0}, {1})"),
    scalar(
        "width_bucket(double, double, double, bigint) -> bigint",
        "athena_width_bucket({0}, {1}, {2}, {3})",
    ),
    scalar(
        "width_bucket(double, array(double)) -> bigint", "athena_width_bucket_bins({0}, {1})"
    ),
    scalar("normal_cdf(double, double, double) -> double", "athena_normal_cdf({0}, {1}, {2})"),
    scalar(
        "wilson_interval_lower(bigint, bigint, double) -> double",
        "athena_wilson(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE), {2}, -1.0::DOUBLE)",
    ),
    scalar(
        "wilson_interval_upper(bigint, bigint, double) -> double",
        "athena_wilson(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE), {2}, 1.0::DOUBLE)",
    ),
    scalar(
        "cosine_similarity(array(double), array(double)) -> double",
        "athena_cosine({0}, {1})",
    ),
    scalar(
        "cosine_similarity(map(varchar, double), map(varchar, double)) -> double",
        "athena_map_cosine({0}, {1})",
    ),
    scalar(
        "cosine_distance(array(double), array(double)) -> double",
        "(1.0 - athena_cosine({0}, {1}))",
    ),
    scalar(
        "cosine_distance(map(varchar, double), map(varchar, double)) -> double",
        "(1.0 - athena_map_cosine({0}, {1}))",
    ),
    scalar(
        "euclidean_distance(array(double), array(double)) -> double", "list_distance({0}, {1})"
    ),
    scalar("dot_product(array(double), array(double)) -> double", "list_inner_product({0}, {1})"),
    # --- bitwise ---
    scalar("bit_count(bigint, bigint) -> bigint", "athena_bit_count({0}, {1})"),
    scalar("bitwise_and(bigint, bigint) -> bigint", "({0} & {1})"),
    scalar("bitwise_or(bigint, bigint) -> bigint", "({0} | {1})"),
    scalar("bitwise_xor(bigint, bigint) -> bigint", "xor({0}, {1})"),
    scalar("bitwise_not(bigint) -> bigint", "(~{0})"),
    *_shift("left_shift"),
    *_shift("right_shift"),
    *_shift("right_shift_arithmetic"),
)  # fmt: skip
