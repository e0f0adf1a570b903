"""Queries, and what the engine would do for them."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import Statement
from lakehouse.athena.syntax.nodes import Query


@dataclass(frozen=True)
class Select(Statement):
    """A query, with the text it was written in."""

    query: Query
    text: str
    parameters: int = 0


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN [ANALYZE] [(options)] statement; `options` such as {"type": "LOGICAL"}."""

    statement: Statement
    analyze: bool
    options: tuple[tuple[str, str], ...] = ()
