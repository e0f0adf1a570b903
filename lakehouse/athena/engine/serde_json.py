"""The fields of a line of JSON, as the two JSON SerDes read them.

A field comes as text: a scalar's own, or JSON in the shape of the column's type. Rules: Trino's
OpenXJsonDeserializer and JsonDeserializer; Athena's documentation of the JSON SerDes.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lakehouse.athena.engine.function_error import FunctionError

# A type as the relation tells it: a scalar's name, or [array, of], [map, key, value], [row, ...].
Shape = Any
_INTEGERS = {"tinyint": 7, "smallint": 15, "integer": 31, "bigint": 63}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_NUMBERS = {*_INTEGERS, "decimal", "real", "double"}


class Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True)
class _Reader:
    """What the table says of its JSON; `openx` is the more forgiving of the two SerDes."""

    openx: bool
    ignore_malformed: bool
    case_sensitive: bool
    dots: bool
    columns: tuple[tuple[str, Shape], ...]

    def keyed(self, found: dict[str, Any]) -> dict[str, Any]:
        made = found if self.case_sensitive else {key.lower(): v for key, v in found.items()}
        return {key.replace(".", "_"): v for key, v in made.items()} if self.dots else made


@lru_cache(maxsize=64)
def _reader(told: str) -> _Reader:
    given = json.loads(told)
    columns = tuple((name, shape) for name, shape in given.pop("columns"))
    return _Reader(columns=columns, **given)


def fields(line: str, told: str) -> list[str | None]:
    """The columns' texts, None for NULL. `told` describes the table; see `relation`.

    Raises HIVE_CURSOR_ERROR for a line that is no JSON object, HIVE_BAD_DATA for a value that does
    not fit its column.
    """
    reader = _reader(told)
    found = _parsed(line, reader)
    if found is None:
        return [None] * len(reader.columns)
    if isinstance(found, list):
        found = dict(zip((name for name, _ in reader.columns), found, strict=False))
    keyed = reader.keyed(found)
    return [_text(_shaped(keyed.get(name), shape, reader), shape) for name, shape in reader.columns]


def _parsed(line: str, reader: _Reader) -> Any:  # noqa: ANN401 - JSON
    stripped = line.strip()
    if not stripped and (reader.openx or reader.ignore_malformed):
        return None
    try:
        found = json.loads(
            stripped, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as e:
        if reader.ignore_malformed:
            return None
        raise _malformed(str(e).partition("\n")[0]) from e
    if isinstance(found, dict) or (reader.openx and isinstance(found, list)):
        return found
    if reader.ignore_malformed:
        return None
    raise _malformed("A JSONObject text must begin with '{' at 1 [character 2 line 1]")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _malformed(reason: str) -> FunctionError:
    message = f"Row is not a valid JSON Object - JSONException: {reason}"
    return FunctionError(message, "HIVE_CURSOR_ERROR")


def _text(value: Any, shape: Shape) -> str | None:  # noqa: ANN401 - JSON
    if value is None or not isinstance(shape, list):
        return value if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)


def _shaped(value: Any, shape: Shape, reader: _Reader) -> Any:  # noqa: ANN401 - JSON
    """The value in the shape of its type: leaves are texts or None, keys are as the type's."""
    if value is None:
        return None
    if not isinstance(shape, list):
        return _scalar(value, shape, reader)
    kind = shape[0]
    if kind == "array":
        return _array(value, shape[1], reader)
    if kind == "map":
        return _map(value, shape, reader)
    return _row(value, shape[1], reader)


def _array(value: Any, of: Shape, reader: _Reader) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_shaped(item, of, reader) for item in value]
    if not reader.openx:
        raise _bad("Invalid JSON: array expected")
    return None if value == "" else [_shaped(value, of, reader)]


def _map(value: Any, shape: Shape, reader: _Reader) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _shaped(item, shape[2], reader) for key, item in value.items()}
    if reader.openx and isinstance(value, str) and not value.strip():
        return None
    raise _bad("Primitive can not be coerced to a MAP")


def _row(value: Any, members: Shape, reader: _Reader) -> Any:  # noqa: ANN401 - JSON
    if reader.openx and isinstance(value, list):
        value = dict(zip((name for name, _ in members), value, strict=False))
    if reader.openx and isinstance(value, str) and not value.strip():
        value = {}
    if not isinstance(value, dict):
        raise _bad("Primitive can not be coerced to a ROW")
    keyed = {key.lower(): item for key, item in value.items()}
    return {name: _shaped(keyed.get(name.lower()), of, reader) for name, of in members}


def _scalar(value: Any, kind: str, reader: _Reader) -> str | None:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        value = "true" if value else "false"
        if kind in _NUMBERS and not reader.openx:
            raise _bad(f"{value} can not be coerced to {kind}")
    if isinstance(value, dict | list):
        if kind != "varchar" or not reader.openx:
            raise _bad(f"Invalid JSON: {kind} value must be a scalar json value")
        return _written(value)
    if kind == "boolean":
        return "true" if value.lower() == "true" else "false"
    if kind in _NUMBERS and kind != "decimal" and not reader.openx:
        return _hive_number(value, kind)
    return str(value)


def _hive_number(value: str, kind: str) -> str:
    if kind in ("real", "double") and value in _NOT_FINITE:
        return value
    if not isinstance(value, Number):
        raise _bad("Current token (VALUE_STRING) not numeric, can not use numeric value accessors")
    if kind in _INTEGERS:
        whole = int(float(value)) if set(value) & set(".eE") else int(value)
        bound = 1 << _INTEGERS[kind]
        if not -bound <= whole < bound:
            raise _bad(f"Numeric value ({value}) out of range of {kind}")
        return str(whole)
    return str(value)


def _written(value: Any) -> str:  # noqa: ANN401 - JSON
    """JSON as it was, its numbers too."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{_written(v)}" for k, v in value.items())
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _bad(message: str) -> FunctionError:
    return FunctionError(message, "HIVE_BAD_DATA")
