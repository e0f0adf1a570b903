"""Literals and parameters."""

from dataclasses import dataclass

from lakehouse.athena.syntax.nodes.tree import Expression, TypeName


@dataclass(frozen=True)
class NullLiteral(Expression):
    """NULL."""


@dataclass(frozen=True)
class BooleanLiteral(Expression):
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True)
class NumberLiteral(Expression):
    """`kind` is integer, decimal or double; `text` has no underscores."""

    kind: str
    text: str


@dataclass(frozen=True)
class StringLiteral(Expression):
    """'text'."""

    value: str


@dataclass(frozen=True)
class BinaryLiteral(Expression):
    """X'hex'."""

    digits: str


@dataclass(frozen=True)
class TypedLiteral(Expression):
    """DATE '2020-01-01', DECIMAL '1.5', JSON '[1]': a type's name before a string."""

    type: TypeName
    value: str


@dataclass(frozen=True)
class IntervalLiteral(Expression):
    """INTERVAL [-] 'value' unit [TO unit]."""

    negative: bool
    value: str
    unit: str
    to_unit: str | None


@dataclass(frozen=True)
class Parameter(Expression):
    """The `index`-th question mark, from 0."""

    index: int
