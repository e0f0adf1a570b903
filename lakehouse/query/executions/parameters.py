"""Values for the question marks of a statement, as literals of Athena's SQL."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from lakehouse.errors import QueryError
from lakehouse.quoting import literal

_BIGINT = 1 << 63


@dataclass(frozen=True)
class Literal:
    """A value as it is written in Athena's SQL already."""

    text: str


def written(value: object) -> str:  # noqa: C901, PLR0911, PLR0912 - a case for each class
    """The literal of a value. Raises QueryError for one that has none."""
    match value:
        case Literal():
            return value.text
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int():
            return str(value) if -_BIGINT < value < _BIGINT else f"DECIMAL '{value}'"
        case float():
            return _double(value)
        case Decimal() if value.is_finite():
            return f"DECIMAL '{value:f}'"
        case str():
            return literal(value)
        case bytes() | bytearray() | memoryview():
            return f"X'{bytes(value).hex()}'"
        case datetime():
            return _moment(value)
        case date():
            return f"DATE '{value.isoformat()}'"
        case time() if value.tzinfo is None:
            return f"TIME '{value.isoformat()}'"
        case UUID():
            return f"UUID '{value}'"
        case list() | tuple():
            return f"ARRAY[{', '.join(map(written, value))}]"
        case dict():
            keys, values = list(value), list(value.values())
            return f"MAP({written(keys)}, {written(values)})"
    hint = "None, bool, int, float, Decimal, str, bytes, date, time, datetime, UUID, list or dict"
    raise QueryError(f"no parameter can be a {type(value).__name__}: {value!r}", hint=hint)


def as_row(values: Sequence[object]) -> pa.Table | None:
    """The values as the columns of one row; None where there are none.

    Raises QueryError for one that can't be a parameter.
    """
    for value in values:
        if isinstance(value, Literal):
            hint = "only Athena's dialect takes parameters that are written in SQL"
            raise QueryError("a parameter is a literal of Athena's", hint=hint)
        written(value)
    plain = [str(value) if isinstance(value, UUID) else value for value in values]
    return pa.table({f"p{i}": [value] for i, value in enumerate(plain)}) if values else None


def _double(value: float) -> str:
    if math.isnan(value):
        return "nan()"
    if math.isinf(value):
        return "infinity()" if value > 0 else "-infinity()"
    text = repr(value)
    return text if "e" in text else f"{text}e0"


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    local = value.astimezone(UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{local.isoformat(' ')} UTC'"
