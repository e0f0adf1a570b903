"""Rows that are added, changed and taken away."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import Name, Statement
from lakehouse.athena.syntax.nodes import Expression, Identifier, Query, Relation, Table


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO table [(columns)] query."""

    writes = True
    table: Name
    columns: tuple[Identifier, ...]
    query: Query
    parameters: int = 0


@dataclass(frozen=True)
class Assignment:
    """column = value."""

    column: Identifier
    value: Expression


@dataclass(frozen=True)
class Update(Statement):
    """UPDATE table SET assignments [WHERE condition]."""

    writes = True
    table: Table
    assignments: tuple[Assignment, ...]
    where: Expression | None
    parameters: int = 0


@dataclass(frozen=True)
class Delete(Statement):
    """DELETE FROM table [WHERE condition]."""

    writes = True
    table: Table
    where: Expression | None
    parameters: int = 0


@dataclass(frozen=True)
class MergeCase:
    """WHEN [NOT] MATCHED [AND condition] THEN update, delete or insert."""

    matched: bool
    condition: Expression | None
    action: str
    assignments: tuple[Assignment, ...] = ()
    columns: tuple[Identifier, ...] = ()
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Merge(Statement):
    """MERGE INTO table [AS alias] USING source ON condition cases."""

    writes = True
    table: Table
    alias: Identifier | None
    source: Relation
    condition: Expression
    cases: tuple[MergeCase, ...]
    parameters: int = 0
