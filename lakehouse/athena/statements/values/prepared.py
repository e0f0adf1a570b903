"""PREPARE, EXECUTE and DEALLOCATE."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import Statement
from lakehouse.athena.syntax.nodes import Expression


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement; the statement's own text is what is kept."""

    name: str
    statement: Statement
    text: str


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name [USING values]; or EXECUTE IMMEDIATE 'text' [USING values]."""

    name: str
    values: tuple[Expression, ...]
    immediate: str | None = None


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    name: str
