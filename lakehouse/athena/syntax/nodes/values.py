"""Columns, arithmetic, constructors, and functions with a grammar of their own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.athena.syntax.nodes.tree import Expression, Identifier, Node, TypeName

if TYPE_CHECKING:
    from lakehouse.athena.syntax.nodes.queries import Query


@dataclass(frozen=True)
class Column(Expression):
    """A bare name: a column, a lambda's argument, or the first part of a dotted path."""

    name: Identifier


@dataclass(frozen=True)
class Dereference(Expression):
    """base.field: a column of a relation, or a field of a row."""

    base: Expression
    field: Identifier


@dataclass(frozen=True)
class Unary(Expression):
    """+ or - before a value."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Arithmetic(Expression):
    """+ - * / % and ||."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class ScalarQuery(Expression):
    """(query) where a value is wanted."""

    query: "Query"


@dataclass(frozen=True)
class RowConstructor(Expression):
    """(a, b) or ROW(a, b)."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class ArrayConstructor(Expression):
    """ARRAY[a, b]."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Subscript(Expression):
    """base[index]."""

    base: Expression
    index: Expression


@dataclass(frozen=True)
class When(Node):
    """One WHEN of a CASE."""

    condition: Expression
    result: Expression


@dataclass(frozen=True)
class Case(Expression):
    """CASE [operand] WHEN ... ELSE default END."""

    operand: Expression | None
    whens: tuple[When, ...]
    default: Expression | None


@dataclass(frozen=True)
class Cast(Expression):
    """CAST, or TRY_CAST where `safe`."""

    value: Expression
    type: TypeName
    safe: bool


@dataclass(frozen=True)
class Extract(Expression):
    """EXTRACT(field FROM value)."""

    field: str
    value: Expression


@dataclass(frozen=True)
class AtTimeZone(Expression):
    """value AT TIME ZONE zone."""

    value: Expression
    zone: Expression


@dataclass(frozen=True)
class CurrentTime(Expression):
    """CURRENT_DATE, CURRENT_TIMESTAMP(p) and the like; `name` in lower case."""

    name: str
    precision: int | None


@dataclass(frozen=True)
class Trim(Expression):
    """TRIM([side] [characters] FROM value)."""

    side: str
    characters: Expression | None
    value: Expression
