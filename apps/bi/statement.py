"""A question to the marts, as SQL, and what came back."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from textwrap import dedent

import pyarrow as pa

from lakehouse.quoting import literal

Value = str | int | float | bool | Decimal | date | None
# Not the $ of a metadata table: "core"."fct_orders$snapshots".
_PARAMETER = re.compile(r"(?<!\w)\$([a-z_]+)")


@dataclass(frozen=True)
class Statement:
    """One SELECT over tables of the lake, named as there, with its $parameters.

    Written in what DuckDB and Athena both speak, so that `text` runs in the workbench as it is.
    """

    sql: str
    parameters: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sql", dedent(self.sql).strip())
        # DuckDB refuses a parameter that the text does not name.
        named = set(_PARAMETER.findall(self.sql))
        given = {name: value for name, value in self.parameters.items() if name in named}
        object.__setattr__(self, "parameters", given)

    @property
    def text(self) -> str:
        """The statement with its parameters in their places."""
        return _PARAMETER.sub(lambda found: _literal(self.parameters[found[1]]), self.sql)


@dataclass(frozen=True)
class Answer:
    """The rows that a statement gave."""

    statement: Statement
    table: pa.Table


Ask = Callable[[Statement], Answer]


def _literal(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return f"timestamp '{value}'"
        case date():
            return f"date '{value}'"
    return literal(value)
