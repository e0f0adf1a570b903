"""Regular expression functions: https://trino.io/docs/current/functions/regexp.html.

Where RE2 means the same as Java by a pattern that the statement spells out, the engine's own
functions do the work; for every other pattern, Python's `re` does.
"""

import re

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, fill, raw
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.functions.registry import family, rules
from lakehouse.athena.patterns import Pattern, translate
from lakehouse.athena.types import BIGINT, BOOLEAN, INTEGER, VARCHAR, Type, array, text


def _arguments(call: Invocation, *kinds: Type) -> list[Value]:
    values = call.values
    if not 2 <= len(values) <= len(kinds):
        raise call.unexpected()
    for value, kind in zip(values, kinds, strict=False):
        same = kind.base == "varchar" and value.type.base in ("varchar", "char", "unknown")
        if not same and value.type.base not in (
            kind.base,
            "unknown",
            "integer",
            "smallint",
            "tinyint",
        ):
            raise call.unexpected()
    return [coerce(value, kind) for value, kind in zip(values, kinds, strict=False)]


def _pattern(call: Invocation) -> Pattern | None:
    """The pattern, where it is a literal; NOT_SUPPORTED where it has no exact form."""
    written = call.literal(1)
    if not isinstance(written, str):
        return None
    pattern = translate(written)
    if pattern.invalid:
        message = f"'{written}' is no regular expression: {pattern.reason}"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    if pattern.python is None:
        message = f"Pattern '{written}' has {pattern.reason}, which is not supported"
        raise AthenaError("NOT_SUPPORTED", message, call.position)
    return pattern


def _native(pattern: Pattern | None, *, anchored: bool = False) -> str | None:
    """The pattern for RE2, where it finds the same matches with the same extent."""
    if pattern is None or pattern.re2 is None or pattern.matches_empty:
        return None
    if pattern.anchored_end and not anchored:
        return None
    return raw(text(pattern.re2))


def _group(call: Invocation, pattern: Pattern | None) -> int | None:
    group = call.literal(2) if len(call.arguments) > 2 else 0
    if pattern is not None and isinstance(group, int) and not 0 <= group <= pattern.groups:
        message = f"Pattern has {pattern.groups} groups. Cannot access group {group}"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    return group if isinstance(group, int) else None


def _like(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR)
    pattern = _pattern(call)
    if pattern is not None and pattern.re2 is not None:
        return fill(f"regexp_matches({{0}}, {raw(text(pattern.re2))})", values, BOOLEAN)
    return fill("athena_regexp_like({0}, {1})", values, BOOLEAN)


def _extract(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR, BIGINT)
    pattern = _pattern(call)
    group = _group(call, pattern)
    native = _native(pattern)
    if native and group is not None and not (pattern and pattern.optional_groups and group):
        found = f"regexp_matches({{0}}, {native})"
        return fill(
            f"CASE WHEN {found} THEN regexp_extract({{0}}, {native}, {group}) END", values, VARCHAR
        )
    values = values if len(values) == 3 else [*values, Value("0", BIGINT)]
    return fill("athena_regexp_extract({0}, {1}, {2})", values, VARCHAR)


def _extract_all(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR, BIGINT)
    pattern = _pattern(call)
    group = _group(call, pattern)
    native = _native(pattern)
    made = array(VARCHAR)
    if native and group is not None and not (pattern and pattern.optional_groups and group):
        return fill(f"regexp_extract_all({{0}}, {native}, {group})", values, made)
    values = values if len(values) == 3 else [*values, Value("0", BIGINT)]
    return fill("athena_regexp_extract_all({0}, {1}, {2})", values, made)


def _count(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR)
    native = _native(_pattern(call))
    if native:
        template = f"CAST(len(regexp_extract_all({{0}}, {native})) AS BIGINT)"
        return fill(template, values, BIGINT)
    return fill("athena_regexp_count({0}, {1})", values, BIGINT)


def _position(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR, BIGINT, BIGINT)
    _pattern(call)
    values += [Value("1", BIGINT)] * (4 - len(values))
    return fill("CAST(athena_regexp_position({0}, {1}, {2}, {3}) AS INTEGER)", values, INTEGER)


def _split(call: Invocation) -> Value:
    values = _arguments(call, VARCHAR, VARCHAR)
    native = _native(_pattern(call))
    made = array(VARCHAR)
    if native:
        return fill(f"string_split_regex({{0}}, {native})", values, made)
    return fill("athena_regexp_split({0}, {1})", values, made)


def _replace(call: Invocation) -> Value:
    if len(call.arguments) == 3 and call.arguments[2] is None:
        return _replace_by_function(call)
    values = _arguments(call, VARCHAR, VARCHAR, VARCHAR)
    pattern = _pattern(call)
    native = _native(pattern)
    replacement = call.literal(2) if len(values) == 3 else ""
    if native and pattern and isinstance(replacement, str):
        written = _re2_replacement(replacement, pattern.groups)
        if written is not None:
            template = f"regexp_replace({{0}}, {native}, {raw(text(written))}, 'g')"
            return fill(template, values, VARCHAR)
    values = values if len(values) == 3 else [*values, Value("''", VARCHAR)]
    return fill("athena_regexp_replace({0}, {1}, {2})", values, VARCHAR)


def _re2_replacement(replacement: str, groups: int) -> str | None:
    """$1 as RE2 writes it, or None for what only the exact reading can judge."""
    if re.search(r"\$(?![0-9])|\\", replacement) or re.search(r"\$\d\d", replacement):
        return None
    if any(int(group) > groups for group in re.findall(r"\$(\d)", replacement)):
        return None
    return re.sub(r"\$(\d)", r"\\\1", replacement)


def _replace_by_function(call: Invocation) -> Value:
    """The parts between the matches, and what a lambda makes of each match's groups."""
    pieces = [value for value in call.arguments if value is not None]
    values = [coerce(piece, VARCHAR) for piece in pieces]
    _pattern(call)
    function = call.function(2, array(VARCHAR))
    if function.type.base not in ("varchar", "char"):
        raise call.unexpected()
    replaced = "list_transform(athena_regexp_groups({0}, {1}), {2})"
    template = (
        f"CASE WHEN athena_has_null({replaced}) THEN NULL ELSE "
        "array_to_string(list_transform(list_zip(athena_regexp_split({0}, {1}), "
        f"list_append({replaced}, '')), lambda piece: piece[1] || piece[2]), '') END"
    )
    return fill(template, [*values, function], VARCHAR)


FUNCTIONS = family(
    *rules(_like, "regexp_like"),
    *rules(_extract, "regexp_extract"),
    *rules(_extract_all, "regexp_extract_all"),
    *rules(_count, "regexp_count"),
    *rules(_position, "regexp_position"),
    *rules(_split, "regexp_split"),
    *rules(_replace, "regexp_replace"),
)
