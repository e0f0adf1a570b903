"""What a query or a relation becomes: its SQL and its columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.scope import Field
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.types import Type, can_coerce, identifier


@dataclass(frozen=True)
class OutputColumn:
    """A column of a result: Athena's name for it, its type, and the engine's name."""

    name: str | None
    type: Type
    sql_name: str


@dataclass(frozen=True)
class QueryPlan:
    """A query as the engine reads it."""

    sql: str
    columns: tuple[OutputColumn, ...]

    def as_types(self, types: Sequence[Type], position: Position) -> "QueryPlan":
        """The same query with its columns widened."""
        if all(column.type == made for column, made in zip(self.columns, types, strict=True)):
            return self
        items = []
        for column, made in zip(self.columns, types, strict=True):
            if not can_coerce(column.type, made):
                message = f"Cannot coerce {column.type} to {made}"
                raise AthenaError("TYPE_MISMATCH", message, position)
            value = coerce(Value(f"q.{identifier(column.sql_name)}", column.type), made)
            items.append(f"{value.sql} AS {identifier(column.sql_name)}")
        columns = tuple(
            OutputColumn(column.name, made, column.sql_name)
            for column, made in zip(self.columns, types, strict=True)
        )
        return QueryPlan(f"SELECT {', '.join(items)} FROM ({self.sql}) AS q", columns)


@dataclass(frozen=True)
class RelationPlan:
    """A relation as the engine reads it in FROM, and what its columns are called.

    `merged` holds the columns that USING made one of: they come first under `*`.
    """

    sql: str
    fields: tuple[Field, ...]
    merged: tuple[Field, ...] = ()

    @property
    def starred(self) -> tuple[Field, ...]:
        """The columns that `*` stands for, in order."""
        return self.merged + tuple(f for f in self.fields if f not in self.merged and not f.hidden)


def unique_names(names: Sequence[str | None]) -> list[str]:
    """Names for the engine: unnamed columns as Athena calls them, repeated ones told apart."""
    taken: set[str] = set()
    made = []
    for i, name in enumerate(names):
        wanted = name if name else f"_col{i}"
        candidate, number = wanted, 1
        while candidate.lower() in taken:
            candidate = f"{wanted}_{number}"
            number += 1
        taken.add(candidate.lower())
        made.append(candidate)
    return made
