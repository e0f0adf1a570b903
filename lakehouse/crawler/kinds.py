"""Types of columns as they are found in files, and the least type that holds two of them."""

import re
from dataclasses import dataclass
from typing import Any

# A name that can stand in the text of a struct's type.
_FIELD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
# Digits before the point that a type of integers needs.
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_FLOATS = ("float", "double")
_MOST_DIGITS = 38


@dataclass(frozen=True)
class Kind:
    """A type: a scalar's name as Glue writes it, or array, map or struct of `children`.

    `nothing` is the type of what was always null or empty.
    """

    base: str
    children: tuple["Kind", ...] = ()
    names: tuple[str, ...] = ()


NOTHING = Kind("nothing")
STRING = Kind("string")
BIGINT = Kind("bigint")
DOUBLE = Kind("double")
BOOLEAN = Kind("boolean")
DATE = Kind("date")
TIMESTAMP = Kind("timestamp")


def glue_name(kind: Kind) -> str:
    """The type as Glue writes it; nothing is a string, and so is what can't be written."""
    if kind.base == "struct":
        if not kind.names or not all(map(is_name, kind.names)):
            return "string"
        pairs = zip(kind.names, kind.children, strict=True)
        return f"struct<{','.join(f'{name}:{glue_name(child)}' for name, child in pairs)}>"
    if kind.children:
        return f"{kind.base}<{','.join(map(glue_name, kind.children))}>"
    return "string" if kind == NOTHING else kind.base


def is_name(name: str) -> bool:
    """Whether a field of that name can stand in the text of a struct's type."""
    return _FIELD.fullmatch(name) is not None


def widened(one: Kind, other: Kind, *, texts: bool) -> Kind | None:
    """The least type that values of both can be read as; None where there is none.

    `texts`: the files are of text, in which every scalar can be read as a string. Files with a
    schema of their own are read as numbers of another width, and otherwise as what they are.
    """
    if NOTHING in (one, other):
        return one if other == NOTHING else other
    if one == other:
        return one
    if one.children or other.children:
        return _nested(one, other, texts=texts) if one.base == other.base else None
    if number := _number(one.base, other.base):
        return Kind(number)
    if {one.base, other.base} == {"binary", "string"} or texts:
        return STRING
    return None


def _nested(one: Kind, other: Kind, *, texts: bool) -> Kind | None:
    if one.base == "struct":
        return _struct(one, other, texts=texts)
    pairs = zip(one.children, other.children, strict=True)
    children = [widened(a, b, texts=texts) for a, b in pairs]
    found = tuple(child for child in children if child is not None)
    return Kind(one.base, found) if len(found) == len(children) else None


def _struct(one: Kind, other: Kind, *, texts: bool) -> Kind | None:
    fields = dict(zip(one.names, one.children, strict=True))
    for name, child in zip(other.names, other.children, strict=True):
        wide = widened(fields.get(name, NOTHING), child, texts=texts)
        if wide is None:
            return None
        fields[name] = wide
    return Kind("struct", tuple(fields.values()), tuple(fields))


def _number(one: str, other: str) -> str | None:
    if one in _INTEGERS and other in _INTEGERS:
        return max(one, other, key=_INTEGERS.index)
    numbers = [base for base in (one, other) if base in (*_INTEGERS, *_FLOATS)]
    decimals = [base for base in (one, other) if base.startswith("decimal(")]
    if len(numbers) + len(decimals) < 2:
        return None
    if not decimals or any(base in _FLOATS for base in numbers):
        return "double"
    sizes = [_size(base) for base in (one, other)]
    scale = max(scale for _, scale in sizes)
    precision = max(whole for whole, _ in sizes) + scale
    return f"decimal({precision},{scale})" if precision <= _MOST_DIGITS else "double"


def _size(base: str) -> tuple[int, int]:
    """Digits before and behind the point."""
    if base in _DIGITS:
        return _DIGITS[base], 0
    precision, scale = map(int, base[len("decimal(") : -1].split(","))
    return precision - scale, scale


def to_json(kind: Kind) -> object:
    """The type as JSON takes it."""
    if not kind.children and not kind.names:
        return kind.base
    return [kind.base, list(map(to_json, kind.children)), list(kind.names)]


def from_json(given: Any) -> Kind:  # noqa: ANN401 - JSON
    """The type that `to_json` wrote."""
    if isinstance(given, str):
        return Kind(given)
    base, children, names = given
    return Kind(base, tuple(map(from_json, children)), tuple(names))
