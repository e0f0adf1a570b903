"""The type of a column as the engine has it, told apart from the engine itself.

A value of DuckDB's own class can't leave its process, and not every one can be read back from its
text: a row without names can't.
"""

from dataclasses import dataclass
from typing import Any, cast

from duckdb.sqltypes import DuckDBPyType

_NESTED = frozenset({"list", "array", "map", "struct", "union"})


@dataclass(frozen=True)
class EngineType:
    """A type: its text in SQL, its kind in lower case, and what it is made of.

    A row without names has fields named "". The first member of a union is its tag. `size` is an
    array's.
    """

    text: str
    id: str
    fields: tuple[tuple[str, "EngineType"], ...] = ()
    size: int = 0

    def __str__(self) -> str:
        return self.text

    def child(self, name: str) -> "EngineType":
        """What a list holds (`child`), or the `key` or `value` of a map."""
        return dict(self.fields)[name]


VARCHAR = EngineType("VARCHAR", "varchar")


def engine_type(of: DuckDBPyType) -> EngineType:
    """The type that DuckDB describes a column with."""
    if of.id not in _NESTED:
        return EngineType(str(of), of.id)
    fields = cast("list[tuple[str, DuckDBPyType | int]]", of.children)
    size = sum(part for _, part in fields if isinstance(part, int))  # only an array has one
    made = tuple((n, engine_type(part)) for n, part in fields if not isinstance(part, int))
    return EngineType(str(of), of.id, made, size)


def to_json(of: EngineType) -> list[Any]:
    """The type as JSON can hold it."""
    return [of.text, of.id, [[name, to_json(field)] for name, field in of.fields], of.size]


def from_json(given: list[Any]) -> EngineType:
    """The type that `to_json` wrote."""
    text, kind, fields, size = given
    return EngineType(text, kind, tuple((name, from_json(field)) for name, field in fields), size)
