"""Files of lines: how the fields of a line are found, by SerDe."""

import json
import re
from collections.abc import Mapping, Sequence

from lakehouse.athena.engine.serde_patterns import grok_names
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.conversion import Conversion, shape_of
from lakehouse.athena.types import Type, text

Columns = Sequence[tuple[str, Type]]
_LINE = "line"
_NESTED_SEPARATORS = 8  # of Hive's, from \x04 on, for what lies deeper than maps
# What another reader would do with them, this one does not.
_REFUSED = {
    "serialization.last.column.takes.rest": "true",
    "line.delim": "\r",
    "multichar.delim": "",
}


def values(kind: str, parameters: Mapping[str, str], columns: Columns) -> tuple[str, list[str]]:
    """SQL of the list of a line's fields, and of each column's value from `fields`.

    Raises AthenaError INVALID_TABLE_PROPERTY for properties that say nothing sensible.
    """
    for name, value in _REFUSED.items():
        if parameters.get(name, "").lower() == value != "":
            message = f"SerDe property {name} = '{parameters[name]}' is not supported"
            raise AthenaError("NOT_SUPPORTED", message)
    conversion = Conversion.of(kind, parameters)
    if kind == "lazy":
        return _lazy(parameters, columns, conversion)
    places = range(1, len(columns) + 1)
    if kind == "csv":
        made = _csv(parameters)
    elif kind in ("openx", "json"):
        made = _json(kind, parameters, columns)
    elif kind == "regex":
        made = _regex(parameters)
    else:
        made, names = _grok(parameters)
        places_of = {name: i for i, name in enumerate(names, start=1)}
        if all(name in places_of for name, _ in columns):
            found = [places_of[name] for name, _ in columns]
            return made, _each(columns, found, conversion)
    return made, _each(columns, places, conversion)


def _each(columns: Columns, places: Sequence[int], conversion: Conversion) -> list[str]:
    return [
        conversion.value(f"fields[{place}]", made, i)
        for i, ((_, made), place) in enumerate(zip(columns, places, strict=True))
    ]


# --- LazySimpleSerDe


def _lazy(
    parameters: Mapping[str, str], columns: Columns, conversion: Conversion
) -> tuple[str, list[str]]:
    fallback = parameters.get("serialization.format", "\x01")
    separator = _separator(parameters.get("field.delim", fallback))
    escape = _separator(parameters["escape.delim"]) if parameters.get("escape.delim") else ""
    null = parameters.get("serialization.null.format", "\\N")
    found = f"string_split({_LINE}, {text(separator)})"
    if escape:
        d, e = (rf"\x{{{ord(c):x}}}" for c in (separator, escape))
        pattern = rf"(?s){d}((?:[^{d}{e}]|{e}.)*)"
        found = f"regexp_extract_all({text(separator)} || {_LINE}, {text(pattern)}, 1)"
    below = [
        _separator(parameters.get("collection.delim", parameters.get("colelction.delim", "\x02"))),
        _separator(parameters.get("mapkey.delim", "\x03")),
        *(chr(4 + i) for i in range(_NESTED_SEPARATORS)),
    ]
    made = []
    for i, (_, column) in enumerate(columns):
        field = f"nullif(fields[{i + 1}], {text(null)})"
        if column.children:
            told = {"shape": shape_of(column), "separators": below, "null": null, "escape": escape}
            field = f"athena_lazy_nested({field}, {text(json.dumps(told))})"
        elif escape:
            unescaped = text(rf"(?s)\x{{{ord(escape):x}}}(.)")
            field = f"regexp_replace({field}, {unescaped}, '\\1', 'g')"
        made.append(conversion.value(field, column, i))
    return found, made


def _separator(given: str) -> str:
    """Hive reads a number as the byte it is, else the first character."""
    if re.fullmatch(r"-?\d{1,3}", given) and -128 <= int(given) <= 127:
        return chr(int(given) % 256)
    if not given:
        raise AthenaError("INVALID_TABLE_PROPERTY", "A delimiter can't be empty")
    return given[0]


# --- the others


def _csv(parameters: Mapping[str, str]) -> str:
    given = [
        parameters.get("separatorChar", ","),
        parameters.get("quoteChar", '"'),
        parameters.get("escapeChar", "\\"),
    ]
    chosen = [value[:1] or "\x00" for value in given]
    if len({*chosen} - {"\x00"}) < len([c for c in chosen if c != "\x00"]) or chosen[0] == "\x00":
        message = "separatorChar, quoteChar and escapeChar of OpenCSVSerde must differ"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    separator, quote, escape = (text(c) if c != "\x00" else "''" for c in chosen)
    special = " OR ".join(f"contains({_LINE}, {c})" for c in (quote, escape) if c != "''")
    exact = f"athena_csv_fields({_LINE}, {separator}, {quote}, {escape})"
    plain = f"string_split({_LINE}, {separator})"
    # Where no quote and no escape stands, the reading is a split; and an empty line has no field.
    cases = f"WHEN {_LINE} = '' THEN CAST([] AS VARCHAR[])"
    cases += f" WHEN {special} THEN {exact}" if special else ""
    return f"CASE {cases} ELSE {plain} END"


def _json(kind: str, parameters: Mapping[str, str], columns: Columns) -> str:
    sensitive = not _is_true(parameters, "case.insensitive", "true")
    sources = [parameters.get(f"mapping.{name}", name) for name, _ in columns]
    told = {
        "openx": kind == "openx",
        "ignore_malformed": _is_true(parameters, "ignore.malformed.json", "false"),
        "case_sensitive": sensitive,
        "dots": _is_true(parameters, "dots.in.keys", "false"),
        "columns": [
            [source if sensitive else source.lower(), shape_of(made)]
            for source, (_, made) in zip(sources, columns, strict=True)
        ],
    }
    return f"athena_json_fields({_LINE}, {text(json.dumps(told, ensure_ascii=False))})"


def _regex(parameters: Mapping[str, str]) -> str:
    pattern = parameters.get("input.regex")
    if not pattern:
        message = "RegexSerDe needs the property input.regex"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    flags = "i" if _is_true(parameters, "input.regex.case.insensitive", "false") else ""
    return f"athena_regex_fields({_LINE}, {text(pattern)}, {text(flags)})"


def _grok(parameters: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    told = parameters.get("input.format")
    custom = parameters.get("input.grokCustomPatterns", "")
    if not told:
        message = "GrokSerDe needs the property input.format"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    names = grok_names(told, custom)
    return f"athena_grok_fields({_LINE}, {text(told)}, {text(custom)})", names


def _is_true(parameters: Mapping[str, str], name: str, default: str) -> bool:
    return parameters.get(name, default).strip().lower() == "true"
