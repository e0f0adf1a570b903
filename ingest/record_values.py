"""Whether a column's type can hold a value, and what it then holds.

Values are those of JSON: text, `int`, `Decimal`, `bool`, dictionaries, lists and None. What a text
field of CSV means is told by the column's type: see `read_text`.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from ingest.rejects import Reason, UnfitError
from lakehouse.column_specs import TypeName

BOUNDS: Final = {"int": 2**31, "long": 2**63}
_LARGEST_FLOAT = 3.4028234663852886e38
_EXACT = Context(prec=80)
_WIDEST = 400  # digits and zeros of a number that is still worth writing out

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")


def hold(value: object, type_: TypeName) -> object:
    """What a column of the type holds for the value; None for None.

    Raises UnfitError when it can't hold it.
    """
    return None if value is None else _HOLDERS[type_.name](value, type_)


def read_text(text: str, type_: TypeName, decode: Callable[[str], object]) -> object:
    """The value that a text field means for a column of the type; to be held by it.

    `decode` reads JSON, which is how text holds nested values. Raises UnfitError.
    """
    if type_.name == "string":
        return text
    text = text.strip(" ")
    if not text:
        return None
    if type_.name == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if type_.inner:
        return decode(text)
    if type_.name in {"date", "timestamp", "timestamptz"} or not _NUMBER.fullmatch(text):
        return text
    return _number(text)


def json_text(value: object) -> str:
    """The value as JSON, its numbers as they were written."""
    if isinstance(value, dict):
        inner = (f"{json_text(key)}: {json_text(each)}" for key, each in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(json_text, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _number(text: str) -> int | Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as e:
        raise UnfitError(Reason.OUT_OF_RANGE, f"{text[:50]!r}") from e
    # What is written without a fraction is whole, also where it is held as a float.
    exponent = number.as_tuple().exponent
    return int(number) if exponent == 0 and number.adjusted() < _WIDEST else number


def _wrong(value: object, type_: TypeName) -> UnfitError:
    said = value if isinstance(value, str) else json_text(value)
    return UnfitError(Reason.WRONG_TYPE, f"{said[:100]!r} is no {type_}")


def _beyond(value: object, type_: TypeName) -> UnfitError:
    return UnfitError(Reason.OUT_OF_RANGE, f"{str(value)[:100]} can't be held as {type_}")


def _boolean(value: object, type_: TypeName) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, type_)
    return value


def _whole(value: object, type_: TypeName) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(value, type_)
    if isinstance(value, Decimal):
        if value.adjusted() > _WIDEST:
            raise _beyond(value, type_)
        if value.adjusted() < -_WIDEST or value != int(value):
            raise _wrong(value, type_)
    bound = BOUNDS[type_.name]
    if not -bound <= value < bound:
        raise _beyond(value, type_)
    return int(value)


def _floating(value: object, type_: TypeName) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(value, type_)
    try:
        found = float(value)
    except OverflowError as e:
        raise _beyond(value, type_) from e
    largest = _LARGEST_FLOAT if type_.name == "float" else float("inf")
    whole_to = 2**24 if type_.name == "float" else 2**53
    # A fraction is as near as the type comes; a whole number is a count, or a key.
    if abs(found) > largest or found in {float("inf"), float("-inf")}:
        raise _beyond(value, type_)
    if isinstance(value, int) and abs(value) > whole_to and found != value:
        raise _beyond(value, type_)
    return found


def _decimal(value: object, type_: TypeName) -> Decimal:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(value, type_)
    precision, scale = type_.sizes
    number = Decimal(value)
    if number and number.adjusted() >= precision - scale:
        raise _beyond(value, type_)
    if not number or number.adjusted() < -_WIDEST:
        if number:
            raise _beyond(value, type_)
        return Decimal(0)
    _, digits, exponent = number.as_tuple()
    shift = int(exponent) + scale
    if shift < 0 and any(digits[shift:]):
        raise _beyond(value, type_)
    return number.quantize(Decimal((0, (1,), -scale)), context=_EXACT)


def _string(value: object, _: TypeName) -> str:
    return value if isinstance(value, str) else json_text(value)


def _date(value: object, type_: TypeName) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _wrong(value, type_)
    try:
        return date.fromisoformat(value)
    except ValueError as e:
        raise UnfitError(Reason.BAD_DATE, f"{value!r}: {e}") from e


def _timestamp(value: object, type_: TypeName) -> datetime:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _wrong(value, type_)
    day, clock, fraction, zone = match.groups()
    clock = clock or "00:00"
    try:
        time = datetime.fromisoformat(
            f"{day}T{clock}{':00' if len(clock) == 5 else ''}"
            f".{(fraction or '')[:6].ljust(6, '0')}{zone or 'Z'}"
        ).astimezone(UTC)
    except (ValueError, OverflowError) as e:
        raise UnfitError(Reason.BAD_DATE, f"{value!r}: {e}") from e
    return time if type_.name == "timestamptz" else time.replace(tzinfo=None)


def _list(value: object, type_: TypeName) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(value, type_)
    return [hold(each, type_.inner[0]) for each in value]


def _map(value: object, type_: TypeName) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        raise _wrong(value, type_)
    return [(key, hold(each, type_.inner[1])) for key, each in value.items()]


def _struct(value: object, type_: TypeName) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(value, type_)
    inner = dict(zip(type_.fields, type_.inner, strict=True))
    if unknown := value.keys() - inner.keys():
        name = sorted(unknown)[0]
        raise UnfitError(Reason.WRONG_TYPE, f"no field {name!r} in {type_}")
    return {name: hold(value.get(name), held) for name, held in inner.items()}


_HOLDERS: Final[dict[str, Callable[[object, TypeName], object]]] = {
    "boolean": _boolean,
    "int": _whole,
    "long": _whole,
    "float": _floating,
    "double": _floating,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "string": _string,
    "list": _list,
    "map": _map,
    "struct": _struct,
}
