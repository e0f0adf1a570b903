"""Aggregate and window calls: DISTINCT, ORDER BY, FILTER, OVER around the engine's aggregates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.calls import Invocation, choose, coerced, result_type
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raising
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.registry import Function, Overload
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import BIGINT, ZONED, Type, contains_zone, is_integer, is_numeric

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer

_OFFSET = "Window frame offset value must not be negative or null"
_NULL_TREATMENT = ("first_value", "last_value", "nth_value", "lag", "lead")


def call_aggregate(analyzer: ExpressionAnalyzer, node: n.Call, function: Function) -> Value:
    """The value of an aggregate or window call."""
    _check_place(analyzer, node, function)
    inner = analyzer.inner(analyzer.scope, inside="window" if node.window else "aggregate")
    inner.hoisted = None
    if node.star:
        arguments: tuple[Value | None, ...] = ()
    else:
        arguments = tuple(
            None if isinstance(argument, n.Lambda) else inner.value(argument)
            for argument in node.arguments
        )
    invocation = Invocation(inner, node, arguments)
    if function.rule is not None:
        made = function.rule(invocation)
    else:
        overload, binding = choose(invocation, function.overloads)
        values = coerced(invocation, overload, binding)
        result = result_type(overload, binding, [value.type for value in values])
        made = _assembled(inner, node, overload, values, result)
    (analyzer.found_windows if node.window else analyzer.found_aggregates).append(node)
    return analyzer.hoist(made)


def _check_place(analyzer: ExpressionAnalyzer, node: n.Call, function: Function) -> None:
    if analyzer.inside in ("aggregate", "window") and node.window is not None:
        message = f"Cannot nest window functions inside '{node.function}'"
        raise AthenaError("NESTED_WINDOW", message, node.position)
    if analyzer.inside == "aggregate":
        message = f"Cannot nest aggregations inside aggregation '{node.function}'"
        raise AthenaError("NESTED_AGGREGATION", message, node.position)
    if analyzer.inside == "lambda":
        raise not_supported("An aggregation or window function in a lambda", node.position)
    if node.star and node.function != "count":
        message = f"Unexpected parameters (*) for function {node.function}"
        raise AthenaError("FUNCTION_NOT_FOUND", message, node.position)
    if function.window_only and node.window is None:
        message = f"Window function {node.function} requires an OVER clause"
        raise AthenaError("MISSING_OVER", message, node.position)
    if node.nulls and node.function not in _NULL_TREATMENT:
        message = f"Cannot specify null treatment clause for {node.function} function"
        raise AthenaError("NULL_TREATMENT_NOT_ALLOWED", message, node.position)
    if node.window is not None:
        _check_window(node, function, node.window)


def _check_window(node: n.Call, function: Function, window: n.Window) -> None:
    if node.function in ("lag", "lead"):
        if not window.order and window.base is None:
            message = f"{node.function} function requires an ORDER BY window clause"
            raise AthenaError("MISSING_ORDER_BY", message, node.position)
        if window.frame is not None:
            message = f"Cannot specify window frame for {node.function} function"
            raise AthenaError("INVALID_WINDOW_FRAME", message, node.position)
    if node.order or node.within_group:
        raise not_supported("Window function with ORDER BY", node.position)
    if function.window_only and (node.distinct or node.filter):
        raise not_supported(f"DISTINCT or FILTER with {node.function}", node.position)
    if node.distinct:
        raise not_supported("DISTINCT in window function parameters", node.position)


def _assembled(
    analyzer: ExpressionAnalyzer,
    node: n.Call,
    overload: Overload,
    values: Sequence[Value],
    result: Type,
) -> Value:
    if node.distinct and any(contains_zone(value.type) for value in values):
        raise not_supported("DISTINCT over values with time zones of their own", node.position)
    if node.distinct and len(values) != 1:
        raise not_supported("DISTINCT with several arguments", node.position)
    parts = [modified(analyzer, node, call, values) for call in overload.calls]
    made = fill(overload.template, [Value(part, result) for part in parts], result)
    settled = not result.children and result.base != ZONED
    return Value(cast_sql(made.sql, result), result) if settled else made


def modified(analyzer: ExpressionAnalyzer, node: n.Call, call: str, values: Sequence[Value]) -> str:
    """One engine aggregate with everything that surrounds the call."""
    call, _, condition = call.partition(" WHERE ")
    name, _, inside = call.removesuffix(")").partition("(")
    if node.distinct:
        inside = f"DISTINCT {inside}"
    if node.nulls:
        inside = f"{inside} {node.nulls} NULLS"
    if node.order:
        if node.distinct:
            _check_distinct(analyzer, node, values)
        inside = f"{inside} ORDER BY {order_by(analyzer, node.order)}"
    sql = fill(f"{name}({inside})", values, BIGINT).sql
    conditions = [fill(condition, values, BIGINT).sql] if condition else []
    if node.filter is not None:
        conditions.append(analyzer.condition(node.filter, "FILTER clause").sql)
    if conditions:
        sql += f" FILTER (WHERE {' AND '.join(conditions)})"
    if node.window is not None:
        sql += f" OVER ({window_sql(analyzer, node.window)})"
    return sql


def _check_distinct(analyzer: ExpressionAnalyzer, node: n.Call, values: Sequence[Value]) -> None:
    """With DISTINCT there is one row for each value: the order can only be its own."""
    for item in node.order:
        if analyzer.value(item.value).sql not in [value.sql for value in values]:
            message = "With DISTINCT, ORDER BY expressions must appear in arguments"
            raise AthenaError("EXPRESSION_NOT_IN_DISTINCT", message, item.position)


def order_by(analyzer: ExpressionAnalyzer, items: Sequence[n.SortItem]) -> str:
    """ORDER BY items of an aggregate or a window; NULLs last unless told."""
    return ", ".join(sort_item(analyzer.value(item.value), item) for item in items)


def sort_item(value: Value, item: n.SortItem) -> str:
    """One item with its direction and the place of NULLs always spelled out."""
    if value.type.base in ("map", "json", "function"):
        message = f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY"
        raise AthenaError("TYPE_MISMATCH", message, item.position)
    sql = f'({value.sql})."at"' if value.type.base == ZONED and not value.type.zone else value.sql
    direction = "DESC" if item.descending else "ASC"
    return f"{sql} {direction} NULLS {'FIRST' if item.nulls_first else 'LAST'}"


def resolved_window(analyzer: ExpressionAnalyzer, node: n.Window) -> n.Window:
    """A window with the definition it is based on merged in."""
    if node.base is None:
        return node
    base = analyzer.windows.get(node.base.key)
    if base is None:
        message = f"Cannot resolve WINDOW name {node.base.value}"
        raise AthenaError("INVALID_WINDOW_REFERENCE", message, node.position)
    base = resolved_window(analyzer, base)
    return n.Window(
        None,
        node.partition or base.partition,
        node.order or base.order,
        node.frame or base.frame,
        position=node.position,
    )


def window_sql(analyzer: ExpressionAnalyzer, node: n.Window) -> str:
    """The inside of OVER (...)."""
    node = resolved_window(analyzer, node)
    parts = []
    if node.partition:
        keys = [analyzer.value(key) for key in node.partition]
        if any(contains_zone(key.type) for key in keys):
            raise not_supported("PARTITION BY time zones that differ by row", node.position)
        parts.append(f"PARTITION BY {', '.join(key.sql for key in keys)}")
    if node.order:
        parts.append(f"ORDER BY {order_by(analyzer, node.order)}")
    if node.frame is not None:
        parts.append(_frame_sql(analyzer, node.frame, node.order))
    return " ".join(parts)


def _frame_sql(analyzer: ExpressionAnalyzer, frame: n.Frame, order: Sequence[n.SortItem]) -> str:
    if frame.unit == "GROUPS" and not order:
        message = "Window frame of type GROUPS requires ORDER BY to be specified"
        raise AthenaError("MISSING_ORDER_BY", message, frame.position)
    bounds = [
        _bound_sql(analyzer, frame, bound, order) for bound in (frame.start, frame.end) if bound
    ]
    between = f"BETWEEN {bounds[0]} AND {bounds[1]}" if len(bounds) == 2 else bounds[0]
    return f"{frame.unit} {between}"


def _bound_sql(
    analyzer: ExpressionAnalyzer,
    frame: n.Frame,
    bound: n.FrameBound,
    order: Sequence[n.SortItem],
) -> str:
    if bound.value is None:
        return bound.kind.upper()
    value = analyzer.value(bound.value)
    if frame.unit != "RANGE":
        if not is_integer(value.type):
            message = f"Window frame {frame.unit} value type must be integer: {value.type}"
            raise AthenaError("TYPE_MISMATCH", message, bound.position)
        if isinstance(value.literal, int) and value.literal < 0:
            raise AthenaError("INVALID_WINDOW_FRAME", _OFFSET, bound.position)
        offset = Value(cast_sql(value.sql, BIGINT), BIGINT, value.literal)
        return f"{_offset(offset)} {bound.kind.upper()}"
    if len(order) != 1:
        message = "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item"
        raise AthenaError("MISSING_ORDER_BY", message, bound.position)
    key = analyzer.value(order[0].value)
    if is_numeric(key.type) and is_numeric(value.type):
        return f"{_offset(value)} {bound.kind.upper()}"
    step = {"interval year to month": "to_months", "interval day to second": "athena_interval"}
    if key.type.base in ("date", "timestamp") and value.type.base in step:
        operators.arithmetic("+", key, value, bound.position)
        return f"{step[value.type.base]}({_offset(value)}) {bound.kind.upper()}"
    raise not_supported("RANGE over this type", bound.position)


def _offset(value: Value) -> str:
    """How far a frame reaches; the engine would take NULL for some frame or other."""
    if isinstance(value.literal, int):
        return value.sql
    wrong = raising("INVALID_WINDOW_FRAME", _OFFSET)
    checked = f"CASE WHEN {{0}} IS NULL OR {{0}} < 0 THEN {wrong} ELSE {{0}} END"
    return fill(checked, [value], value.type).sql
