"""INSERT, UPDATE and DELETE: one statement of the engine each, done whole or not at all.

Values are widened to the types of the columns they go to, never cast: what does not fit is
Trino's TYPE_MISMATCH. Rules: Trino's documentation of the four statements, and Athena's of
"Update Iceberg table data".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.plan import RelationPlan
from lakehouse.athena.analysis.queries import QueryAnalyzer
from lakehouse.athena.analysis.relations import RelationAnalyzer
from lakehouse.athena.analysis.scope import Field, Scope
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, Position, not_supported
from lakehouse.athena.functions.table import FUNCTIONS
from lakehouse.athena.names import named
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import Type, can_coerce, contains_zone, identifier

START = Position(1, 1)


@dataclass(frozen=True)
class RowChange:
    """SQL that changes rows; `probe`, if there is one, finds none where nothing would change."""

    sql: str
    probe: str = ""


class RowChanges:
    """Makes the engine's statement of Athena's."""

    def __init__(self, schema: Schema, parameters: Sequence[object] = ()) -> None:
        self._schema = schema
        self.queries = QueryAnalyzer(schema, FUNCTIONS, parameters, StatementClock.started())

    def insert(self, statement: v.Insert) -> RowChange:
        """INSERT INTO table [(columns)] query; columns that are not named get NULL."""
        table = self._table(statement.table)
        names = [column.key for column in statement.columns] or [c for c, _ in table.columns]
        targets = [_column(table, name, START) for name in names]
        no_repeats([name for name, _ in targets])
        plan = self.queries.query(statement.query)
        found = [column.type for column in plan.columns]
        wanted = [made for _, made in targets]
        fits = len(found) == len(wanted) and all(map(can_coerce, found, wanted))
        if not fits:
            raise AthenaError(
                "TYPE_MISMATCH",
                f"Insert query has mismatched column types: Table: {_listed(wanted)}, "
                f"Query: {_listed(found)}",
                hint="cast the columns of the query to the types of the table",
            )
        for made in found:
            _refuse_zone_by_row(made)
        columns = ", ".join(identifier(name) for name, _ in targets)
        sql = plan.as_types(wanted, START).sql
        return RowChange(f"INSERT INTO {table.sql} ({columns}) {sql}")

    def delete(self, statement: v.Delete) -> RowChange:
        """DELETE FROM table [WHERE condition]."""
        plan = self.target(statement.table)
        where = self._where(plan, statement.where)
        return RowChange(f"DELETE FROM {plan.sql}{where}", _probe(plan, where))

    def update(self, statement: v.Update) -> RowChange:
        """UPDATE table SET column = value, ... [WHERE condition]."""
        plan = self.target(statement.table)
        changed = self.assigned(statement.assignments, plan, Scope(plan.fields))
        where = self._where(plan, statement.where)
        return RowChange(f"UPDATE {plan.sql} SET {changed}{where}", _probe(plan, where))

    # --- parts

    def _table(self, name: v.Name) -> TableColumns:
        named(name, "")
        table = self._schema.table(name)
        if table is None:
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{'.'.join(name)}' does not exist")
        if not table.writable:
            raise not_supported(f"Writing to {'.'.join(name)}, which is {table.what},")
        return table

    def target(self, node: n.Table) -> RelationPlan:
        """The table that is changed. Raises TABLE_NOT_FOUND, NOT_SUPPORTED for what can't be."""
        self._table(tuple(part.key for part in node.parts))
        return RelationAnalyzer(self.queries, None).relation(node)

    def _where(self, plan: RelationPlan, node: n.Expression | None) -> str:
        if node is None:
            return ""
        return f" WHERE {self.condition(node, Scope(plan.fields), 'WHERE clause')}"

    def condition(self, node: n.Expression, scope: Scope, what: str) -> str:
        """SQL of a condition."""
        analyzer = ExpressionAnalyzer(scope, self.queries)
        made = analyzer.condition(node, what)
        self.queries.refuse_aggregates(analyzer, what)
        return made.sql

    def assigned(
        self, assignments: Sequence[v.Assignment], plan: RelationPlan, scope: Scope
    ) -> str:
        """SQL of SET's list."""
        fields = [field_of(plan, a.column.key, a.column.position) for a in assignments]
        no_repeats([field.name or "" for field in fields])
        return ", ".join(
            f"{identifier(field.name or '')} = {self.fitting(a.value, field, scope)}"
            for a, field in zip(assignments, fields, strict=True)
        )

    def fitting(self, node: n.Expression, field: Field, scope: Scope) -> str:
        """SQL of a value, widened to its column's type. Raises TYPE_MISMATCH."""
        analyzer = ExpressionAnalyzer(scope, self.queries)
        value = analyzer.value(node)
        self.queries.refuse_aggregates(analyzer, "A value that is written")
        _refuse_zone_by_row(value.type)
        if not can_coerce(value.type, field.type):
            message = f"Column '{field.name}' is of type {field.type}, the value of {value.type}"
            raise AthenaError("TYPE_MISMATCH", message, node.position)
        return coerce(Value(value.sql, value.type), field.type).sql


def _probe(plan: RelationPlan, where: str) -> str:
    # A condition that the engine folds to false would end its process, of DELETE as of UPDATE.
    return f"SELECT 1 FROM {plan.sql}{where} LIMIT 1" if where else ""


def field_of(plan: RelationPlan, name: str, position: Position) -> Field:
    """The column of that name. Raises COLUMN_NOT_FOUND."""
    for field in plan.starred:
        if (field.name or "").lower() == name:
            return field
    raise AthenaError("COLUMN_NOT_FOUND", f"The column '{name}' does not exist", position)


def _column(table: TableColumns, name: str, position: Position) -> tuple[str, Type]:
    for column, made in table.columns:
        if column.lower() == name.lower():
            return column, made
    full = ".".join(table.name)
    message = f"Insert column name does not exist in target table {full}: {name}"
    raise AthenaError("COLUMN_NOT_FOUND", message, position)


def no_repeats(names: Sequence[str]) -> None:
    """Raise DUPLICATE_COLUMN_NAME."""
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        message = f"Column '{min(repeated)}' is specified more than once"
        raise AthenaError("DUPLICATE_COLUMN_NAME", message)


def _refuse_zone_by_row(made: Type) -> None:
    if contains_zone(made):
        hint = "write the moment alone: at_timezone(x, 'UTC')"
        message = "A timestamp whose zone differs by row has no type in an Iceberg table"
        raise AthenaError("NOT_SUPPORTED", message, hint=hint)


def _listed(types: Sequence[Type]) -> str:
    return f"[{', '.join(map(str, types))}]"
