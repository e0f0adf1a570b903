"""The engine's pushed-down filters as conditions of Iceberg, by which files are left out.

The engine writes them as text: `d>='2024-02-15'::DATE`, `name>='n3' AND name<'n4'`,
`optional: id IN (5, 3500)`. What is not understood keeps every file.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from pyiceberg.exceptions import ValidationError
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    NotNull,
    Or,
)
from pyiceberg.expressions.visitors import bind
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DecimalType,
    PrimitiveType,
    TimestampType,
    TimestamptzType,
)

_OPERATORS: Final[dict[str, Callable[..., BooleanExpression]]] = {
    ">=": GreaterThanOrEqual, "<=": LessThanOrEqual, ">": GreaterThan, "<": LessThan, "=": EqualTo,
}  # fmt: skip
_OF_NULLS: Final[dict[str, Callable[..., BooleanExpression]]] = {
    " IS NOT NULL": NotNull, " IS NULL": IsNull,
}  # fmt: skip
_AMONG: Final[Callable[..., BooleanExpression]] = In
_OPTIONAL: Final = "optional: "
_CAST: Final = re.compile(r"::[A-Z][A-Z0-9_ (),]*$")
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
# Where AND, OR and commas part: never within a text or brackets.
_PART: Final = re.compile(r"'(?:[^']|'')*'|[()]| AND | OR |, ")


def condition(filters: Iterable[str], schema: Schema) -> BooleanExpression:
    """What all `filters` together ask of a row of `schema`; where not understood, nothing."""
    made = [_condition(text, schema) for text in filters]
    nothing: BooleanExpression = AlwaysTrue()
    return reduce(And, [each for each in made if each is not None], nothing)


def named(filters: Iterable[str], schema: Schema) -> set[str]:
    """The columns that filters are about."""
    text = " ".join(_TEXT.sub("''", each) for each in filters)
    names = {field.name for field in schema.fields}
    return {name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}


def _condition(text: str, schema: Schema) -> BooleanExpression | None:
    text = text.strip().removeprefix(_OPTIONAL)
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].removeprefix(_OPTIONAL)
    for word, joined in ((" OR ", Or), (" AND ", And)):
        parts = _split(text, word)
        if len(parts) > 1:
            made = [_condition(part, schema) for part in parts]
            known = [each for each in made if each is not None]
            if joined is Or and len(known) < len(made):
                return None
            return reduce(joined, known) if known else None
    try:
        found = _comparison(text, schema)
        # Whether the value is one of the column's type is found out here.
        return found if found is None or bind(schema, found, True) is not None else None
    except (ValueError, TypeError, ValidationError, ArithmeticError):
        return None


def _comparison(text: str, schema: Schema) -> BooleanExpression | None:
    field = max(
        (f for f in schema.fields if text.startswith(f.name)),
        key=lambda f: len(f.name),
        default=None,
    )
    if field is None or not isinstance(field.field_type, PrimitiveType):
        return None
    rest, kind = text.removeprefix(field.name), field.field_type
    if rest in _OF_NULLS:
        return _OF_NULLS[rest](field.name)
    if rest.startswith(" IN (") and rest.endswith(")"):
        values = _split(rest[len(" IN (") : -1], ", ")
        return _AMONG(field.name, [_value(each, kind) for each in values])
    for operator, make in _OPERATORS.items():
        if rest.startswith(operator):
            return make(field.name, _value(rest.removeprefix(operator), kind))
    return None


def _value(text: str, kind: PrimitiveType) -> Any:  # noqa: ANN401 - of the column's type
    text = _CAST.sub("", text.strip())
    quoted = _TEXT.fullmatch(text)
    plain = text[1:-1].replace("''", "'") if quoted else text
    if isinstance(kind, BooleanType):
        return {"true": True, "false": False}[plain]
    if isinstance(kind, TimestampType | TimestamptzType):
        moment = plain.replace(" ", "T")
        moment = moment if "T" in moment else f"{moment}T00:00:00"
        return re.sub(r"\+00$", "+00:00", moment)
    if quoted:
        return plain
    if isinstance(kind, DecimalType):
        return Decimal(plain)
    return float(plain) if "." in plain or "e" in plain.lower() else int(plain)


def _split(text: str, word: str) -> list[str]:
    parts, start, depth = [], 0, 0
    for match in _PART.finditer(text):
        found = match.group()
        depth += (found == "(") - (found == ")")
        if found == word and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _closing(text: str) -> int:
    depth = 0
    for match in _PART.finditer(text):
        depth += (match.group() == "(") - (match.group() == ")")
        if depth == 0:
            return match.start()
    return -1
