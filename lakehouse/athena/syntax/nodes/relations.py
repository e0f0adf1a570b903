"""What stands in FROM."""

from dataclasses import dataclass

from lakehouse.athena.syntax.nodes.queries import Query
from lakehouse.athena.syntax.nodes.tree import Expression, Identifier, Node, Relation


@dataclass(frozen=True)
class Version(Node):
    """FOR TIMESTAMP|VERSION AS OF value."""

    kind: str
    value: Expression


@dataclass(frozen=True)
class Table(Relation):
    """A table, view or named query: one to three parts."""

    parts: tuple[Identifier, ...]
    version: Version | None = None


@dataclass(frozen=True)
class Subquery(Relation):
    """(query) in FROM; `lateral` sees the relations to its left."""

    query: Query
    lateral: bool = False


@dataclass(frozen=True)
class Unnest(Relation):
    """UNNEST(arrays and maps) [WITH ORDINALITY]."""

    arguments: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True)
class Join(Relation):
    """`kind`: cross, inner, left, right or full; one of `on` and `using`, none for cross."""

    kind: str
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Aliased(Relation):
    """relation AS name (columns)."""

    relation: Relation
    name: Identifier
    columns: tuple[Identifier, ...]


@dataclass(frozen=True)
class Sample(Relation):
    """relation TABLESAMPLE kind (percentage)."""

    relation: Relation
    kind: str
    percentage: Expression
