"""How a value of each type is written: as text, as JSON, and in Parquet.

Every function takes the SQL expression of a value (`#1` is the first column) and gives the
expression of its written form, so that DuckDB does the work for whole batches at once.

Text is what DuckDB casts the value to. It reads its own text back but for some nested texts with
brackets in them; whoever parses nested values takes JSON (RFC 8259):

- integers and decimals of any size are numbers with all their digits: `1.10`, never 1.1
- floats are numbers in the shortest form that reads back the same; NaN and the infinities,
  which JSON lacks, are the strings "NaN", "Infinity", "-Infinity" (as in protobuf's mapping)
- booleans are true and false, NULL is null, JSON columns stand as they are
- lists and arrays are arrays, a struct is an object (an array if its fields have no names), a
  map is an object whose keys are the keys' text, a union is an object that names its member
- a blob is base64; everything else is a string that holds the text

Parquet keeps every type that it knows exactly. Where its nearest type would lose digits, the
value is stored as text: intervals (Parquet's has milliseconds), times with an offset, bit
strings, unions; so are UUIDs, enums and geometries, which readers know less widely. Integers of
128 bits are decimal(38, 0), as in Iceberg.
"""

from collections.abc import Callable
from typing import Final

from lakehouse.query.engine_types import EngineType
from lakehouse.quoting import identifier, literal

_NUMBERS: Final = {
    "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger",
    "ubigint", "uhugeint", "decimal", "bignum",
}  # fmt: skip
_FLOATS: Final = {"float", "double"}
# Types whose text holds no comma, quote or line break, whatever the value.
_PLAIN: Final = _NUMBERS | _FLOATS | {
    "boolean", "date", "time", "time_ns", "time with time zone", "timestamp", "timestamp_s",
    "timestamp_ms", "timestamp_ns", "timestamp with time zone", "uuid", "bit",
}  # fmt: skip
_STORED_AS: Final = {
    "hugeint": "DECIMAL(38, 0)",
    "uhugeint": "DECIMAL(38, 0)",
    "bignum": "VARCHAR",
    "bit": "VARCHAR",
    "enum": "VARCHAR",
    "geometry": "VARCHAR",
    "interval": "VARCHAR",
    "time with time zone": "VARCHAR",
    "union": "VARCHAR",
    "uuid": "VARCHAR",
}


def is_number(of: EngineType) -> bool:
    """Whether values of the type line up at the right."""
    return of.id in _NUMBERS or of.id in _FLOATS


def is_plain(of: EngineType) -> bool:
    """Whether the text of a value is short and means nothing when it is cut."""
    return of.id in _PLAIN


def text(value: str) -> str:
    """The value as text; NULL stays NULL."""
    return f"CAST({value} AS VARCHAR)"


def csv_field(value: str, of: EngineType) -> str:
    """The value as a field of RFC 4180; NULL is an empty field, an empty string is `""`."""
    if of.id in _PLAIN:
        return f"coalesce({text(value)}, '')"
    return f"coalesce({_quoted_for_csv(text(value))}, '')"


def csv_name(name: str) -> str:
    """A column's name as a field of RFC 4180."""
    return f'"{name.replace(chr(34), chr(34) * 2)}"' if _SPECIAL & set(name) or not name else name


def json(value: str, of: EngineType, depth: int = 0) -> str:
    """The value as JSON text, never NULL. `depth` keeps the names of nested lambdas apart."""
    return f"coalesce({_json(value, of, depth)}, 'null')"


def json_object(names: list[str], values: list[str]) -> str:
    """JSON text of an object with these names and JSON values."""
    members = [f"to_json({literal(n)}) || ':' || {v}" for n, v in zip(names, values, strict=True)]
    return _between("{", members, "}")


def stored(value: str, of: EngineType) -> str:
    """The value in a type that Parquet holds exactly."""
    target = _stored_type(of)
    return value if target == str(of) else f"CAST({value} AS {target})"


_SPECIAL: Final = frozenset(',"\r\n')


def _quoted_for_csv(text: str) -> str:
    special = " OR ".join(f"contains({text}, chr({ord(c)}))" for c in sorted(_SPECIAL))
    return (
        f"CASE WHEN {text} = '' OR {special} "
        f"""THEN '"' || replace({text}, '"', '""') || '"' ELSE {text} END"""
    )


def _json(value: str, of: EngineType, depth: int) -> str:
    if of.id in _JSON_RULES:
        return _JSON_RULES[of.id](value, of, depth)
    if of.id == "decimal":
        # The engine leaves out the zero before the point of a decimal without whole digits.
        return f"regexp_replace({text(value)}, '^(-?)[.]', '\\10.')"
    if of.id in _NUMBERS or of.id == "boolean":
        return text(value)
    if str(of) == "JSON":
        # A line break can only stand between tokens, and would end a line of NDJSON.
        return f"replace(replace({text(value)}, chr(10), ' '), chr(13), ' ')"
    return f"to_json({text(value)})"


def _json_float(value: str, of: EngineType, depth: int) -> str:
    return (
        f"CASE WHEN isfinite({value}) THEN {text(value)} WHEN isnan({value}) THEN '\"NaN\"' "
        f"WHEN {value} > 0 THEN '\"Infinity\"' WHEN {value} < 0 THEN '\"-Infinity\"' END"
    )


def _json_blob(value: str, of: EngineType, depth: int) -> str:
    return f"'\"' || base64({value}) || '\"'"


def _json_list(value: str, of: EngineType, depth: int) -> str:
    item = _variable(depth)
    element = json(item, of.child("child"), depth + 1)
    return _joined("[", f"list_transform({value}, lambda {item}: {element})", "]")


def _json_array(value: str, of: EngineType, depth: int) -> str:
    return _json_list(f"CAST({value} AS {of.child('child')}[])", of, depth)


def _json_map(value: str, of: EngineType, depth: int) -> str:
    entry = _variable(depth)
    member = (
        f"to_json({text(f'{entry}.key')}) || ':' || "
        + json(f"{entry}.value", of.child("value"), depth + 1)
    )  # fmt: skip
    return _joined("{", f"list_transform(map_entries({value}), lambda {entry}: {member})", "}")


def _json_struct(value: str, of: EngineType, depth: int) -> str:
    fields = of.fields
    values = [
        json(f"struct_extract({value}, {literal(name) if name else i})", kind, depth)
        for i, (name, kind) in enumerate(fields, start=1)
    ]
    named = all(name for name, _ in fields)
    whole = (
        json_object([name for name, _ in fields], values) if named else _between("[", values, "]")
    )
    return f"CASE WHEN {value} IS NOT NULL THEN {whole} END"


def _json_union(value: str, of: EngineType, depth: int) -> str:
    # The first child is the tag itself.
    members = [
        f"WHEN {literal(name)} THEN "
        + json_object([name], [json(f"union_extract({value}, {literal(name)})", kind, depth)])
        for name, kind in of.fields[1:]
    ]
    return f"CASE CAST(union_tag({value}) AS VARCHAR) {' '.join(members)} END"


_JSON_RULES: Final[dict[str, Callable[[str, EngineType, int], str]]] = {
    "float": _json_float,
    "double": _json_float,
    "blob": _json_blob,
    "list": _json_list,
    "array": _json_array,
    "map": _json_map,
    "struct": _json_struct,
    "union": _json_union,
}


def _stored_type(of: EngineType) -> str:
    match of.id:
        case "list":
            return f"{_stored_type(of.child('child'))}[]"
        case "array":
            return f"{_stored_type(of.child('child'))}[{of.size}]"
        case "map":
            return f"MAP({_stored_type(of.child('key'))}, {_stored_type(of.child('value'))})"
        case "struct":
            fields = (
                f"{identifier(name or f'field{i}')} {_stored_type(kind)}"
                for i, (name, kind) in enumerate(of.fields, start=1)
            )
            return f"STRUCT({', '.join(fields)})"
        case kind:
            return _STORED_AS.get(kind, str(of))


def _variable(depth: int) -> str:
    return f"_value{depth}"


def _joined(start: str, texts: str, end: str) -> str:
    return f"'{start}' || array_to_string({texts}, ',') || '{end}'"


def _between(start: str, parts: list[str], end: str) -> str:
    return " || ".join(
        [f"'{start}'", " || ',' || ".join(parts), f"'{end}'"] if parts else [f"'{start}{end}'"]
    )
