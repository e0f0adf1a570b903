"""JSON_ARRAY and JSON_OBJECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.athena.analysis.casts import cast
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.json_casts import json_text
from lakehouse.athena.analysis.value import Value, fill, raising, raw
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import JSON, VARCHAR, text, type_of

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer

_JSON_MAKERS = (n.JsonPathCall, n.JsonConstructor)
# Trino can't write a key twice either, whether or not the keys are said to be unique.
_TWICE = "NOT_SUPPORTED:cannot construct a JSON object with duplicate key"
_NOT_UNIQUE = "INVALID_FUNCTION_ARGUMENT:duplicate key passed to JSON_OBJECT function"


def constructor(analyzer: ExpressionAnalyzer, node: n.JsonConstructor) -> Value:
    """JSON_ARRAY and JSON_OBJECT, as text."""
    if node.returning is not None and type_of(node.returning).base != "varchar":
        raise not_supported("RETURNING a type other than varchar", node.position)
    return _array(analyzer, node) if node.function == "json_array" else _object(analyzer, node)


def _array(analyzer: ExpressionAnalyzer, node: n.JsonConstructor) -> Value:
    items = [_member(analyzer, source) for _, source in node.members]
    if not items:
        return Value("'[]'", VARCHAR)
    slots = [_slot(i, node) for i in range(len(items))]
    body = f"athena_join([{', '.join(slots)}]::VARCHAR[], ',')"
    return fill(f"'[' || {body} || ']'", items, VARCHAR)


def _object(analyzer: ExpressionAnalyzer, node: n.JsonConstructor) -> Value:
    values: list[Value] = []
    members = []
    for key, source in node.members:
        if key is None:
            continue
        if source.formatted and node.unique_keys:
            raise not_supported("WITH UNIQUE KEYS of JSON that is passed as text", node.position)
        members.append(f"struct_pack(k := {{{len(values)}}}, v := {_slot(len(values) + 1, node)})")
        values += [_key(analyzer, key), _member(analyzer, source)]
    if not values:
        return Value(text("{}"), VARCHAR)
    clash = raw(text(_NOT_UNIQUE if node.unique_keys else _TWICE))
    return fill(f"athena_json_object([{', '.join(members)}], {clash})", values, VARCHAR)


def _slot(place: int, node: n.JsonConstructor) -> str:
    """A member's text; a member that is NULL is null or left out."""
    slot = f"CAST({{{place}}} AS VARCHAR)"
    return f"coalesce({slot}, 'null')" if node.null_on_null else slot


def _key(analyzer: ExpressionAnalyzer, node: n.Expression) -> Value:
    name = analyzer.value(node)
    if name.type.base not in ("varchar", "unknown"):
        message = f"Invalid type of JSON object key: {name.type}"
        raise AthenaError("TYPE_MISMATCH", message, node.position)
    return coerce(name, VARCHAR)


def _formatted(value: Value) -> Value:
    """A text that is JSON already, in its normal form."""
    problem = raw(raising("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed"))
    template = (
        f"CASE WHEN {{0}} IS NOT NULL THEN coalesce(athena_json_normal({{0}}), {problem}) END"
    )
    return fill(template, [value], JSON)


def _member(analyzer: ExpressionAnalyzer, source: n.JsonInput) -> Value:
    value = analyzer.value(source.value)
    makes_json = isinstance(source.value, _JSON_MAKERS) and not (
        isinstance(source.value, n.JsonPathCall) and source.value.function != "json_query"
    )
    if source.formatted or makes_json or value.type == JSON:
        return _formatted(value) if source.formatted else value
    if value.type.base in ("double", "real"):
        # A double becomes a plain decimal here: 12e-1 is 1.2.
        return json_text(value, source.position)
    if value.type.base in ("boolean", "varchar", "unknown") or value.type.base in (
        "tinyint", "smallint", "integer", "bigint", "decimal",
    ):  # fmt: skip
        return json_text(value, source.position)
    return json_text(cast(value, VARCHAR, source.position), source.position)
