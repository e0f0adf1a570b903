"""IF, COALESCE, NULLIF, TRY, GREATEST and conversions: comparison, conditional, conversion.html."""

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.casts import text_of
from lakehouse.athena.analysis.coercion import unify
from lakehouse.athena.analysis.value import Value, fill
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.registry import Rule, family, rules, scalar
from lakehouse.athena.types import BIGINT, VARCHAR, ZONED, Type, is_floating, text


def _if(call: Invocation) -> Value:
    condition, *results = call.arity(2, 3)
    condition = operators.truth(condition, call.position, "IF condition")
    made = unify(results, call.position, "Result types for IF")
    template = (
        "CASE WHEN {0} THEN {1} ELSE {2} END" if len(made) == 2 else "CASE WHEN {0} THEN {1} END"
    )
    return fill(template, [condition, *made], made[0].type)


def _coalesce(call: Invocation) -> Value:
    values = call.values
    if len(values) < 2:
        message = "The 'coalesce' function must have at least two arguments"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    made = unify(values, call.position, "All COALESCE operands")
    listed = ", ".join(f"{{{i}}}" for i in range(len(made)))
    return fill(f"coalesce({listed})", made, made[0].type)


def _nullif(call: Invocation) -> Value:
    first, second = call.arity(2)
    equal = operators.comparison("=", first, second, call.position)
    return fill("CASE WHEN {0} THEN NULL ELSE {1} END", [equal, first], first.type)


def _try(call: Invocation) -> Value:
    if len(call.node.arguments) != 1:
        message = "The 'try' function must have exactly one argument"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    return call.analyzer.attempt(lambda inner: inner.value(call.node.arguments[0]))


def _extreme(name: str) -> Rule:
    def rule(call: Invocation) -> Value:
        values = call.values
        made = unify(values, call.position, f"Arguments of {name}")
        kind = made[0].type
        if kind.base in ("map", "json", "array", "row") or (kind.base == ZONED and not kind.zone):
            raise not_supported(f"{name} of {kind}", call.position)
        slots = [f"{{{i}}}" for i in range(len(made))]
        nulls = " OR ".join(f"{slot} IS NULL" for slot in slots)
        chosen = f"{name}({', '.join(slots)})"
        if is_floating(kind):
            # NaN is passed over, unless there is nothing else (Trino's TestMathFunctions).
            numbers = ", ".join(f"CASE WHEN NOT isnan({slot}) THEN {slot} END" for slot in slots)
            chosen = f"coalesce({name}({numbers}), {{0}})"
        template = f"CASE WHEN {nulls} THEN NULL ELSE {chosen} END"
        return fill(template, made, kind)

    return rule


def _typeof(call: Invocation) -> Value:
    made = str(call.arity(1)[0].type)
    return Value(text(made), Type("varchar", (len(made),)))


_KINDS = {
    "tinyint": "i", "smallint": "i", "integer": "i", "bigint": "i", "double": "f", "real": "f",
    "decimal": "d", "varchar": "s", "char": "s", "boolean": "b", "date": "t", "timestamp": "t",
}  # fmt: skip


def _format(call: Invocation) -> Value:
    """Each argument goes along with a letter for what Java would take it for."""
    pattern, *values = call.values
    if not values or pattern.type.base not in ("varchar", "unknown"):
        raise call.unexpected("format(varchar, ...)")
    parts = []
    for i, value in enumerate(values):
        kind = _KINDS.get(value.type.base)
        if kind is None and value.type.base != "unknown":
            raise not_supported(f"format of {value.type}", call.position)
        parts.append(f"'{kind or 'n'}:' || CAST({{{i + 1}}} AS VARCHAR)")
        if value.type.base == "decimal":
            values[i] = text_of(value)
        if is_floating(value.type):
            values[i] = fill(f"athena_{value.type.base}_json({{0}})", [value], VARCHAR)
    template = f"athena_format({{0}}, [{', '.join(parts)}])"
    return fill(template, [pattern, *values], VARCHAR)


def _grouping(call: Invocation) -> Value:
    columns = call.analyzer.values(call.node.arguments)
    listed = ", ".join(value.sql for value in columns)
    return Value(f"CAST(grouping({listed}) AS BIGINT)", BIGINT)


FUNCTIONS = family(
    *rules(_if, "if"),
    *rules(_coalesce, "coalesce"),
    *rules(_nullif, "nullif"),
    *rules(_try, "try"),
    *rules(_extreme("greatest"), "greatest"),
    *rules(_extreme("least"), "least"),
    *rules(_typeof, "typeof"),
    *rules(_format, "format"),
    *rules(_grouping, "grouping"),
    scalar("format_number(double) -> varchar", "athena_format_number({0})"),
    *rules(lambda call: Value("uuid()", Type("uuid"), volatile=True), "uuid", volatile=True),
)
