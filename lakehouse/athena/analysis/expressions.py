"""One rule for each kind of expression; a kind without a rule does not exist in this dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lakehouse.athena.analysis import literals, operators
from lakehouse.athena.analysis.aggregates import call_aggregate
from lakehouse.athena.analysis.calls import Invocation, call_scalar
from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.coercion import coerce, unify
from lakehouse.athena.analysis.json_calls import path_call
from lakehouse.athena.analysis.json_constructors import constructor
from lakehouse.athena.analysis.scope import Scope, dotted, fields_of, row_field
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raising, raw
from lakehouse.athena.errors import AthenaError, Position, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    BIGINT,
    BOOLEAN,
    UNKNOWN,
    Type,
    array,
    common_type,
    engine_type,
    field_names,
    identifier,
    map_of,
    row,
    text,
    type_of,
)

if TYPE_CHECKING:
    from lakehouse.athena.analysis.queries import QueryAnalyzer


@dataclass
class Hoisted:
    """What a TRY has computed outside of itself, as fields of the lambda argument `name`."""

    name: str
    values: list[Value] = field(default_factory=list)


@dataclass
class ExpressionAnalyzer:
    """Turns expressions into values, in one scope of one query."""

    scope: Scope
    queries: QueryAnalyzer
    windows: dict[str, n.Window] = field(default_factory=dict)
    seen: dict[int, Value] = field(default_factory=dict)
    found_aggregates: list[n.Call] = field(default_factory=list)
    found_windows: list[n.Call] = field(default_factory=list)
    depth: int = 0
    hoisted: Hoisted | None = None
    inside: str = ""  # "aggregate" or "lambda", for what may not be nested there

    def value(self, node: n.Expression) -> Value:
        """The value of an expression."""
        rule = _RULES.get(type(node))
        if rule is None:
            raise not_supported(f"Expression {type(node).__name__}", node.position)
        made = rule(self, node)
        self.seen[id(node)] = made
        return made

    def values(self, nodes: Sequence[n.Expression]) -> list[Value]:
        """The values of several expressions."""
        return [self.value(node) for node in nodes]

    def condition(self, node: n.Expression, what: str) -> Value:
        """An expression that must be boolean."""
        return operators.truth(self.value(node), node.position, what)

    def inner(self, scope: Scope, *, inside: str = "") -> ExpressionAnalyzer:
        """The same analyzer in a narrower scope, recording into the same lists."""
        return replace(self, scope=scope, depth=self.depth + 1, inside=inside or self.inside)

    # --- lambdas and TRY ---

    def function(self, node: n.Lambda, arguments: Sequence[Type]) -> Value:
        """A lambda as the engine writes it, its type that of its result."""
        if len(node.parameters) != len(arguments):
            message = f"Expected a lambda that takes {len(arguments)} argument(s)"
            raise AthenaError("INVALID_PARAMETER_USAGE", message, node.position)
        names = [f"p{self.depth}_{i}" for i in range(len(arguments))]
        bound = {
            parameter.key: Value(name, made)
            for parameter, name, made in zip(node.parameters, names, arguments, strict=True)
        }
        body = self.inner(self.scope.with_locals(bound), inside="lambda").value(node.body)
        return Value(f"lambda {', '.join(names)}: {body.sql}", body.type)

    def attempt(self, build: Callable[[ExpressionAnalyzer], Value]) -> Value:
        """What `build` makes, NULL where evaluating it fails.

        The engine's TRY takes no aggregates, subqueries or volatile functions: those are computed
        outside and passed in.
        """
        hoisted = Hoisted(f"t{self.depth}")
        body = build(replace(self, hoisted=hoisted, depth=self.depth + 1))
        tried = f"TRY({body.sql})"
        if not hoisted.values:
            return replace(body, sql=tried, literal=None)
        packed = ", ".join(f"h{i} := {value.sql}" for i, value in enumerate(hoisted.values))
        sql = f"list_transform([struct_pack({packed})], lambda {hoisted.name}: {tried})[1]"
        return self.hoist(Value(sql, body.type))

    def hoist(self, value: Value) -> Value:
        """The value, computed outside of the TRY that stands around it, if one does."""
        if self.hoisted is None:
            return value
        self.hoisted.values.append(value)
        name = f"{self.hoisted.name}.h{len(self.hoisted.values) - 1}"
        return replace(value, sql=name, volatile=False)


# A rule takes the one kind of node it stands beside in _RULES.
Rule = Callable[[ExpressionAnalyzer, Any], Value]


def _column(analyzer: ExpressionAnalyzer, node: n.Column) -> Value:
    return analyzer.scope.resolve((node.name.key,), node.position)


def _dereference(analyzer: ExpressionAnalyzer, node: n.Dereference) -> Value:
    path = dotted(node)
    if path is not None:
        return analyzer.scope.resolve(path, node.position)
    base = analyzer.value(node.base)
    return fields_of(base, (node.field.key,), node.position)


def _unary(analyzer: ExpressionAnalyzer, node: n.Unary) -> Value:
    if node.operator == "-" and isinstance(node.operand, n.NumberLiteral):
        return literals.number(node.operand, negative=True)
    value = analyzer.value(node.operand)
    return operators.negation(value, node.position) if node.operator == "-" else value


def _arithmetic(analyzer: ExpressionAnalyzer, node: n.Arithmetic) -> Value:
    left, right = analyzer.value(node.left), analyzer.value(node.right)
    return operators.arithmetic(node.operator, left, right, node.position)


def _comparison(analyzer: ExpressionAnalyzer, node: n.Comparison) -> Value:
    left, right = analyzer.value(node.left), analyzer.value(node.right)
    return operators.comparison(node.operator, left, right, node.position)


def _logical(analyzer: ExpressionAnalyzer, node: n.Logical) -> Value:
    what = "Logical expression term"
    sides = [analyzer.condition(side, what) for side in (node.left, node.right)]
    return fill(f"({{0}} {node.operator} {{1}})", sides, BOOLEAN)


def _not(analyzer: ExpressionAnalyzer, node: n.Not) -> Value:
    value = analyzer.condition(node.operand, "Value of logical NOT expression")
    return fill("(NOT {0})", [value], BOOLEAN)


def _between(analyzer: ExpressionAnalyzer, node: n.Between) -> Value:
    value = analyzer.value(node.value)
    low, high = analyzer.value(node.low), analyzer.value(node.high)
    bounds = [
        operators.comparison(">=", value, low, node.position),
        operators.comparison("<=", value, high, node.position),
    ]
    return fill("({0} AND {1})", bounds, BOOLEAN)


def _in_list(analyzer: ExpressionAnalyzer, node: n.InList) -> Value:
    value = analyzer.value(node.value)
    items = analyzer.values(node.items)
    made = value.type
    for item in items:
        common = common_type(made, item.type)
        if common is None:
            raise operators.unapplicable("IN", value.type, item.type, node.position)
        made = common
    if (
        made.base in ("array", "map", "row")
        or made.base.endswith("zone")
        or made.base in ("real", "double")
    ):
        tests = [operators.comparison("=", value, item, node.position) for item in items]
        template = " OR ".join(f"{{{i}}}" for i in range(len(tests)))
        return fill(f"({template})", tests, BOOLEAN)
    values = [coerce(item, made) for item in (value, *items)]
    listed = ", ".join(f"{{{i}}}" for i in range(1, len(values)))
    return fill(f"({{0}} IN ({listed}))", values, BOOLEAN)


def _in_query(analyzer: ExpressionAnalyzer, node: n.InQuery) -> Value:
    return _quantified(
        analyzer,
        n.Quantified("=", "ANY", node.value, node.query, position=node.position),
    )


def _quantified(analyzer: ExpressionAnalyzer, node: n.Quantified) -> Value:
    value = analyzer.value(node.value)
    plan = analyzer.queries.subquery(node.query, analyzer.scope)
    if len(plan.columns) != 1:
        found = len(plan.columns)
        message = f"Multiple columns returned by subquery are not yet supported. Found {found}"
        raise AthenaError("NOT_SUPPORTED", message, node.position)
    made = common_type(value.type, plan.columns[0].type)
    if made is None or made.base in ("row", "array", "map", "function"):
        raise operators.unapplicable(node.operator, value.type, plan.columns[0].type, node.position)
    if made.base in ("real", "double"):
        raise not_supported("Comparing floating point numbers with a subquery", node.position)
    inner = plan.as_types([made], node.position)
    if made.base.endswith("zone"):
        raise not_supported("Comparing zoned timestamps with a subquery", node.position)
    left = coerce(value, made)
    sql = f"({left.sql} {node.operator} {node.quantifier} ({inner.sql}))"
    return analyzer.hoist(Value(sql, BOOLEAN))


def _like(analyzer: ExpressionAnalyzer, node: n.Like) -> Value:
    value, pattern = analyzer.value(node.value), analyzer.value(node.pattern)
    for side in (value, pattern):
        if side.type.base not in ("varchar", "char", "unknown"):
            message = f"Type of LIKE operand must be varchar, found {side.type}"
            raise AthenaError("TYPE_MISMATCH", message, node.position)
    if node.escape is None:
        # Without ESCAPE a backslash is an ordinary character, in Trino and in the engine.
        return fill("({0} LIKE {1})", [value, pattern], BOOLEAN)
    escape = analyzer.value(node.escape)
    if not isinstance(escape.literal, str) or len(escape.literal) != 1:
        message = "Escape string must be a single character"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, node.position)
    if isinstance(pattern.literal, str):
        _check_escapes(pattern.literal, escape.literal, node.position)
        return fill("({0} LIKE {1} ESCAPE {2})", [value, pattern, escape], BOOLEAN)
    # What is escaped rightly taken away, no escape may be left.
    sign = re.escape(escape.literal)
    rest = f"regexp_replace({{1}}, {raw(text(f'{sign}[{sign}%_]'))}, '', 'g')"
    wrong = raising("INVALID_FUNCTION_ARGUMENT", _ESCAPED)
    template = (
        f"CASE WHEN contains({rest}, {{2}}) THEN {wrong} ELSE {{0}} LIKE {{1}} ESCAPE {{2}} END"
    )
    return fill(template, [value, pattern, escape], BOOLEAN)


_ESCAPED = "Escape character must be followed by '%', '_' or the escape character itself"


def _check_escapes(pattern: str, escape: str, position: Position) -> None:
    i = 0
    while i < len(pattern):
        if pattern[i] == escape:
            if pattern[i + 1 : i + 2] not in (escape, "%", "_"):
                raise AthenaError("INVALID_FUNCTION_ARGUMENT", _ESCAPED, position)
            i += 1
        i += 1


def _is_null(analyzer: ExpressionAnalyzer, node: n.IsNull) -> Value:
    return fill("({0} IS NULL)", [analyzer.value(node.value)], BOOLEAN)


def _exists(analyzer: ExpressionAnalyzer, node: n.Exists) -> Value:
    plan = analyzer.queries.subquery(node.query, analyzer.scope)
    return analyzer.hoist(Value(f"EXISTS ({plan.sql})", BOOLEAN))


def _scalar_query(analyzer: ExpressionAnalyzer, node: n.ScalarQuery) -> Value:
    if analyzer.inside == "lambda":
        raise not_supported("A subquery in a lambda expression", node.position)
    plan = analyzer.queries.subquery(node.query, analyzer.scope)
    if len(plan.columns) == 1:
        return analyzer.hoist(Value(f"({plan.sql})", plan.columns[0].type))
    made = row(tuple(column.type for column in plan.columns), tuple(c.name for c in plan.columns))
    packed = ", ".join(
        f"{identifier(name)} := q.{identifier(column.sql_name)}"
        for name, column in zip(field_names(made), plan.columns, strict=True)
    )
    nulls = ", ".join(
        f"{identifier(name)} := {cast_sql('NULL', column.type)}"
        for name, column in zip(field_names(made), plan.columns, strict=True)
    )
    # No row at all is a row of NULLs, as Trino makes it.
    sql = f"coalesce((SELECT struct_pack({packed}) FROM ({plan.sql}) AS q), struct_pack({nulls}))"
    return analyzer.hoist(Value(sql, made))


def _row(analyzer: ExpressionAnalyzer, node: n.RowConstructor) -> Value:
    items = analyzer.values(node.items)
    made = row(tuple(item.type for item in items))
    packed = ", ".join(f"field{i} := {{{i}}}" for i in range(len(items)))
    return fill(f"struct_pack({packed})", items, made)


def _array(analyzer: ExpressionAnalyzer, node: n.ArrayConstructor) -> Value:
    items = unify(analyzer.values(node.items), node.position, "All ARRAY elements")
    element = items[0].type if items else UNKNOWN
    made = array(element)
    if not items:
        return Value(cast_sql("[]", made), made)
    listed = ", ".join(f"{{{i}}}" for i in range(len(items)))
    template = f"[{listed}]"
    if element.base == "unknown" or any(item.sql == "NULL" for item in items):
        template = f"CAST([{listed}] AS {raw(engine_type(made))})"
    return fill(template, items, made)


def _subscript(analyzer: ExpressionAnalyzer, node: n.Subscript) -> Value:
    base, index = analyzer.value(node.base), analyzer.value(node.index)
    if base.type.base == "array":
        if index.type.base not in ("tinyint", "smallint", "integer", "bigint", "unknown"):
            raise operators.unapplicable("[]", base.type, index.type, node.position)
        template = "athena_array_subscript({0}, {1})"
        return fill(template, [base, coerce(index, BIGINT)], base.type.element)
    if base.type.base == "map":
        key, item = base.type.children
        wider = common_type(key, index.type)
        if wider is None:
            raise operators.unapplicable("[]", base.type, index.type, node.position)
        if wider != key:
            key, base = wider, coerce(base, map_of(wider, item))
        missing = raising_key()
        template = (
            "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
            f"WHEN map_contains({{0}}, {{1}}) THEN {{0}}[{{1}}] ELSE {missing} END"
        )
        return fill(template, [base, coerce(index, key)], item)
    if base.type.base == "row":
        position = index.literal
        if not isinstance(position, int):
            message = "Subscript expression on ROW requires a constant index"
            raise AthenaError("EXPRESSION_NOT_CONSTANT", message, node.position)
        if not 1 <= position <= len(base.type.children):
            message = f"ROW index out of bounds: {position}"
            raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, node.position)
        return row_field(base, position - 1)
    message = f"Subscript base must be array, map or row, found {base.type}"
    raise AthenaError("TYPE_MISMATCH", message, node.position)


def raising_key() -> str:
    """The error for a key a map does not hold."""
    return (
        "athena_raise(concat('INVALID_FUNCTION_ARGUMENT:Key not present in map: ', "
        "CAST({1} AS VARCHAR)))"
    )


def _case(analyzer: ExpressionAnalyzer, node: n.Case) -> Value:
    results = [when.result for when in node.whens] + ([node.default] if node.default else [])
    made = unify(analyzer.values(results), node.position, "All CASE results")
    conditions: list[Value] = []
    operand = analyzer.value(node.operand) if node.operand else None
    if operand is not None and operand.volatile:
        raise not_supported("CASE of a value that is not deterministic", node.position)
    for when in node.whens:
        if operand is None:
            conditions.append(analyzer.condition(when.condition, "CASE WHEN clause"))
        else:
            item = analyzer.value(when.condition)
            conditions.append(operators.comparison("=", operand, item, when.position))
    count = len(conditions)
    parts = [f"WHEN {{{i}}} THEN {{{count + i}}}" for i in range(count)]
    if node.default:
        parts.append(f"ELSE {{{2 * count}}}")
    return fill(f"CASE {' '.join(parts)} END", [*conditions, *made], made[0].type)


def _cast(analyzer: ExpressionAnalyzer, node: n.Cast) -> Value:
    target = type_of(node.type)
    if node.safe:
        value = analyzer.value(node.value)  # its own errors are not forgiven
        return analyzer.attempt(lambda inner: cast(inner.hoist(value), target, node.position))
    return cast(analyzer.value(node.value), target, node.position)


def _call(analyzer: ExpressionAnalyzer, node: n.Call) -> Value:
    function = analyzer.queries.functions.get(node.function)
    if function is None:
        message = f"Function '{node.function}' not registered"
        raise AthenaError("FUNCTION_NOT_FOUND", message, node.position)
    if function.aggregate or function.window_only:
        return call_aggregate(analyzer, node, function)
    if node.window is not None:
        message = f"Not a window function: {node.function}"
        raise AthenaError("FUNCTION_NOT_WINDOW", message, node.position)
    if node.star or node.distinct or node.order or node.filter or node.within_group:
        message = f"Function '{node.function}' is not an aggregation function"
        raise AthenaError("FUNCTION_NOT_AGGREGATE", message, node.position)
    invocation = Invocation(analyzer, node, _arguments(analyzer, node, function.rule is not None))
    made = call_scalar(invocation, function)
    return analyzer.hoist(made) if function.volatile else made


def _arguments(analyzer: ExpressionAnalyzer, node: n.Call, ruled: bool) -> tuple[Value | None, ...]:
    if ruled and node.function in ("try", "grouping"):
        return (None,) * len(node.arguments)
    return tuple(
        None if isinstance(argument, n.Lambda) else analyzer.value(argument)
        for argument in node.arguments
    )


def _lambda(analyzer: ExpressionAnalyzer, node: n.Lambda) -> Value:
    message = "Lambda expression should always be used inside a function"
    raise AthenaError("TYPE_MISMATCH", message, node.position)


def _parameter(analyzer: ExpressionAnalyzer, node: n.Parameter) -> Value:
    given = analyzer.queries.parameters
    if node.index >= len(given):
        wanted = node.index + 1
        message = f"Incorrect number of parameters: expected {wanted} but found {len(given)}"
        raise AthenaError("INVALID_PARAMETER_USAGE", message, node.position)
    value = given[node.index]
    if isinstance(value, n.Expression):  # EXECUTE ... USING
        return ExpressionAnalyzer(Scope(), analyzer.queries).value(value)
    return literals.parameter(value, node)


def _as_call(
    name: str, arguments: Callable[[Any], tuple[n.Expression, ...]]
) -> Callable[[ExpressionAnalyzer, Any], Value]:
    """The rule of a form that is another spelling of a function."""

    def rule(analyzer: ExpressionAnalyzer, node: n.Expression) -> Value:
        spelled = n.Identifier(name, position=node.position)
        return _call(analyzer, n.Call(spelled, arguments(node), position=node.position))

    return rule


def _extract(analyzer: ExpressionAnalyzer, node: n.Extract) -> Value:
    name = _EXTRACTED.get(node.field)
    if name is None:
        message = f"Invalid EXTRACT field: {node.field}"
        raise AthenaError("SYNTAX_ERROR", message, node.position)
    return _as_call(name, lambda made: (made.value,))(analyzer, node)


_EXTRACTED = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day",
    "DAY_OF_MONTH": "day", "DAY_OF_WEEK": "day_of_week", "DOW": "day_of_week",
    "DAY_OF_YEAR": "day_of_year", "DOY": "day_of_year", "YEAR_OF_WEEK": "year_of_week",
    "YOW": "year_of_week", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
    "TIMEZONE_HOUR": "timezone_hour", "TIMEZONE_MINUTE": "timezone_minute",
}  # fmt: skip


def _trim(analyzer: ExpressionAnalyzer, node: n.Trim) -> Value:
    name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[node.side]
    arguments = (node.value,) if node.characters is None else (node.value, node.characters)
    return _as_call(name, lambda _: arguments)(analyzer, node)


def _current(analyzer: ExpressionAnalyzer, node: n.CurrentTime) -> Value:
    return analyzer.queries.clock.value(node)


def _json_path(analyzer: ExpressionAnalyzer, node: n.JsonPathCall) -> Value:
    return path_call(analyzer, node)


def _json_constructor(analyzer: ExpressionAnalyzer, node: n.JsonConstructor) -> Value:
    return constructor(analyzer, node)


_RULES: dict[type[n.Expression], Rule] = {
    n.NullLiteral: lambda _, __: literals.null(),
    n.BooleanLiteral: lambda _, node: literals.boolean(node),
    n.NumberLiteral: lambda _, node: literals.number(node),
    n.StringLiteral: lambda _, node: literals.string(node),
    n.BinaryLiteral: lambda _, node: literals.binary(node),
    n.TypedLiteral: lambda _, node: literals.typed(node),
    n.IntervalLiteral: lambda _, node: literals.interval(node),
    n.Parameter: _parameter,
    n.Column: _column,
    n.Dereference: _dereference,
    n.Unary: _unary,
    n.Arithmetic: _arithmetic,
    n.Comparison: _comparison,
    n.Quantified: _quantified,
    n.Logical: _logical,
    n.Not: _not,
    n.Between: _between,
    n.InList: _in_list,
    n.InQuery: _in_query,
    n.Like: _like,
    n.IsNull: _is_null,
    n.Exists: _exists,
    n.ScalarQuery: _scalar_query,
    n.RowConstructor: _row,
    n.ArrayConstructor: _array,
    n.Subscript: _subscript,
    n.Case: _case,
    n.Cast: _cast,
    n.Extract: _extract,
    n.AtTimeZone: _as_call("at_timezone", lambda node: (node.value, node.zone)),
    n.CurrentTime: _current,
    n.Trim: _trim,
    n.Lambda: _lambda,
    n.Call: _call,
    n.JsonPathCall: _json_path,
    n.JsonConstructor: _json_constructor,
}
