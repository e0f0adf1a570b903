"""JSON_EXISTS, JSON_VALUE and JSON_QUERY."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.json_casts import json_text
from lakehouse.athena.analysis.value import Value, cast_sql, fill, raw
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.json_path import compiled
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import BOOLEAN, VARCHAR, ZONED, Type, text, type_of

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer


def _source(analyzer: ExpressionAnalyzer, node: n.JsonInput) -> Value:
    value = analyzer.value(node.value)
    if value.type.base not in ("varchar", "char", "json", "unknown"):
        message = f"Cannot read input of type {value.type} as JSON"
        raise AthenaError("TYPE_MISMATCH", message, node.position)
    return value if value.type.base == "json" else coerce(value, VARCHAR)


_MOMENTS = ("date", "time", "timestamp", ZONED)


def _passed(analyzer: ExpressionAnalyzer, node: n.JsonPathCall) -> Value:
    """The PASSING clause as one JSON object of JSON texts."""
    if not node.passing:
        return Value("'{}'", VARCHAR)
    parts: list[str] = []
    values: list[Value] = []
    for name, source in node.passing:
        value = analyzer.value(source.value)
        if value.type.base in _MOMENTS:
            # Paths know dates and times as such, which no JSON text says.
            raise not_supported(f"PASSING of {value.type}", source.position)
        # NULL is the item null, but as a JSON text it is no item at all.
        absent = "null" if source.formatted else '"null"'
        shown = value if source.formatted else json_text(value, source.position)
        # A name that is not delimited reaches the path in upper case, as Trino documents.
        label = name.value if name.delimited else name.value.upper()
        key = raw(text(json.dumps(label) + ":"))
        item = f"CAST(to_json({{{len(values)}}}) AS VARCHAR)"
        parts.append(f"{key} || coalesce({item}, '{absent}')")
        values.append(shown)
    body = " || ',' || ".join(parts)
    return fill(f"'{{{{' || {body} || '}}'", values, VARCHAR)


def path_call(analyzer: ExpressionAnalyzer, node: n.JsonPathCall) -> Value:
    """The value of one of the three functions that read by a path."""
    _check_path(node)
    source = _source(analyzer, node.input)
    inputs = [source, Value(text(node.path), VARCHAR), _passed(analyzer, node)]
    if node.function == "json_exists":
        return _exists(node, inputs)
    if node.function == "json_value":
        return _value(analyzer, node, inputs)
    return _query(node, inputs)


def _check_path(node: n.JsonPathCall) -> None:
    try:
        compiled(node.path)
    except FunctionError:
        message = f"Invalid JSON path: '{node.path}'"
        raise AthenaError("INVALID_PATH", message, node.position) from None


def _exists(node: n.JsonPathCall, inputs: list[Value]) -> Value:
    on_error = {
        "false": "FALSE", "true": "TRUE", "unknown": "NULL",
        "error": "athena_raise('PATH_EVALUATION_ERROR:path evaluation failed')",
    }.get(node.on_error)  # fmt: skip
    if on_error is None:
        raise AthenaError("SYNTAX_ERROR", "Invalid ON ERROR clause", node.position)
    template = (
        "CASE athena_json_exists({0}, {1}, {2}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE "
        f"WHEN 'error' THEN {on_error} END"
    )
    return fill(template, inputs, BOOLEAN)


def _value(analyzer: ExpressionAnalyzer, node: n.JsonPathCall, inputs: list[Value]) -> Value:
    target = type_of(node.returning) if node.returning else VARCHAR
    found = fill("athena_json_value({0}, {1}, {2})", inputs, Type("array", children=(VARCHAR,)))
    item = cast(Value("({0})[2]", VARCHAR), target, node.position).sql
    if target.base not in ("varchar", "char"):
        item = f"TRY({item})"
    failed = f"({{0}})[2] IS NOT NULL AND {item} IS NULL"
    empty = _reaction(analyzer, node, target, empty=True)
    error = _reaction(analyzer, node, target, empty=False)
    values = [found, empty, error]
    template = (
        "CASE ({0})[1] WHEN 'empty' THEN {1} WHEN 'error' THEN {2} "
        f"ELSE CASE WHEN {failed} THEN {{2}} ELSE {item} END END"
    )
    return fill(template, values, target)


def _reaction(
    analyzer: ExpressionAnalyzer, node: n.JsonPathCall, target: Type, *, empty: bool
) -> Value:
    """What ON EMPTY or ON ERROR gives."""
    reaction = node.on_empty if empty else node.on_error
    default = node.empty_default if empty else node.error_default
    if reaction == "null":
        return Value(cast_sql("NULL", target), target)
    if reaction == "default" and default is not None:
        return coerce(analyzer.value(default), target)
    if reaction == "error":
        problem = (
            "JSON_VALUE_RESULT_ERROR:JSON path found no items"
            if empty
            else "PATH_EVALUATION_ERROR:path evaluation failed"
        )
        return Value(f"athena_raise('{problem}')", target)
    raise AthenaError("SYNTAX_ERROR", f"Invalid {reaction.upper()} clause", node.position)


def _query(node: n.JsonPathCall, inputs: list[Value]) -> Value:
    if not node.keep_quotes and node.wrapper != "without":
        message = "OMIT QUOTES behavior specified with WITH ARRAY WRAPPER behavior"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, node.position)
    if node.returning is not None and type_of(node.returning) != VARCHAR:
        raise not_supported("JSON_QUERY RETURNING a type other than varchar", node.position)
    options = text(json.dumps([node.wrapper, node.keep_quotes]))
    reactions = {
        "null": "NULL", "empty array": "'[]'", "empty object": "'{{}'",
        "error": "athena_raise('PATH_EVALUATION_ERROR:path evaluation failed')",
    }  # fmt: skip
    if node.on_empty not in reactions or node.on_error not in reactions:
        raise AthenaError("SYNTAX_ERROR", "Invalid ON EMPTY or ON ERROR clause", node.position)
    found = f"athena_json_query({{0}}, {{1}}, {{2}}, {raw(options)})"
    template = (
        f"CASE ({found})[1] WHEN 'empty' THEN {reactions[node.on_empty]} "
        f"WHEN 'error' THEN {reactions[node.on_error]} ELSE ({found})[2] END"
    )
    return fill(template, inputs, VARCHAR)
