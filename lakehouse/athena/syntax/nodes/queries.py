"""Queries and their clauses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.athena.syntax.nodes.calls import SortItem, Window
from lakehouse.athena.syntax.nodes.tree import Expression, Identifier, Node, Relation

if TYPE_CHECKING:
    from lakehouse.athena.syntax.nodes.relations import Table


class QueryBody(Node):
    """SELECT, VALUES, TABLE, a set operation or a nested query."""


@dataclass(frozen=True)
class SelectItem(Node):
    """An expression with an optional name."""

    value: Expression
    alias: Identifier | None


@dataclass(frozen=True)
class AllColumns(Node):
    """* or prefix.*."""

    prefix: Expression | None
    aliases: tuple[Identifier, ...]


@dataclass(frozen=True)
class GroupingElement(Node):
    """`kind`: simple, rollup, cube or sets; each member is one set of expressions."""

    kind: str
    members: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Select(QueryBody):
    """One SELECT up to its WINDOW clause."""

    distinct: bool
    items: tuple[SelectItem | AllColumns, ...]
    relation: Relation | None
    where: Expression | None
    group_by: tuple[GroupingElement, ...] | None
    group_distinct: bool
    having: Expression | None
    windows: tuple[tuple[Identifier, Window], ...]


@dataclass(frozen=True)
class SetOperation(QueryBody):
    """UNION, INTERSECT or EXCEPT."""

    operator: str
    distinct: bool
    left: QueryBody
    right: QueryBody


@dataclass(frozen=True)
class Values(QueryBody):
    """VALUES rows."""

    rows: tuple[Expression, ...]


@dataclass(frozen=True)
class TableBody(QueryBody):
    """TABLE name."""

    table: "Table"


@dataclass(frozen=True)
class Nested(QueryBody):
    """A query in parentheses."""

    query: "Query"


@dataclass(frozen=True)
class NamedQuery(Node):
    """One query of WITH."""

    name: Identifier
    columns: tuple[Identifier, ...]
    query: "Query"


@dataclass(frozen=True)
class Query(Node):
    """A whole query."""

    body: QueryBody
    named: tuple[NamedQuery, ...] = ()
    recursive: bool = False
    order: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    with_ties: bool = False
