"""What every syntax tree is made of: nodes, names and types as written."""

from dataclasses import dataclass, field

from lakehouse.athena.errors import Position

_NOWHERE = Position(1, 1)


@dataclass(frozen=True)
class Node:
    """Anything the parser makes."""

    position: Position = field(default=_NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True)
class Identifier(Node):
    """A name. Athena compares names without regard to case, delimited or not."""

    value: str
    delimited: bool = field(default=False, compare=False)

    @property
    def key(self) -> str:
        """What two spellings of one name have in common."""
        return self.value.lower()


class Expression(Node):
    """Anything that has a value."""


class Relation(Node):
    """Anything that can stand in FROM."""


@dataclass(frozen=True)
class TypeName(Node):
    """A type as written: name, numeric parameters, nested types and the names of row fields."""

    name: str
    numbers: tuple[int, ...] = ()
    arguments: tuple["TypeName", ...] = ()
    fields: tuple[Identifier | None, ...] = ()
