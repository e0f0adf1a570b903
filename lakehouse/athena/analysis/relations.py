"""FROM: tables, subqueries, UNNEST and joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.plan import RelationPlan
from lakehouse.athena.analysis.scope import Field, Scope, row_field
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.schema import TableColumns
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import BIGINT, Type, common_type, identifier

if TYPE_CHECKING:
    from lakehouse.athena.analysis.queries import QueryAnalyzer


class RelationAnalyzer:
    """Analyzes the relations of one query; `left` is what a lateral relation sees."""

    def __init__(self, queries: QueryAnalyzer, outer: Scope | None) -> None:
        self._queries = queries
        self._outer = outer

    def relation(self, node: n.Relation, left: tuple[Field, ...] = ()) -> RelationPlan:
        """The plan of a relation."""
        if isinstance(node, n.Table):
            return self._table(node)
        if isinstance(node, n.Aliased):
            return self._aliased(node, left)
        if isinstance(node, n.Subquery):
            return self._subquery(node, left)
        if isinstance(node, n.Unnest):
            return self._unnest(node, left)
        if isinstance(node, n.Join):
            return self._join(node, left)
        raise not_supported(type(node).__name__, node.position)

    def _table(self, node: n.Table) -> RelationPlan:
        parts = tuple(part.key for part in node.parts)
        alias = self._queries.new_alias()
        named = self._queries.named_query(parts) if node.version is None else None
        if named is not None:
            sql, columns = named
            fields = tuple(
                Field(c.name, c.type, f"{alias}.{identifier(c.sql_name)}", parts) for c in columns
            )
            return RelationPlan(f"{sql} AS {alias}", fields)
        table = self._queries.schema.table(parts)
        if table is None:
            message = f"Table '{'.'.join(parts)}' does not exist"
            raise AthenaError("TABLE_NOT_FOUND", message, node.position)
        if node.version is not None and not table.writable:
            raise not_supported(f"Time travel of {table.what}", node.position)
        fields = tuple(
            Field(name, made, f"{alias}.{identifier(name)}", table.name)
            for name, made in table.columns
        )
        fields += tuple(
            Field(name, made, f"{alias}.{sql}", table.name, hidden=True)
            for name, made, sql in table.hidden
        )
        past = self._version(node.version, table) if node.version else ""
        return RelationPlan(f"{table.sql} AS {alias}{past}", fields)

    def _version(self, node: n.Version, table: TableColumns) -> str:
        """AT (...): the engine's time travel, on an Iceberg table."""
        value = ExpressionAnalyzer(Scope(), self._queries).value(node.value)
        if node.kind == "version":
            if value.type.base not in ("integer", "bigint"):
                message = f"Type {value.type} invalid. Iceberg table version must be a snapshot id"
                raise AthenaError("TYPE_MISMATCH", message, node.position)
            if table.had and not table.had("version", value.sql):
                message = f"Iceberg snapshot ID does not exist: {value.literal}"
                raise AthenaError("INVALID_ARGUMENTS", message, node.position)
            return f" AT (VERSION => {value.sql})"
        if value.type.base == "timestamp with time zone" and value.type.zone:
            if table.had and not table.had("timestamp", value.sql):
                # The engine would answer as of an empty table.
                name = ".".join(table.name[-2:])
                message = f"No version history of table {name} at or before that time"
                raise AthenaError("INVALID_ARGUMENTS", message, node.position)
            return f" AT (TIMESTAMP => timezone('UTC', {value.sql}))"
        message = f"Type {value.type} invalid. FOR TIMESTAMP AS OF takes a timestamp with time zone"
        raise AthenaError("TYPE_MISMATCH", message, node.position)

    def _aliased(self, node: n.Aliased, left: tuple[Field, ...]) -> RelationPlan:
        plan = self.relation(node.relation, left)
        visible = plan.starred
        if node.columns and len(node.columns) != len(visible):
            message = (
                f"Column alias list has {len(node.columns)} entries but "
                f"'{node.name.value}' has {len(visible)} columns available"
            )
            raise AthenaError("MISMATCHED_COLUMN_ALIASES", message, node.position)
        names: list[str | None] = [c.value for c in node.columns]
        names = names or [f.name for f in visible]
        fields = tuple(
            Field(name, field.type, field.sql, (node.name.key,))
            for name, field in zip(names, visible, strict=True)
        )
        hidden = tuple(
            replace(field, qualifier=(node.name.key,)) for field in plan.fields if field.hidden
        )
        return RelationPlan(plan.sql, fields + hidden)

    def _subquery(self, node: n.Subquery, left: tuple[Field, ...]) -> RelationPlan:
        outer = Scope(left, self._outer) if node.lateral else self._outer
        plan = self._queries.subquery(node.query, outer)
        alias = self._queries.new_alias()
        fields = tuple(
            Field(c.name, c.type, f"{alias}.{identifier(c.sql_name)}") for c in plan.columns
        )
        lateral = "LATERAL " if node.lateral else ""
        return RelationPlan(f"{lateral}({plan.sql}) AS {alias}", fields)

    # --- UNNEST ---

    def _unnest(self, node: n.Unnest, left: tuple[Field, ...]) -> RelationPlan:
        analyzer = ExpressionAnalyzer(Scope(left, self._outer), self._queries)
        lists: list[Value] = []
        outputs: list[tuple[str | None, str, Type]] = []
        for argument in node.arguments:
            self._unnested(analyzer.value(argument), argument, lists, outputs)
        alias = self._queries.new_alias()
        items = [f"unnest({value.sql}) AS u{i}" for i, value in enumerate(lists)]
        if node.ordinality:
            sizes = ", ".join(f"coalesce(len({value.sql}), 0)" for value in lists)
            items.append(f"unnest(generate_series(1, greatest(0, {sizes}))) AS u{len(lists)}")
            outputs.append((None, f"e.u{len(lists)}", BIGINT))
        columns = [f"{sql} AS c{i}" for i, (_, sql, _) in enumerate(outputs)]
        elements = f"(SELECT {', '.join(items)}) AS e"
        sql = f"LATERAL (SELECT {', '.join(columns)} FROM {elements}) AS {alias}"
        fields = tuple(
            Field(name, made, f"{alias}.c{i}") for i, (name, _, made) in enumerate(outputs)
        )
        return RelationPlan(sql, fields)

    def _unnested(
        self,
        value: Value,
        node: n.Expression,
        lists: list[Value],
        outputs: list[tuple[str | None, str, Type]],
    ) -> None:
        column = f"e.u{len(lists)}"
        if value.type.base == "map":
            for function, made in zip(("map_keys", "map_values"), value.type.children, strict=True):
                outputs.append((None, f"e.u{len(lists)}", made))
                lists.append(Value(f"{function}({value.sql})", made))
            return
        if value.type.base != "array":
            message = f"Cannot unnest type: {value.type}"
            raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, node.position)
        element = value.type.element
        lists.append(value)
        if element.base != "row":
            outputs.append((None, column, element))
            return
        for i, (name, child) in enumerate(zip(element.names, element.children, strict=True)):
            outputs.append((name, row_field(Value(column, element), i).sql, child))

    # --- joins ---

    def _join(self, node: n.Join, left_of: tuple[Field, ...]) -> RelationPlan:
        left = self.relation(node.left, left_of)
        right = self.relation(node.right, left_of + left.fields)
        self._check_lateral(node)
        fields = left.fields + right.fields
        if node.kind == "cross":
            return RelationPlan(f"{left.sql} CROSS JOIN {right.sql}", fields, left.merged)
        word = node.kind.upper()
        if node.using:
            return self._using(node, word, left, right)
        analyzer = ExpressionAnalyzer(Scope(fields, self._outer), self._queries)
        on = analyzer.condition(node.on or n.BooleanLiteral(True), "JOIN ON clause")
        self._queries.refuse_aggregates(analyzer, "JOIN clause")
        sql = f"({left.sql} {word} JOIN {right.sql} ON {on.sql})"
        return RelationPlan(sql, fields, left.merged + right.merged)

    def _check_lateral(self, node: n.Join) -> None:
        right = node.right.relation if isinstance(node.right, n.Aliased) else node.right
        lateral = isinstance(right, n.Unnest) or (isinstance(right, n.Subquery) and right.lateral)
        if lateral and node.kind in ("right", "full"):
            message = f"{node.kind.upper()} JOIN involving UNNEST or LATERAL is not supported"
            raise AthenaError("NOT_SUPPORTED", message, node.position)
        if lateral and node.kind in ("left", "inner") and node.on != n.BooleanLiteral(True):
            kind = node.kind.upper()
            message = f"{kind} JOIN involving UNNEST is only supported with condition ON TRUE"
            raise AthenaError("NOT_SUPPORTED", message, node.position)

    def _using(
        self, node: n.Join, word: str, left: RelationPlan, right: RelationPlan
    ) -> RelationPlan:
        conditions: list[str] = []
        merged: list[Field] = []
        hidden: list[Field] = []
        for name in node.using:
            if name.key in (field.name.lower() for field in merged if field.name):
                message = f"Column '{name.value}' appears multiple times in USING"
                raise AthenaError("DUPLICATE_COLUMN_NAME", message, name.position)
            a = self._one(left.starred, name)
            b = self._one(right.starred, name)
            made = common_type(a.type, b.type)
            if made is None:
                raise operators.unapplicable("=", a.type, b.type, name.position)
            one, other = Value(a.sql, a.type), Value(b.sql, b.type)
            conditions.append(operators.comparison("=", one, other, name.position).sql)
            x, y = coerce(one, made).sql, coerce(other, made).sql
            sql = {"RIGHT": y, "FULL": f"coalesce({x}, {y})"}.get(word, x)
            merged.append(Field(name.value, made, sql))
            hidden += [a, b]
        sql = f"({left.sql} {word} JOIN {right.sql} ON {' AND '.join(conditions)})"
        rest = tuple(f for f in left.starred + right.starred if f not in hidden)
        # A qualified name (t.id) is gone after USING, as in Trino: only the merged one remains.
        return RelationPlan(sql, (*merged, *rest), tuple(merged))

    @staticmethod
    def _one(fields: Sequence[Field], name: n.Identifier) -> Field:
        found = [f for f in fields if f.answers((), name.key)]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"Column '{name.value}' is ambiguous"
            raise AthenaError("AMBIGUOUS_NAME", message, name.position)
        message = f"Column '{name.value}' is missing from a side of the join"
        raise AthenaError("COLUMN_NOT_FOUND", message, name.position)
