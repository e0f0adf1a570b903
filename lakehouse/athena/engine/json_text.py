"""JSON values as Trino keeps them: normal text, objects of json_parse sorted by key."""

import json
import math
import re
from typing import Any, NoReturn

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.numbers import java_double

# A JSON value: None, bool, Number, str, list or dict, to any depth.
Json = Any


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _first_wins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    return dict(reversed(pairs))


def loads(text: str, *, first: bool = False) -> Json:
    """A JSON text as Python values, numbers as `Number`. Raises ValueError.

    Of a key written twice the last value counts, or the first for who reads along the text.
    """
    return json.loads(
        text,
        parse_int=Number,
        parse_float=Number,
        parse_constant=_no_constant,
        object_pairs_hook=_first_wins if first else None,
    )


def number(written: str) -> str:
    """A JSON number as Jackson writes it back: integers exact, others as a double."""
    if written.lstrip("-").isdigit():
        return written if written != "-0" else "0"
    value = float(written)
    return written if math.isinf(value) else java_double(value)


def quoted(text: str) -> str:
    """A JSON string; what is not ASCII stays as it is."""
    return json.dumps(text, ensure_ascii=False)


def dumps(value: Json, *, sort: bool = False) -> str:
    """Python values as JSON text without spaces."""
    if isinstance(value, Number):
        return number(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, list):
        return f"[{','.join(dumps(item, sort=sort) for item in value)}]"
    if isinstance(value, dict):
        # Java orders keys by UTF-16 code units.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be")) if sort else value
        return "{" + ",".join(f"{quoted(k)}:{dumps(value[k], sort=sort)}" for k in keys) + "}"
    return str(value)


def parse(text: str) -> str:
    """json_parse: the normal text of a JSON value."""
    try:
        return dumps(loads(text), sort=True)
    except ValueError:
        raise FunctionError(f"Cannot convert value to JSON: '{text}'") from None


def to_varchar(text: str) -> str | None:
    """CAST(json AS VARCHAR): the scalar itself, NULL for null; arrays and objects fail."""
    value = loads(text)
    if isinstance(value, (list, dict)):
        raise FunctionError(f"Cannot cast '{text}' to varchar", "INVALID_CAST_ARGUMENT")
    return scalar_text(value)


def scalar_text(value: Json) -> str | None:
    """A JSON scalar as the text of its value."""
    if value is None:
        return None
    if isinstance(value, Number):
        return number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _array(text: str) -> list[Any] | None:
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def array_length(text: str) -> int | None:
    """json_array_length."""
    found = _array(text)
    return None if found is None else len(found)


def array_get(text: str, index: int) -> str | None:
    """json_array_get: strings come out without quotes, as Trino documents."""
    found = _array(text)
    if found is None or not -len(found) <= index < len(found):
        return None
    value = found[index]
    return value if type(value) is str else None if value is None else dumps(value)


def array_contains_text(text: str, sought: str) -> bool | None:
    """Whether a JSON array has this string."""
    found = _array(text)
    return None if found is None else any(type(item) is str and item == sought for item in found)


def array_contains_integer(text: str, sought: int) -> bool | None:
    """Whether a JSON array has this integer, written as one: 1.0 is none."""
    found = _array(text)
    if found is None:
        return None
    return any(
        isinstance(e, Number) and e.lstrip("-").isdigit() and int(e) == sought for e in found
    )


def array_contains_double(text: str, sought: float) -> bool | None:
    """Whether a JSON array has this number, written with a point or an exponent."""
    found = _array(text)
    if found is None:
        return None
    return any(
        isinstance(e, Number) and not e.lstrip("-").isdigit() and float(e) == sought for e in found
    )


def array_contains_boolean(text: str, sought: bool) -> bool | None:
    """Whether a JSON array has this boolean."""
    found = _array(text)
    return None if found is None else any(item is sought for item in found)


def is_scalar(text: str) -> bool:
    """is_json_scalar."""
    try:
        return not isinstance(loads(text), (list, dict))
    except ValueError:
        raise FunctionError(f"Invalid JSON value: {text}") from None


# --- CAST(json AS T), through a JSON text whose leaves the engine can cast ---


def _fail(value: Json, target: str) -> NoReturn:
    raise FunctionError(f"Cannot cast '{dumps(value)}' to {target}", "INVALID_CAST_ARGUMENT")


def _leaf(value: Json, target: str) -> str | None:
    if target == "json":
        return dumps(value)
    if value is None:
        return None
    if isinstance(value, (list, dict)):
        _fail(value, target)
    if target == "varchar":
        return scalar_text(value)
    if isinstance(value, bool):
        return ("true" if value else "false") if target == "boolean" else str(int(value))
    if target == "boolean":
        return _boolean(value)
    if target in ("tinyint", "smallint", "integer", "bigint") and isinstance(value, Number):
        exact = float(value)
        if value.lstrip("-").isdigit():
            return value
        # Trino rounds a floating JSON number half away from zero.
        return str(int(exact + 0.5) if exact >= 0 else -int(-exact + 0.5))
    if target in ("tinyint", "smallint", "integer", "bigint") and not _INTEGER.fullmatch(
        str(value)
    ):
        _fail(value, target)
    return str(value).strip() or _fail(value, target)


_INTEGER = re.compile(r"[+-]?\d+")


def _boolean(value: Json) -> str:
    if isinstance(value, Number):
        if value.lstrip("-").isdigit() and not -(2**63) <= int(value) < 2**63:
            _fail(value, "boolean")
        return "false" if float(value) == 0 else "true"
    if value.lower() in ("true", "t", "1", "false", "f", "0"):
        return str(value.lower())
    _fail(value, "boolean")


def _shaped(value: Json, shape: Json) -> Json:
    """The value in the shape of a type: leaves become text, rows objects by place or name."""
    if isinstance(shape, str):
        return _leaf(value, shape)
    if value is None:
        return None
    kind = shape[0]
    if kind == "array":
        if not isinstance(value, list):
            _fail(value, "array")
        return [_shaped(item, shape[1]) for item in value]
    if kind == "map":
        if not isinstance(value, dict):
            _fail(value, "map")
        return {key: _shaped(item, shape[1]) for key, item in value.items()}
    return _row(value, shape[1])


def _row(value: Json, fields: list[list[Any]]) -> Json:
    if isinstance(value, list):
        if len(value) != len(fields):
            _fail(value, "row")
        return {
            name: _shaped(item, shape) for item, (name, shape) in zip(value, fields, strict=True)
        }
    if not isinstance(value, dict):
        _fail(value, "row")
    known = {key.lower(): item for key, item in value.items()}
    return {name: _shaped(known.get(name.lower()), shape) for name, shape in fields}


def shaped(text: str, shape: str) -> str | None:
    """A JSON text rewritten for the engine's from_json; NULL for null."""
    made = _shaped(loads(text), json.loads(shape))
    return None if made is None else json.dumps(made, ensure_ascii=False)


def leaf(text: str, target: str) -> str | None:
    """A JSON scalar as text that casts to `target`; NULL for null."""
    return _leaf(loads(text), target)
