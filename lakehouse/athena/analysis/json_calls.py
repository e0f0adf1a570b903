"""JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_ARRAY and JSON_OBJECT."""

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
from lakehouse.athena.types import BOOLEAN, JSON, VARCHAR, Type, text, type_of

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer


def _source(analyzer: ExpressionAnalyzer, node: n.JsonInput) -> Value:
    value = analyzer.value(node.value)
    if value.type.base not in ("varchar", "char", "json", "unknown"):
        message = f"Cannot read input of type {value.type} as JSON"
        raise AthenaError("TYPE_MISMATCH", message, node.position)
    return value if value.type.base == "json" else coerce(value, VARCHAR)


def _passed(analyzer: ExpressionAnalyzer, node: n.JsonPathCall) -> Value:
    """The PASSING clause as one JSON object of JSON texts."""
    if not node.passing:
        return Value("'{}'", VARCHAR)
    parts: list[str] = []
    values: list[Value] = []
    for name, source in node.passing:
        value = analyzer.value(source.value)
        shown = value if source.formatted else json_text(value, source.position)
        # A name that is not delimited reaches the path in upper case, as Trino documents.
        label = name.value if name.delimited else name.value.upper()
        key = raw(text(json.dumps(label) + ":"))
        parts.append(f"{key} || CAST(to_json(coalesce({{{len(values)}}}, 'null')) AS VARCHAR)")
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


# --- constructors ---

_JSON_MAKERS = (n.JsonPathCall, n.JsonConstructor)


def constructor(analyzer: ExpressionAnalyzer, node: n.JsonConstructor) -> Value:
    """JSON_ARRAY and JSON_OBJECT, as text."""
    if node.returning is not None and type_of(node.returning).base != "varchar":
        raise not_supported("RETURNING a type other than varchar", node.position)
    if node.unique_keys:
        raise not_supported("WITH UNIQUE KEYS", node.position)
    parts: list[str] = []
    values: list[Value] = []
    for key, source in node.members:
        item = _member(analyzer, source)
        shown = f"{{{len(values)}}}"
        values.append(item)
        if node.null_on_null:
            shown = f"coalesce({shown}, 'null')"
        if key is not None:
            name = analyzer.value(key)
            if name.type.base != "varchar":
                message = f"Invalid type of JSON object key: {name.type}"
                raise AthenaError("TYPE_MISMATCH", message, key.position)
            shown = f"CAST(to_json({{{len(values)}}}) AS VARCHAR) || ':' || {shown}"
            values.append(name)
        parts.append(shown)
    opening, closing = ("'['", "']'") if node.function == "json_array" else ("'{{'", "'}'")
    body = f"athena_join([{', '.join(parts)}]::VARCHAR[], ',')" if parts else "''"
    return fill(f"{opening} || {body} || {closing}", values, VARCHAR)


def _member(analyzer: ExpressionAnalyzer, source: n.JsonInput) -> Value:
    value = analyzer.value(source.value)
    makes_json = isinstance(source.value, _JSON_MAKERS) and not (
        isinstance(source.value, n.JsonPathCall) and source.value.function != "json_query"
    )
    if source.formatted or makes_json or value.type == JSON:
        return fill("athena_json_normal({0})", [value], JSON) if source.formatted else value
    if value.type.base in ("double", "real"):
        # A double becomes a plain decimal here: 12e-1 is 1.2.
        return json_text(value, source.position)
    if value.type.base in ("boolean", "varchar", "unknown") or value.type.base in (
        "tinyint", "smallint", "integer", "bigint", "decimal",
    ):  # fmt: skip
        return json_text(value, source.position)
    return json_text(cast(value, VARCHAR, source.position), source.position)
