"""Calls of functions, with windows, orders and lambdas."""

from dataclasses import dataclass

from lakehouse.athena.syntax.nodes.tree import Expression, Identifier, Node


@dataclass(frozen=True)
class Lambda(Expression):
    """(a, b) -> body."""

    parameters: tuple[Identifier, ...]
    body: Expression


@dataclass(frozen=True)
class SortItem(Node):
    """One item of ORDER BY; NULLs come last unless told, in either direction."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class FrameBound(Node):
    """`kind`: unbounded preceding|preceding|current row|following|unbounded following."""

    kind: str
    value: Expression | None


@dataclass(frozen=True)
class Frame(Node):
    """ROWS, RANGE or GROUPS between two bounds."""

    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True)
class Window(Node):
    """What stands after OVER; `base` names one of the WINDOW clause."""

    base: Identifier | None
    partition: tuple[Expression, ...]
    order: tuple[SortItem, ...]
    frame: Frame | None


@dataclass(frozen=True)
class Call(Expression):
    """name(arguments), with all that may surround a function call."""

    name: Identifier
    arguments: tuple[Expression, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    nulls: str | None = None  # IGNORE or RESPECT
    window: Window | None = None
    within_group: bool = False

    @property
    def function(self) -> str:
        """The function's name in lower case."""
        return self.name.key
