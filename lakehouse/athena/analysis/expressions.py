"""One rule for each kind of expression; a kind without a rule does not exist in this dialect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lakehouse.athena.analysis import literals, operators, predicates, structures, subqueries
from lakehouse.athena.analysis.aggregates import call_aggregate
from lakehouse.athena.analysis.calls import Invocation, call_scalar
from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.coercion import unify
from lakehouse.athena.analysis.json_calls import path_call
from lakehouse.athena.analysis.json_constructors import constructor
from lakehouse.athena.analysis.scope import Scope, dotted, fields_of
from lakehouse.athena.analysis.value import Value, fill
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    Type,
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
    n.Comparison: predicates.comparison,
    n.Quantified: subqueries.quantified,
    n.Logical: predicates.logical,
    n.Not: predicates.negation,
    n.Between: predicates.between,
    n.InList: predicates.in_list,
    n.InQuery: subqueries.in_query,
    n.Like: predicates.like,
    n.IsNull: predicates.is_null,
    n.Exists: subqueries.exists,
    n.ScalarQuery: subqueries.scalar_query,
    n.RowConstructor: structures.row_of,
    n.ArrayConstructor: structures.array_of,
    n.Subscript: structures.subscript,
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
