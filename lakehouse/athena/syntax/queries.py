"""Queries: WITH, SELECT, FROM, set operations, ORDER BY, OFFSET and LIMIT."""

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.expressions import ExpressionParser
from lakehouse.athena.syntax.tokens import Kind

_AFTER_JOIN = ("INNER", "LEFT", "RIGHT", "FULL")


class QueryParser(ExpressionParser):
    """Reads queries."""

    def query(self) -> n.Query:
        """Read a whole query."""
        position = self.position
        named: tuple[n.NamedQuery, ...] = ()
        recursive = False
        if self.accept("WITH"):
            if self.at("SESSION") or self.at("FUNCTION"):
                raise not_supported(f"WITH {self.token.keyword}", self.position)
            recursive = self.accept("RECURSIVE")
            named = self.listed(self._named_query)
        body = self._set_operation()
        order = self.order_by()
        offset = limit = None
        with_ties = False
        if self.accept("OFFSET"):
            offset = self._row_count()
            self.one_of("ROW", "ROWS")
        if self.accept("LIMIT"):
            limit = None if self.accept("ALL") else self._row_count()
        elif self.accept("FETCH"):
            limit, with_ties = self._fetch()
        return n.Query(body, named, recursive, order, offset, limit, with_ties, position=position)

    def _row_count(self) -> n.Expression:
        position = self.position
        if self.accept("?"):
            self.parameters += 1
            return n.Parameter(self.parameters - 1, position=position)
        return n.NumberLiteral("integer", str(self.integer()), position=position)

    def _fetch(self) -> tuple[n.Expression, bool]:
        position = self.position
        if not self.one_of("FIRST", "NEXT"):
            self.fail("'FIRST', 'NEXT'")
        limit: n.Expression = n.NumberLiteral("integer", "1", position=position)
        if self.token.kind is Kind.INTEGER or self.at("?"):
            limit = self._row_count()
        if not self.one_of("ROW", "ROWS"):
            self.fail("'ROW', 'ROWS'")
        if self.accept("WITH", "TIES"):
            return limit, True
        self.expect("ONLY")
        return limit, False

    def _named_query(self) -> n.NamedQuery:
        name = self.identifier()
        columns = self._column_aliases()
        self.expect("AS")
        return n.NamedQuery(name, columns, self.parenthesized_query(), position=name.position)

    def _set_operation(self) -> n.QueryBody:
        left = self._intersection()
        while self.token.keyword in ("UNION", "EXCEPT"):
            token = self.next()
            distinct = self._distinct()
            right = self._intersection()
            left = n.SetOperation(token.keyword, distinct, left, right, position=token.position)
        return left

    def _intersection(self) -> n.QueryBody:
        left = self._primary_query()
        while self.at("INTERSECT"):
            token = self.next()
            distinct = self._distinct()
            right = self._primary_query()
            left = n.SetOperation("INTERSECT", distinct, left, right, position=token.position)
        return left

    def _distinct(self) -> bool:
        if self.accept("ALL"):
            return False
        self.accept("DISTINCT")
        return True

    def _primary_query(self) -> n.QueryBody:
        position = self.position
        if self.at("("):
            return n.Nested(self.parenthesized_query(), position=position)
        if self.accept("VALUES"):
            return n.Values(self.listed(self.expression), position=position)
        if self.accept("TABLE"):
            return n.TableBody(n.Table(self.name(), position=position), position=position)
        return self._select()

    def _select(self) -> n.Select:
        position = self.expect("SELECT").position
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        items = self.listed(self._select_item)
        relation = self._from() if self.accept("FROM") else None
        where = self.expression() if self.accept("WHERE") else None
        group_by, group_distinct = None, False
        if self.accept("GROUP", "BY"):
            group_distinct = self.accept("DISTINCT")
            if not group_distinct and self.at("ALL"):
                self.next()
            group_by = self.listed(self._grouping_element)
        having = self.expression() if self.accept("HAVING") else None
        windows: tuple[tuple[n.Identifier, n.Window], ...] = ()
        if self.accept("WINDOW"):
            windows = self.listed(self._window_definition)
        return n.Select(
            distinct, items, relation, where, group_by, group_distinct, having, windows,
            position=position,
        )  # fmt: skip

    def _select_item(self) -> n.SelectItem | n.AllColumns:
        position = self.position
        if self.accept("*"):
            return n.AllColumns(None, (), position=position)
        value = self._prefix_of_star() or self.expression()
        if self.accept("."):
            self.expect("*")
            aliases: tuple[n.Identifier, ...] = ()
            if self.at("AS", "("):
                self.next()
                aliases = self.parenthesized(self.identifier)
            return n.AllColumns(value, aliases, position=position)
        if self.accept("AS"):
            return n.SelectItem(value, self.identifier(), position=position)
        alias = self.identifier() if self.at_alias() else None
        return n.SelectItem(value, alias, position=position)

    def _prefix_of_star(self) -> n.Expression | None:
        distance = 0
        while self.ahead(distance).kind in (Kind.WORD, Kind.QUOTED):
            if self.ahead(distance + 1).text != ".":
                return None
            if self.ahead(distance + 2).text == "*":
                break
            distance += 2
        else:
            return None
        prefix: n.Expression = n.Column(self.identifier(), position=self.position)
        for _ in range(distance // 2):
            self.expect(".")
            prefix = n.Dereference(prefix, self.identifier(), position=prefix.position)
        return prefix

    def _window_definition(self) -> tuple[n.Identifier, n.Window]:
        name = self.identifier()
        self.expect("AS")
        self.expect("(")
        window = self.window_specification()
        self.expect(")")
        return name, window

    # --- GROUP BY ---

    def _grouping_element(self) -> n.GroupingElement:
        position = self.position
        for kind in ("ROLLUP", "CUBE"):
            if self.accept(kind):
                members = self._grouping_members()
                return n.GroupingElement(kind.lower(), members, position=position)
        if self.accept("GROUPING", "SETS"):
            return n.GroupingElement("sets", self._grouping_members(), position=position)
        return n.GroupingElement("simple", (self._grouping_set(),), position=position)

    def _grouping_members(self) -> tuple[tuple[n.Expression, ...], ...]:
        self.expect("(")
        members = () if self.at(")") else self.listed(self._grouping_set)
        self.expect(")")
        return members

    def _grouping_set(self) -> tuple[n.Expression, ...]:
        if self.accept("(", ")"):
            return ()
        value = self.expression()
        return value.items if isinstance(value, n.RowConstructor) else (value,)

    # --- FROM ---

    def _from(self) -> n.Relation:
        relation = self._joined()
        while self.at(","):
            position = self.next().position
            relation = n.Join("cross", relation, self._joined(), position=position)
        return relation

    def _joined(self) -> n.Relation:
        left = self._sampled()
        while True:
            position = self.position
            if self.accept("NATURAL"):
                raise not_supported("Natural join", position)
            if self.accept("CROSS", "JOIN"):
                left = n.Join("cross", left, self._sampled(), position=position)
                continue
            kind = self._join_kind()
            if not kind:
                return left
            right = self._joined()
            if self.accept("ON"):
                left = n.Join(kind, left, right, self.expression(), position=position)
            elif self.accept("USING"):
                using = self.parenthesized(self.identifier)
                left = n.Join(kind, left, right, None, using, position=position)
            else:
                self.fail("'ON', 'USING'")

    def _join_kind(self) -> str:
        if self.accept("JOIN"):
            return "inner"
        word = self.token.keyword
        if word not in _AFTER_JOIN:
            return ""
        self.next()
        if word != "INNER":
            self.accept("OUTER")
        self.expect("JOIN")
        return word.lower()

    def _sampled(self) -> n.Relation:
        relation = self.aliased_relation()
        if self.at("TABLESAMPLE"):
            position = self.next().position
            kind = self.one_of("BERNOULLI", "SYSTEM")
            if not kind:
                self.fail("'BERNOULLI', 'SYSTEM'")
            self.expect("(")
            percentage = self.expression()
            self.expect(")")
            return n.Sample(relation, kind, percentage, position=position)
        return relation

    def aliased_relation(self) -> n.Relation:
        """Read one relation with its alias, and no join."""
        relation = self._relation()
        if self.at("MATCH_RECOGNIZE", "("):
            raise not_supported("MATCH_RECOGNIZE", self.position)
        if self.accept("AS") or self.at_alias():
            name = self.identifier()
            columns = self._column_aliases()
            return n.Aliased(relation, name, columns, position=name.position)
        return relation

    def _column_aliases(self) -> tuple[n.Identifier, ...]:
        return self.parenthesized(self.identifier) if self.at("(") else ()

    def _relation(self) -> n.Relation:
        position = self.position
        if self.at("UNNEST"):
            self.next()
            arguments = self.parenthesized(self.expression)
            ordinality = self.accept("WITH", "ORDINALITY")
            return n.Unnest(arguments, ordinality, position=position)
        if self.accept("LATERAL"):
            return n.Subquery(self.parenthesized_query(), lateral=True, position=position)
        if self.at("TABLE", "(") or self.at("JSON_TABLE"):
            raise not_supported("A table function", position)
        if self.at("("):
            return self._in_parentheses()
        parts = self.name()
        if self.at("("):
            raise not_supported("A table function", position)
        return n.Table(parts, self._version(), position=position)

    def _in_parentheses(self) -> n.Relation:
        position = self.position
        if self.query_follows(1):
            mark = self.position_mark()
            try:
                return n.Subquery(self.parenthesized_query(), position=position)
            except AthenaError:
                # ((SELECT 1) JOIN t ...) begins as a query in parentheses does.
                self.rewind(mark)
                if not self.at("(", "("):
                    raise
        self.expect("(")
        relation = self._joined()
        self.expect(")")
        return relation

    def _version(self) -> n.Version | None:
        if not self.at("FOR"):
            return None
        position = self.next().position
        kind = self.one_of("TIMESTAMP", "VERSION", "SYSTEM_TIME", "SYSTEM_VERSION")
        if not kind:
            self.fail("'TIMESTAMP', 'VERSION'")
        kind = kind.replace("SYSTEM_TIME", "TIMESTAMP").replace("SYSTEM_VERSION", "VERSION")
        self.expect("AS", "OF")
        return n.Version(kind.lower(), self.value(), position=position)


def parse_query(text: str) -> n.Query:
    """The tree of a text that holds exactly one query, with an optional closing semicolon.

    Raises AthenaError SYNTAX_ERROR where Trino's grammar has no rule, NOT_SUPPORTED where it has
    one that this dialect does not answer.
    """
    parser = QueryParser(text)
    query = parser.query()
    parser.accept(";")
    if parser.token.kind is not Kind.END:
        parser.fail("<EOF>")
    return query
