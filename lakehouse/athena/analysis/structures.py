"""Rows and arrays as they are written, and what a subscript takes out of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.coercion import coerce, unify
from lakehouse.athena.analysis.scope import row_field
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raw
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    BIGINT,
    UNKNOWN,
    array,
    common_type,
    engine_type,
    map_of,
    row,
)

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer


# The error for a key that a map does not hold.
_MISSING_KEY = (
    "athena_raise(concat('INVALID_FUNCTION_ARGUMENT:Key not present in map: ', "
    "CAST({1} AS VARCHAR)))"
)


def row_of(analyzer: ExpressionAnalyzer, node: n.RowConstructor) -> Value:
    """ROW(...), its fields without names."""
    items = analyzer.values(node.items)
    made = row(tuple(item.type for item in items))
    packed = ", ".join(f"field{i} := {{{i}}}" for i in range(len(items)))
    return fill(f"struct_pack({packed})", items, made)


def array_of(analyzer: ExpressionAnalyzer, node: n.ArrayConstructor) -> Value:
    """ARRAY[...], its elements of one type."""
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


def subscript(analyzer: ExpressionAnalyzer, node: n.Subscript) -> Value:
    """base[index]: an error where the array, the map or the row has nothing there."""
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
        template = (
            "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
            f"WHEN map_contains({{0}}, {{1}}) THEN {{0}}[{{1}}] ELSE {_MISSING_KEY} END"
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
