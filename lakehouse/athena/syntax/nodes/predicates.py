"""What is true, false or unknown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.athena.syntax.nodes.tree import Expression

if TYPE_CHECKING:
    from lakehouse.athena.syntax.nodes.queries import Query


@dataclass(frozen=True)
class Comparison(Expression):
    """= <> < <= > >=, and IS [NOT] DISTINCT FROM as operators of their own."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Quantified(Expression):
    """value operator ALL|ANY (query)."""

    operator: str
    quantifier: str
    value: Expression
    query: "Query"


@dataclass(frozen=True)
class Logical(Expression):
    """AND or OR of two operands."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Not(Expression):
    """NOT operand."""

    operand: Expression


@dataclass(frozen=True)
class Between(Expression):
    """value BETWEEN low AND high."""

    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True)
class InList(Expression):
    """value IN (items)."""

    value: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class InQuery(Expression):
    """value IN (query)."""

    value: Expression
    query: "Query"


@dataclass(frozen=True)
class Like(Expression):
    """value LIKE pattern [ESCAPE escape]."""

    value: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class IsNull(Expression):
    """value IS NULL."""

    value: Expression


@dataclass(frozen=True)
class Exists(Expression):
    """EXISTS (query)."""

    query: "Query"
