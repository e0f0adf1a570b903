"""Comparisons, logic, BETWEEN, IN (list), LIKE and IS NULL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, fill, raising, raw
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    BOOLEAN,
    common_type,
    text,
)

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer


def comparison(analyzer: ExpressionAnalyzer, node: n.Comparison) -> Value:
    """Two values compared."""
    left, right = analyzer.value(node.left), analyzer.value(node.right)
    return operators.comparison(node.operator, left, right, node.position)


def logical(analyzer: ExpressionAnalyzer, node: n.Logical) -> Value:
    """AND and OR, with NULL as unknown."""
    what = "Logical expression term"
    sides = [analyzer.condition(side, what) for side in (node.left, node.right)]
    return fill(f"({{0}} {node.operator} {{1}})", sides, BOOLEAN)


def negation(analyzer: ExpressionAnalyzer, node: n.Not) -> Value:
    """NOT."""
    value = analyzer.condition(node.operand, "Value of logical NOT expression")
    return fill("(NOT {0})", [value], BOOLEAN)


def between(analyzer: ExpressionAnalyzer, node: n.Between) -> Value:
    """value BETWEEN low AND high: both ends count."""
    value = analyzer.value(node.value)
    low, high = analyzer.value(node.low), analyzer.value(node.high)
    bounds = [
        operators.comparison(">=", value, low, node.position),
        operators.comparison("<=", value, high, node.position),
    ]
    return fill("({0} AND {1})", bounds, BOOLEAN)


def in_list(analyzer: ExpressionAnalyzer, node: n.InList) -> Value:
    """value IN (items): equality as `=` has it, where the engine differs one by one."""
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


def like(analyzer: ExpressionAnalyzer, node: n.Like) -> Value:
    """LIKE, whose ESCAPE must stand before what it escapes."""
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


def is_null(analyzer: ExpressionAnalyzer, node: n.IsNull) -> Value:
    """IS NULL."""
    return fill("({0} IS NULL)", [analyzer.value(node.value)], BOOLEAN)
