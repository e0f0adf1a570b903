"""SELECT: its columns, grouping, windows and order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakehouse.athena.analysis import grouping
from lakehouse.athena.analysis.aggregates import sort_item
from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.plan import OutputColumn, QueryPlan, RelationPlan, unique_names
from lakehouse.athena.analysis.relations import RelationAnalyzer
from lakehouse.athena.analysis.scope import Field, Scope, dotted, row_field
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import contains_zone, identifier

if TYPE_CHECKING:
    from lakehouse.athena.analysis.queries import QueryAnalyzer


class SelectAnalyzer:
    """Analyzes one SELECT; `outer` is what a correlated one sees."""

    def __init__(self, queries: QueryAnalyzer, outer: Scope | None) -> None:
        self._queries = queries
        self._outer = outer

    def plan(self, node: n.Select, order: Sequence[n.SortItem], limit: str) -> QueryPlan:
        """The plan of a SELECT, with the ORDER BY and LIMIT that stand behind it."""
        relation = RelationPlan("", ())
        if node.relation:
            relation = RelationAnalyzer(self._queries, self._outer).relation(node.relation)
        scope = Scope(relation.fields, self._outer)
        where = self._where(node, scope)
        windows = {name.key: window for name, window in node.windows}
        analyzer = ExpressionAnalyzer(scope, self._queries, windows=windows)
        items = self._items(node, analyzer, relation)
        keys = grouping.group_by(analyzer, node, [(item, value) for item, _, value in items])
        having = self._having(node, analyzer)
        names = unique_names([name for _, name, _ in items])
        columns = tuple(
            OutputColumn(name, value.type, sql_name)
            for (_, name, value), sql_name in zip(items, names, strict=True)
        )
        sorting = self._sorting(analyzer, order, items)
        if keys is not None or analyzer.found_aggregates or node.having is not None:
            checked = [item for item, _, _ in items if item] + [s.value for s in order]
            grouping.check(analyzer, keys, [*checked, *([node.having] if node.having else [])])
            if keys is None and self._outer is not None:
                having = _counting(having)
        self._check_distinct(node, columns, sorting, order)
        listed = ", ".join(
            f"{value.sql} AS {identifier(name)}"
            for (_, _, value), name in zip(items, names, strict=True)
        )
        sql = (
            f"SELECT {'DISTINCT ' if node.distinct else ''}{listed}"
            f"{' FROM ' + relation.sql if relation.sql else ''}{where}"
            f"{keys.sql if keys else ''}{' HAVING ' + having if having else ''}"
            f"{' ORDER BY ' + ', '.join(s for _, s in sorting) if sorting else ''}"
            f"{' ' + limit if limit else ''}"
        )
        return QueryPlan(sql, columns)

    def _where(self, node: n.Select, scope: Scope) -> str:
        if node.where is None:
            return ""
        filtering = ExpressionAnalyzer(scope, self._queries)
        condition = filtering.condition(node.where, "WHERE clause")
        self._queries.refuse_aggregates(filtering, "WHERE clause")
        return f" WHERE {condition.sql}"

    @staticmethod
    def _having(node: n.Select, analyzer: ExpressionAnalyzer) -> str:
        if node.having is None:
            return ""
        return analyzer.condition(node.having, "HAVING clause").sql

    def _items(
        self, node: n.Select, analyzer: ExpressionAnalyzer, relation: RelationPlan
    ) -> list[tuple[n.Expression | None, str | None, Value]]:
        made: list[tuple[n.Expression | None, str | None, Value]] = []
        for item in node.items:
            if isinstance(item, n.SelectItem):
                value = analyzer.value(item.value)
                made.append((item.value, _name_of(item), value))
                continue
            for name, value, reference in self._star(item, analyzer, relation):
                made.append((reference, name, value))
        return made

    def _star(
        self, item: n.AllColumns, analyzer: ExpressionAnalyzer, relation: RelationPlan
    ) -> list[tuple[str | None, Value, n.Expression | None]]:
        found: list[tuple[str | None, Value]]
        fields = relation.starred
        if item.prefix is not None:
            path = dotted(item.prefix) or ("",)
            fields = tuple(
                f for f in relation.fields if f.qualifier[-len(path) :] == path and not f.hidden
            )
        if fields or item.prefix is None:
            found = [(f.name, Value(f.sql, f.type)) for f in fields]
        else:
            value = analyzer.value(item.prefix)
            if value.type.base != "row":
                message = "SELECT * from a type other than row"
                raise AthenaError("TYPE_MISMATCH", message, item.position)
            found = [(name, row_field(value, i)) for i, name in enumerate(value.type.names)]
        if not found:
            message = "SELECT * not allowed in queries without FROM clause"
            raise AthenaError("COLUMN_NOT_FOUND", message, item.position)
        if item.aliases:
            if len(item.aliases) != len(found):
                message = "Column alias list does not match the number of columns"
                raise AthenaError("MISMATCHED_COLUMN_ALIASES", message, item.position)
            found = [(a.value, v) for a, (_, v) in zip(item.aliases, found, strict=True)]
        result: list[tuple[str | None, Value, n.Expression | None]] = []
        for name, value in found:
            # A node of its own, so that grouping can check the column like a written one.
            node = n.Column(n.Identifier(name or ""), position=item.position)
            analyzer.seen[id(node)] = value
            self._queries.kept.append(node)
            result.append((name, value, node))
        return result

    def _sorting(
        self,
        analyzer: ExpressionAnalyzer,
        order: Sequence[n.SortItem],
        items: Sequence[tuple[n.Expression | None, str | None, Value]],
    ) -> list[tuple[bool, str]]:
        """Each ORDER BY item, and whether it is one of the columns of the result."""
        outputs = tuple(Field(name, value.type, value.sql) for _, name, value in items)
        made = []
        for item in order:
            place = grouping.ordinal(item.value, len(items))
            if place is not None:
                value = items[place][2]
                made.append((True, self._by_place(value, place, item)))
                continue
            scope = Scope(_shadowed(outputs, analyzer.scope.fields), analyzer.scope.parent)
            sorter = ExpressionAnalyzer(
                scope, self._queries, analyzer.windows, analyzer.seen,
                analyzer.found_aggregates, analyzer.found_windows,
            )  # fmt: skip
            value = sorter.value(item.value)
            same = [i for i, (_, _, shown) in enumerate(items) if shown.sql == value.sql]
            if same:
                made.append((True, self._by_place(items[same[0]][2], same[0], item)))
            else:
                made.append((False, sort_item(value, item)))
        return made

    @staticmethod
    def _by_place(value: Value, place: int, item: n.SortItem) -> str:
        if contains_zone(value.type):
            return sort_item(value, item)
        return sort_item(Value(str(place + 1), value.type), item)

    @staticmethod
    def _check_distinct(
        node: n.Select,
        columns: Sequence[OutputColumn],
        sorting: Sequence[tuple[bool, str]],
        order: Sequence[n.SortItem],
    ) -> None:
        if not node.distinct:
            return
        if any(contains_zone(column.type) for column in columns):
            raise not_supported("DISTINCT over time zones that differ by row", node.position)
        for (shown, _), item in zip(sorting, order, strict=True):
            if not shown:
                message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                raise AthenaError("EXPRESSION_NOT_IN_DISTINCT", message, item.position)


def _counting(having: str) -> str:
    """The condition of a subquery that aggregates all of its rows, none too.

    The engine forgets the one row that such a query gives, where it is correlated and reads no
    row, unless the query counts.
    """
    return f"count(*) >= 0 AND ({having})" if having else "count(*) >= 0"


def _shadowed(outputs: Sequence[Field], fields: Sequence[Field]) -> tuple[Field, ...]:
    """ORDER BY sees the result's columns first, then the relation's that they do not hide."""
    names = {f.name.lower() for f in outputs if f.name}
    unique: dict[str, Field] = {}
    for output in outputs:
        if output.name:
            unique.setdefault(output.name.lower() + "\0" + output.sql, output)
    rest = [f for f in fields if f.name is None or f.name.lower() not in names]
    qualified = [
        Field(f.name, f.type, f.sql, f.qualifier)
        for f in fields
        if f.name and f.name.lower() in names and f.qualifier
    ]
    hidden = [_QualifiedOnly(f.name, f.type, f.sql, f.qualifier) for f in qualified]
    return (*unique.values(), *rest, *hidden)


class _QualifiedOnly(Field):
    """A relation's column that a column of the result hides, unless it is named with its table."""

    def answers(self, qualifier: tuple[str, ...], name: str) -> bool:
        return bool(qualifier) and super().answers(qualifier, name)


def _name_of(item: n.SelectItem) -> str | None:
    """The name of a select item: its alias, or the last part of a plain column."""
    if item.alias:
        return item.alias.value
    if isinstance(item.value, n.Column):
        return item.value.name.value
    if isinstance(item.value, n.Dereference):
        return item.value.field.value
    return None
