"""What a name can mean: columns of relations, rows' fields, arguments of lambdas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lakehouse.athena.analysis.value import Value, fill, raw
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import Type, field_names, identifier


@dataclass(frozen=True)
class Field:
    """A column of a relation: its name and qualifier as compared, and the SQL that reads it."""

    name: str | None
    type: Type
    sql: str
    qualifier: tuple[str, ...] = ()
    hidden: bool = False  # from `*`

    def answers(self, qualifier: tuple[str, ...], name: str) -> bool:
        """Whether a reference with that qualifier (perhaps shortened) means this column."""
        if self.name is None or self.name.lower() != name:
            return False
        return not qualifier or self.qualifier[-len(qualifier) :] == qualifier


@dataclass
class Scope:
    """Names visible at one place; `parent` is the scope of the query around it."""

    fields: tuple[Field, ...] = ()
    parent: Scope | None = None
    locals: dict[str, Value] = field(default_factory=dict)

    def with_locals(self, values: dict[str, Value]) -> Scope:
        """The same scope inside a lambda."""
        return Scope(self.fields, self.parent, {**self.locals, **values})

    def resolve(self, path: tuple[str, ...], position: Position) -> Value:
        """The value of a dotted name; COLUMN_NOT_FOUND or AMBIGUOUS_NAME if there is none."""
        local = self.locals.get(path[0])
        if local is not None:
            return fields_of(local, path[1:], position)
        scope: Scope | None = self
        while scope is not None:
            # The longest qualifier wins: a.b is column b of relation a before field b of column a.
            for split in range(len(path) - 1, -1, -1):
                found = [f for f in scope.fields if f.answers(path[:split], path[split])]
                if len(found) > 1:
                    name = ".".join(path[: split + 1])
                    raise AthenaError("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", position)
                if found:
                    value = Value(found[0].sql, found[0].type)
                    return fields_of(value, path[split + 1 :], position)
            scope = scope.parent
        message = f"Column '{'.'.join(path)}' cannot be resolved"
        raise AthenaError("COLUMN_NOT_FOUND", message, position)


def fields_of(value: Value, path: Iterable[str], position: Position) -> Value:
    """The field of a row, followed name by name."""
    for name in path:
        if value.type.base != "row":
            message = f"Expression {name} is not of type ROW"
            raise AthenaError("TYPE_MISMATCH", message, position)
        found = [i for i, own in enumerate(value.type.names) if own and own.lower() == name]
        if len(found) != 1:
            code, why = (
                ("AMBIGUOUS_NAME", "ambiguous") if found else ("COLUMN_NOT_FOUND", "unknown")
            )
            raise AthenaError(code, f"Field '{name}' is {why}", position)
        value = row_field(value, found[0])
    return value


def row_field(value: Value, index: int) -> Value:
    """The field of a row at a place, from 0."""
    name = identifier(field_names(value.type)[index])
    return fill(f"({{0}}).{raw(name)}", [value], value.type.children[index])


def dotted(expression: n.Expression) -> tuple[str, ...] | None:
    """The path of a dotted name, or None where something else stands at its root."""
    parts: list[str] = []
    while isinstance(expression, n.Dereference):
        parts.append(expression.field.key)
        expression = expression.base
    if not isinstance(expression, n.Column):
        return None
    return (expression.name.key, *reversed(parts))
