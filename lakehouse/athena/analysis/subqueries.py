"""Subqueries in expressions: IN, ALL and ANY, EXISTS, and scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    BOOLEAN,
    common_type,
    field_names,
    identifier,
    row,
)

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer


def in_query(analyzer: ExpressionAnalyzer, node: n.InQuery) -> Value:
    """value IN (query)."""
    return quantified(
        analyzer,
        n.Quantified("=", "ANY", node.value, node.query, position=node.position),
    )


def quantified(analyzer: ExpressionAnalyzer, node: n.Quantified) -> Value:
    """value operator ALL|ANY (query)."""
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


def exists(analyzer: ExpressionAnalyzer, node: n.Exists) -> Value:
    """EXISTS (query)."""
    plan = analyzer.queries.subquery(node.query, analyzer.scope)
    return analyzer.hoist(Value(f"EXISTS ({plan.sql})", BOOLEAN))


def scalar_query(analyzer: ExpressionAnalyzer, node: n.ScalarQuery) -> Value:
    """(query) as a value: its one column, or a row of several."""
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
