"""JSON functions: https://trino.io/docs/current/functions/json.html, "Other JSON functions"."""

import re

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, fill, raw
from lakehouse.athena.functions.registry import Overload, family, rules, scalar
from lakehouse.athena.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    VARCHAR,
    is_integer,
    is_numeric,
    text,
)


def _array_contains(call: Invocation) -> Value:
    source, sought = call.arity(2)
    if source.type.base not in ("json", "varchar", "unknown"):
        raise call.unexpected()
    source = source if source.type.base == "json" else coerce(source, VARCHAR)
    if sought.type.base == "varchar":
        return fill("athena_json_has_text({0}, {1})", [source, sought], BOOLEAN)
    if sought.type.base == "boolean":
        return fill("athena_json_has_boolean({0}, {1})", [source, sought], BOOLEAN)
    if is_integer(sought.type) or sought.type.base == "unknown":
        return fill("athena_json_has_integer({0}, {1})", [source, coerce(sought, BIGINT)], BOOLEAN)
    if not is_numeric(sought.type):
        raise call.unexpected()
    return fill("athena_json_has_double({0}, {1})", [source, coerce(sought, DOUBLE)], BOOLEAN)


def _extract_scalar(call: Invocation) -> Value:
    """The engine's own reader where the path is a literal of plain names, else ours."""
    source, path = call.arity(2)
    if source.type.base not in ("json", "varchar", "unknown"):
        raise call.unexpected(
            "json_extract_scalar(json, JsonPath), json_extract_scalar(varchar, ...)"
        )
    values = [source if source.type.base == "json" else coerce(source, VARCHAR)]
    values.append(coerce(path, VARCHAR))
    written = path.literal
    if isinstance(written, str) and _NAMES.fullmatch(written):
        names = "".join(f'."{name}"' for name in written.split(".")[1:])
        template = f"athena_json_member({{0}}, {{1}}, {raw(text('$' + names))})"
        return fill(template, values, VARCHAR)
    return fill("athena_json_extract_scalar({0}, {1})", values, VARCHAR)


# Names alone: a number would also mean a place in an array.
_NAMES = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*)+")


def _twice(signature: str, template: str) -> list[Overload]:
    """Functions that read JSON, and text that holds JSON, alike."""
    return [scalar(signature.replace("$", kind), template) for kind in ("json", "varchar")]


FUNCTIONS = family(
    scalar("json_parse(varchar) -> json", "athena_json_parse({0})"),
    scalar("json_format(json) -> varchar", "{0}"),
    *_twice("json_extract($, varchar) -> json", "athena_json_extract({0}, {1})"),
    *rules(_extract_scalar, "json_extract_scalar"),
    *_twice("json_size($, varchar) -> bigint", "athena_json_size({0}, {1})"),
    *_twice("json_array_length($) -> bigint", "athena_json_array_length({0})"),
    *_twice("json_array_get($, bigint) -> json", "athena_json_array_get({0}, {1})"),
    *_twice("is_json_scalar($) -> boolean", "athena_json_is_scalar({0})"),
    *rules(_array_contains, "json_array_contains"),
)
