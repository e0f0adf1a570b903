"""The type of a column of texts, as the SerDes of delimited text will read it.

Only what they give back unharmed has a type: a number with leading zeros, or of more digits than
a bigint has, is a string.
"""

import re
from collections.abc import Sequence

from lakehouse.crawler.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    NOTHING,
    STRING,
    TIMESTAMP,
    Kind,
)

# Each of these matches all values of a column, joined by line feeds, at once.
_VALUES = {
    BIGINT: r"-?(?:0|[1-9]\d{0,17})",
    DOUBLE: r"[+-]?(?:(?:0|[1-9]\d{0,15})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?",
    BOOLEAN: r"(?i:true|false)",
    DATE: r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
    TIMESTAMP: r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r" (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?",
}
_ALL = {kind: re.compile(rf"(?:(?:{one})?\n)*+", re.ASCII) for kind, one in _VALUES.items()}
_ONE = {kind: re.compile(one, re.ASCII) for kind, one in _VALUES.items()}
_WIDER = {BIGINT: DOUBLE}


def kind_of_text(value: str) -> Kind:
    """The type of one text; `nothing` for an empty one."""
    if not value:
        return NOTHING
    return next((kind for kind, one in _ONE.items() if one.fullmatch(value)), STRING)


def kind_of_texts(values: Sequence[str]) -> Kind:
    """The type of texts that hold no line feed; empty ones have none."""
    first = next((value for value in values if value), "")
    kind: Kind | None = kind_of_text(first)
    if kind in (NOTHING, STRING):
        return kind or STRING
    joined = "\n".join(values) + "\n"
    while kind is not None:
        if _ALL[kind].fullmatch(joined):
            return kind
        kind = _WIDER.get(kind)
    return STRING
