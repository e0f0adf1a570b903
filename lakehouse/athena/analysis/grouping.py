"""GROUP BY, GROUPING SETS, and what a grouped query may still refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.walk import parts_of
from lakehouse.athena.types import contains_zone


@dataclass(frozen=True)
class Keys:
    """The GROUP BY clause, and the SQL of every expression it names."""

    sql: str
    expressions: frozenset[str]


def group_by(
    analyzer: ExpressionAnalyzer,
    node: n.Select,
    items: Sequence[tuple[n.Expression | None, Value]],
) -> Keys | None:
    """The GROUP BY clause of a SELECT, or None if it has none."""
    if node.group_by is None:
        return None
    if node.group_distinct:
        raise not_supported("GROUP BY DISTINCT", node.position)
    inner = ExpressionAnalyzer(analyzer.scope, analyzer.queries, seen=analyzer.seen)
    calls = {id(call) for call in (*analyzer.found_aggregates, *analyzer.found_windows)}
    expressions: set[str] = set()
    parts = []
    for element in node.group_by:
        members = []
        for member in element.members:
            keys = [_key(inner, key, items, calls) for key in member]
            expressions.update(keys)
            members.append(keys)
        parts.append(_element(element.kind, members))
    analyzer.queries.refuse_aggregates(inner, "GROUP BY clause")
    return Keys(f" GROUP BY {', '.join(parts)}", frozenset(expressions))


def _key(
    analyzer: ExpressionAnalyzer,
    node: n.Expression,
    items: Sequence[tuple[n.Expression | None, Value]],
    calls: Set[int],
) -> str:
    place = ordinal(node, len(items))
    value = analyzer.value(node) if place is None else items[place][1]
    if place is not None:
        _check_scalar(items[place][0], calls)
    if contains_zone(value.type):
        raise not_supported("GROUP BY time zones that differ by row", node.position)
    if value.sql.isdigit() or value.sql in ("TRUE", "FALSE"):
        # A constant key would read as an ordinal.
        return f"({value.sql} + 0)" if value.sql.isdigit() else value.sql
    return value.sql


def _check_scalar(node: n.Expression | None, calls: Set[int]) -> None:
    """Raise EXPRESSION_NOT_SCALAR if an aggregate or window call, by its id, stands in a column."""
    if node is None:
        return
    if id(node) in calls:
        message = (
            "GROUP BY clause cannot contain aggregations, window functions or grouping operations"
        )
        raise AthenaError("EXPRESSION_NOT_SCALAR", message, node.position)
    for child in children(node):
        _check_scalar(child, calls)


def _element(kind: str, members: Sequence[Sequence[str]]) -> str:
    sets = [f"({', '.join(keys)})" for keys in members]
    if kind == "simple":
        return ", ".join(members[0]) if members[0] else "GROUPING SETS (())"
    word = {"rollup": "ROLLUP", "cube": "CUBE", "sets": "GROUPING SETS"}[kind]
    if kind != "sets" and any(len(keys) != 1 for keys in members):
        raise not_supported(f"{word} of composite columns")
    return f"{word} ({', '.join(sets)})"


def check(analyzer: ExpressionAnalyzer, keys: Keys | None, nodes: Sequence[n.Expression]) -> None:
    """Raise EXPRESSION_NOT_AGGREGATE for a column that is neither grouped nor aggregated."""
    grouped = keys.expressions if keys else frozenset[str]()
    for node in nodes:
        _check(analyzer, grouped, node)


def _check(analyzer: ExpressionAnalyzer, grouped: frozenset[str], node: n.Expression) -> None:
    value = analyzer.seen.get(id(node))
    if value is not None and value.sql in grouped:
        return
    if isinstance(node, n.Call):
        function = analyzer.queries.functions.get(node.function)
        if function is not None and function.aggregate and node.window is None:
            return
        if node.function == "grouping":
            return
    if isinstance(node, (n.Column, n.Dereference)) and value is not None:
        if _own(analyzer, value):
            name = _written(node)
            message = f"'{name}' must be an aggregate expression or appear in GROUP BY clause"
            raise AthenaError("EXPRESSION_NOT_AGGREGATE", message, node.position)
        return
    for child in children(node):
        _check(analyzer, grouped, child)


def _own(analyzer: ExpressionAnalyzer, value: Value) -> bool:
    """Whether the value is a column of the grouped relation itself, or a field of one."""
    return any(
        value.sql == f.sql or value.sql.startswith(f"({f.sql})") for f in analyzer.scope.fields
    )


def _written(node: n.Expression) -> str:
    if isinstance(node, n.Dereference):
        return f"{_written(node.base)}.{node.field.value}"
    return node.name.value if isinstance(node, n.Column) else "expression"


def children(node: n.Node) -> Iterator[n.Expression]:
    """The expressions directly under a node; a nested query keeps its own."""
    for part in parts_of(node):
        if isinstance(part, n.Expression):
            yield part
        elif not isinstance(part, (n.Query, n.TypeName)):
            yield from children(part)


def ordinal(node: n.Expression, count: int) -> int | None:
    """The place, from 0, that ORDER BY 2 or GROUP BY 2 means."""
    if not isinstance(node, n.NumberLiteral) or node.kind != "integer":
        return None
    place = int(node.text)
    if not 1 <= place <= count:
        message = f"position {place} is not in select list"
        raise AthenaError("INVALID_COLUMN_REFERENCE", message, node.position)
    return place - 1
