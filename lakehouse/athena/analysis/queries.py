"""Queries: WITH, SELECT with grouping and windows, set operations, ORDER BY and LIMIT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.athena.analysis import grouping
from lakehouse.athena.analysis.aggregates import sort_item
from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.analysis.coercion import unify
from lakehouse.athena.analysis.expressions import ExpressionAnalyzer
from lakehouse.athena.analysis.plan import OutputColumn, QueryPlan, RelationPlan, unique_names
from lakehouse.athena.analysis.relations import RelationAnalyzer
from lakehouse.athena.analysis.scope import Field, Scope, dotted, row_field
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
            plan = self._select(node.body, outer, node.order, limit)
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
            return self._select(node, outer, (), "")
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
            return self._select(select, outer, (), "")
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

    # --- SELECT ---

    def _select(
        self, node: n.Select, outer: Scope | None, order: Sequence[n.SortItem], limit: str
    ) -> QueryPlan:
        relation = (
            RelationAnalyzer(self, outer).relation(node.relation)
            if node.relation
            else RelationPlan("", ())
        )
        scope = Scope(relation.fields, outer)
        windows = {name.key: window for name, window in node.windows}
        where = ""
        if node.where is not None:
            filtering = ExpressionAnalyzer(scope, self)
            where = f" WHERE {filtering.condition(node.where, 'WHERE clause').sql}"
            self.refuse_aggregates(filtering, "WHERE clause")
        analyzer = ExpressionAnalyzer(scope, self, windows=windows)
        items = self._items(node, analyzer, relation)
        keys = grouping.group_by(analyzer, node, [(item, value) for item, _, value in items])
        tests = []
        if node.having is not None:
            tests.append(f"({analyzer.condition(node.having, 'HAVING clause').sql})")
        names = unique_names([name for _, name, _ in items])
        columns = tuple(
            OutputColumn(name, value.type, sql_name)
            for (_, name, value), sql_name in zip(items, names, strict=True)
        )
        sorting = self._sorting(analyzer, order, items)
        if keys is not None or analyzer.found_aggregates or node.having is not None:
            checked = [item for item, _, _ in items if item] + [s.value for s in order]
            grouping.check(analyzer, keys, [*checked, *([node.having] if node.having else [])])
            if keys is None and outer is not None:
                # The engine forgets the row that an aggregate over nothing gives, where the query
                # is correlated, unless that query counts.
                tests.insert(0, "count(*) >= 0")
        having = f" HAVING {' AND '.join(tests)}" if tests else ""
        self._check_distinct(node, columns, sorting, order)
        listed = ", ".join(
            f"{value.sql} AS {identifier(name)}"
            for (_, _, value), name in zip(items, names, strict=True)
        )
        sql = (
            f"SELECT {'DISTINCT ' if node.distinct else ''}{listed}"
            f"{' FROM ' + relation.sql if relation.sql else ''}{where}"
            f"{keys.sql if keys else ''}{having}"
            f"{' ORDER BY ' + ', '.join(s for _, s in sorting) if sorting else ''}"
            f"{' ' + limit if limit else ''}"
        )
        return QueryPlan(sql, columns)

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
            self.kept.append(node)
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
                scope, self, analyzer.windows, analyzer.seen,
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


def _check_names(named: Sequence[n.NamedQuery]) -> None:
    """Raise DUPLICATE_NAMED_QUERY if WITH names two queries alike."""
    known: set[str] = set()
    for item in named:
        if item.name.key in known:
            message = f"WITH query name '{item.name.value}' specified more than once"
            raise AthenaError("DUPLICATE_NAMED_QUERY", message, item.position)
        known.add(item.name.key)


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
