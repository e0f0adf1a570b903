"""Queries: WITH, VALUES, set operations, ORDER BY and LIMIT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.athena.analysis import grouping
from lakehouse.athena.analysis.aggregates import sort_item
from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.analysis.coercion import unify
from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.plan import OutputColumn, QueryPlan, unique_names
from lakehouse.athena.analysis.scope import Field, Scope, row_field
from lakehouse.athena.analysis.selects import SelectAnalyzer
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.functions.registry import Function
from lakehouse.athena.schema import Schema
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.walk import tables_of
from lakehouse.athena.types import Type, common_type, contains_zone, identifier

Named = tuple[str, tuple[OutputColumn, ...]]


@dataclass
class QueryAnalyzer:
    """Analyzes one statement's queries."""

    schema: Schema
    functions: Mapping[str, Function]
    parameters: Sequence[object]
    clock: StatementClock
    named: dict[str, Named] = field(default_factory=dict)
    kept: list[n.Expression] = field(default_factory=list)
    _aliases: int = 0

    def new_alias(self) -> str:
        """A name no other relation of the statement has."""
        self._aliases += 1
        return f"r{self._aliases}"

    def named_query(self, parts: tuple[str, ...]) -> Named | None:
        """The query of WITH that a table's name means, if one does."""
        return self.named.get(parts[0]) if len(parts) == 1 else None

    def subquery(self, node: n.Query, outer: Scope | None) -> QueryPlan:
        """The plan of a query nested in another; what WITH names in it ends with it."""
        known = dict(self.named)
        plan = self.query(node, outer)
        self.named = known
        return plan

    def query(self, node: n.Query, outer: Scope | None = None) -> QueryPlan:
        """The plan of a whole query."""
        _check_names(node.named)
        named = [self._name(item, outer, node.recursive) for item in node.named]
        word = "WITH RECURSIVE" if node.recursive else "WITH"
        prefix = f"{word} {', '.join(named)} " if named else ""
        limit = self._limits(node)
        if isinstance(node.body, n.Select):
            plan = SelectAnalyzer(self, outer).plan(node.body, node.order, limit)
        else:
            plan = self._body(node.body, outer)
            if node.order or limit:
                plan = self._ordered(plan, node, outer, limit)
        return QueryPlan(prefix + plan.sql, plan.columns)

    def _name(self, item: n.NamedQuery, outer: Scope | None, recursive: bool) -> str:
        if recursive and self._refers_to_itself(item):
            return self._recursive(item, outer)
        plan = self.subquery(item.query, outer)
        columns = self._renamed(item, plan.columns)
        self._aliases += 1
        sql = f"w{self._aliases}"
        self.named[item.name.key] = (sql, columns)
        return f"{sql} AS ({plan.sql})"

    @staticmethod
    def _renamed(item: n.NamedQuery, columns: tuple[OutputColumn, ...]) -> tuple[OutputColumn, ...]:
        if item.columns:
            if len(item.columns) != len(columns):
                given, found = len(item.columns), len(columns)
                message = f"Column alias list has {given} entries but relation has {found} columns"
                raise AthenaError("MISMATCHED_COLUMN_ALIASES", message, item.position)
            columns = tuple(
                OutputColumn(name.value, column.type, column.sql_name)
                for name, column in zip(item.columns, columns, strict=True)
            )
        return columns

    @staticmethod
    def _refers_to_itself(item: n.NamedQuery) -> bool:
        return any(table.parts[0].key == item.name.key for table in tables_of(item.query))

    def _recursive(self, item: n.NamedQuery, outer: Scope | None) -> str:
        """A first query and one that reads what was found last, until it finds no more."""
        body = item.query.body
        if not isinstance(body, n.SetOperation) or body.operator != "UNION" or body.distinct:
            raise not_supported("A recursive query other than UNION ALL", item.position)
        if item.query.order or item.query.limit or item.query.offset or item.query.named:
            raise not_supported("A recursive query with clauses of its own", item.position)
        if not item.columns:
            message = "missing column aliases in recursive WITH query"
            raise AthenaError("MISSING_COLUMN_ALIASES", message, item.position)
        first = self._body(body.left, outer)
        columns = self._renamed(item, first.columns)
        self._aliases += 1
        sql = f"w{self._aliases}"
        self.named[item.name.key] = (sql, columns)
        step = self._body(body.right, outer)
        if len(step.columns) != len(columns):
            message = "base and step relations of recursion have different number of fields"
            raise AthenaError("TYPE_MISMATCH", message, item.position)
        step = step.as_types([column.type for column in columns], item.position)
        listed = ", ".join(identifier(column.sql_name) for column in columns)
        return f"{sql}({listed}) AS (({first.sql}) UNION ALL ({step.sql}))"

    def _limits(self, node: n.Query) -> str:
        if node.with_ties:
            raise not_supported("FETCH FIRST ... WITH TIES", node.position)
        parts = []
        for word, count in (("LIMIT", node.limit), ("OFFSET", node.offset)):
            if count is None:
                continue
            value = ExpressionAnalyzer(Scope(), self).value(count)
            if not isinstance(value.literal, int) or value.literal < 0:
                message = f"{word} row count must be a non-negative integer"
                raise AthenaError("INVALID_LIMIT_CLAUSE", message, count.position)
            parts.append(f"{word} {value.literal}")
        return " ".join(parts)

    def refuse_aggregates(self, analyzer: ExpressionAnalyzer, where: str) -> None:
        """Raise if an aggregate or window function stands where none may."""
        for call in (*analyzer.found_aggregates, *analyzer.found_windows):
            message = (
                f"{where} cannot contain aggregations, window functions or grouping operations"
            )
            raise AthenaError("EXPRESSION_NOT_SCALAR", message, call.position)

    # --- bodies other than SELECT ---

    def _body(self, node: n.QueryBody, outer: Scope | None) -> QueryPlan:
        if isinstance(node, n.Select):
            return SelectAnalyzer(self, outer).plan(node, (), "")
        if isinstance(node, n.Nested):
            return self.subquery(node.query, outer)
        if isinstance(node, n.Values):
            return self._values(node, outer)
        if isinstance(node, n.SetOperation):
            return self._set_operation(node, outer)
        if isinstance(node, n.TableBody):
            select = n.Select(
                False, (n.AllColumns(None, ()),), node.table, None, None, False, None, (),
                position=node.position,
            )  # fmt: skip
            return SelectAnalyzer(self, outer).plan(select, (), "")
        raise not_supported(type(node).__name__, node.position)

    def _values(self, node: n.Values, outer: Scope | None) -> QueryPlan:
        analyzer = ExpressionAnalyzer(Scope((), outer), self)
        rows = [self._value_row(analyzer, item) for item in node.rows]
        if len({len(items) for items in rows}) != 1:
            message = "Values rows have mismatched sizes"
            raise AthenaError("TYPE_MISMATCH", message, node.position)
        columns = [
            unify(column, node.position, "Values rows") for column in zip(*rows, strict=True)
        ]
        self.refuse_aggregates(analyzer, "VALUES")
        names = unique_names([None] * len(columns))
        lines = ", ".join(
            f"({', '.join(value.sql for value in items)})" for items in zip(*columns, strict=True)
        )
        outputs = tuple(
            OutputColumn(None, values[0].type, name)
            for name, values in zip(names, columns, strict=True)
        )
        listed = ", ".join(map(identifier, names))
        return QueryPlan(f"SELECT * FROM (VALUES {lines}) AS v({listed})", outputs)

    @staticmethod
    def _value_row(analyzer: ExpressionAnalyzer, item: n.Expression) -> list[Value]:
        if isinstance(item, n.RowConstructor):
            return analyzer.values(item.items)
        value = analyzer.value(item)
        if value.type.base == "row":
            return [row_field(value, i) for i in range(len(value.type.children))]
        return [value]

    def _set_operation(self, node: n.SetOperation, outer: Scope | None) -> QueryPlan:
        left, right = self._branch(node.left, outer), self._branch(node.right, outer)
        if len(left.columns) != len(right.columns):
            counts = f"{len(left.columns)}, {len(right.columns)}"
            message = f"{node.operator} query has different number of fields: {counts}"
            raise AthenaError("TYPE_MISMATCH", message, node.position)
        types: list[Type] = []
        for i, (a, b) in enumerate(zip(left.columns, right.columns, strict=True)):
            made = common_type(a.type, b.type)
            if made is None:
                where = f"column {i + 1} in {node.operator} query"
                message = f"{where} has incompatible types: {a.type}, {b.type}"
                raise AthenaError("TYPE_MISMATCH", message, node.position)
            if contains_zone(made) and (node.distinct or node.operator != "UNION"):
                raise not_supported("A set of values with zones of their own", node.position)
            types.append(made)
        sides = [side.as_types(types, node.position) for side in (left, right)]
        names = unique_names([column.name for column in left.columns])
        word = node.operator if node.distinct else f"{node.operator} ALL"
        selects = [
            f"(SELECT * FROM ({s.sql}) AS s({', '.join(map(identifier, names))}))" for s in sides
        ]
        columns = tuple(
            OutputColumn(column.name, made, name)
            for column, made, name in zip(left.columns, types, names, strict=True)
        )
        return QueryPlan(f"{selects[0]} {word} {selects[1]}", columns)

    def _branch(self, node: n.QueryBody, outer: Scope | None) -> QueryPlan:
        return self._body(node, outer)

    def _ordered(
        self, plan: QueryPlan, node: n.Query, outer: Scope | None, limit: str
    ) -> QueryPlan:
        alias = self.new_alias()
        fields = tuple(
            Field(c.name, c.type, f"{alias}.{identifier(c.sql_name)}") for c in plan.columns
        )
        analyzer = ExpressionAnalyzer(Scope(fields, outer), self)
        items = [self._order_item(analyzer, item, fields) for item in node.order]
        order = f" ORDER BY {', '.join(items)}" if items else ""
        return QueryPlan(f"SELECT * FROM ({plan.sql}) AS {alias}{order} {limit}", plan.columns)

    @staticmethod
    def _order_item(analyzer: ExpressionAnalyzer, item: n.SortItem, fields: Sequence[Field]) -> str:
        place = grouping.ordinal(item.value, len(fields))
        if place is not None:
            return sort_item(Value(fields[place].sql, fields[place].type), item)
        return sort_item(analyzer.value(item.value), item)


def _check_names(named: Sequence[n.NamedQuery]) -> None:
    """Raise DUPLICATE_NAMED_QUERY if WITH names two queries alike."""
    known: set[str] = set()
    for item in named:
        if item.name.key in known:
            message = f"WITH query name '{item.name.value}' specified more than once"
            raise AthenaError("DUPLICATE_NAMED_QUERY", message, item.position)
        known.add(item.name.key)
