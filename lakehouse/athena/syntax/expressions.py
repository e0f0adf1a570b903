"""Expressions, by precedence: OR, AND, NOT, one predicate, ||, + -, * / %, sign, AT TIME ZONE."""

from abc import abstractmethod

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.special_forms import SpecialForms
from lakehouse.athena.syntax.tokens import Kind

_COMPARISONS = ("=", "<>", "!=", "<=", ">=", "<", ">")
_TYPED = {
    "DATE", "TIME", "TIMESTAMP", "DECIMAL", "JSON", "UUID", "IPADDRESS", "BIGINT", "INTEGER", "INT",
    "SMALLINT", "TINYINT", "REAL", "DOUBLE", "VARCHAR", "CHAR", "BOOLEAN", "VARBINARY",
}  # fmt: skip


class ExpressionParser(SpecialForms):
    """Reads expressions; queries inside them are read by the subclass."""

    @abstractmethod
    def query(self) -> n.Query:
        """Read a whole query."""

    def expression(self) -> n.Expression:
        """Read one expression."""
        left = self._conjunction()
        while self.at("OR"):
            position = self.next().position
            left = n.Logical("OR", left, self._conjunction(), position=position)
        return left

    def _conjunction(self) -> n.Expression:
        left = self._negation()
        while self.at("AND"):
            position = self.next().position
            left = n.Logical("AND", left, self._negation(), position=position)
        return left

    def _negation(self) -> n.Expression:
        if self.at("NOT"):
            position = self.next().position
            return n.Not(self._negation(), position=position)
        return self._predicate(self.value())

    def _predicate(self, value: n.Expression) -> n.Expression:
        position = self.position
        for operator in _COMPARISONS:
            if self.accept(operator):
                return self._comparison("<>" if operator == "!=" else operator, value)
        negated = self.at("NOT") and self.ahead().keyword in ("BETWEEN", "IN", "LIKE")
        if negated:
            self.next()
        found = self._tested(value)
        if found is None:
            return value
        return n.Not(found, position=position) if negated else found

    def _comparison(self, operator: str, value: n.Expression) -> n.Expression:
        if self.token.keyword in ("ALL", "ANY", "SOME") and self.ahead().text == "(":
            quantifier = "ALL" if self.next().keyword == "ALL" else "ANY"
            query = self.parenthesized_query()
            return n.Quantified(operator, quantifier, value, query, position=value.position)
        return n.Comparison(operator, value, self.value(), position=value.position)

    def _tested(self, value: n.Expression) -> n.Expression | None:
        position = value.position
        if self.accept("BETWEEN"):
            low = self.value()
            self.expect("AND")
            return n.Between(value, low, self.value(), position=position)
        if self.accept("IN"):
            if self.at("(") and self.query_follows(1):
                return n.InQuery(value, self.parenthesized_query(), position=position)
            return n.InList(value, self.parenthesized(self.expression), position=position)
        if self.accept("LIKE"):
            pattern = self.value()
            escape = self.value() if self.accept("ESCAPE") else None
            return n.Like(value, pattern, escape, position=position)
        if self.accept("IS"):
            return self._is(value)
        return None

    def _is(self, value: n.Expression) -> n.Expression:
        negated = self.accept("NOT")
        if self.accept("NULL"):
            found: n.Expression = n.IsNull(value, position=value.position)
            return n.Not(found, position=value.position) if negated else found
        self.expect("DISTINCT", "FROM")
        operator = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"
        return n.Comparison(operator, value, self.value(), position=value.position)

    def value(self) -> n.Expression:
        """Read what binds tighter than a predicate."""
        left = self._sum()
        while self.at("||"):
            position = self.next().position
            left = n.Arithmetic("||", left, self._sum(), position=position)
        return left

    def _sum(self) -> n.Expression:
        left = self._product()
        while self.at("+") or self.at("-"):
            token = self.next()
            left = n.Arithmetic(token.text, left, self._product(), position=token.position)
        return left

    def _product(self) -> n.Expression:
        left = self._signed()
        while self.at("*") or self.at("/") or self.at("%"):
            token = self.next()
            left = n.Arithmetic(token.text, left, self._signed(), position=token.position)
        return left

    def _signed(self) -> n.Expression:
        if self.at("-") or self.at("+"):
            token = self.next()
            return n.Unary(token.text, self._signed(), position=token.position)
        value = self._suffixed()
        while self.at("AT", "TIME", "ZONE"):
            position = self.expect("AT", "TIME", "ZONE").position
            value = n.AtTimeZone(value, self._suffixed(), position=position)
        return value

    def _suffixed(self) -> n.Expression:
        value = self._primary()
        while True:
            if self.at("["):
                position = self.next().position
                value = n.Subscript(value, self.value(), position=position)
                self.expect("]")
            elif self.at(".") and self.ahead().kind in (Kind.WORD, Kind.QUOTED):
                self.next()
                value = n.Dereference(value, self.identifier(), position=value.position)
            else:
                return value

    def _primary(self) -> n.Expression:
        token = self.token
        if token.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE):
            self.next()
            return n.NumberLiteral(token.kind.name.lower(), token.value, position=token.position)
        if token.kind is Kind.STRING:
            return n.StringLiteral(self.next().value, position=token.position)
        if token.kind is Kind.BINARY:
            return n.BinaryLiteral(self.next().value, position=token.position)
        if self.accept("?"):
            self.parameters += 1
            return n.Parameter(self.parameters - 1, position=token.position)
        if self.at("("):
            return self._parenthesis()
        form = self.special_form()
        if form is not None:
            return form
        return self._named()

    def _parenthesis(self) -> n.Expression:
        position = self.position
        if self.query_follows(1):
            return n.ScalarQuery(self.parenthesized_query(), position=position)
        if self._lambda_follows():
            return self._lambda()
        items = self.parenthesized(self.expression)
        if len(items) == 1:
            return items[0]
        return n.RowConstructor(items, position=position)

    def query_follows(self, distance: int) -> bool:
        """Whether a query begins `distance` tokens on, past any opening parentheses."""
        while self.ahead(distance).text == "(" and self.ahead(distance).kind is Kind.SYMBOL:
            distance += 1
        return self.ahead(distance).keyword in ("SELECT", "WITH", "VALUES", "TABLE")

    def parenthesized_query(self) -> n.Query:
        """Read ( query )."""
        self.expect("(")
        query = self.query()
        self.expect(")")
        return query

    def _lambda_follows(self) -> bool:
        distance = 1
        if self.ahead(distance).text == ")":
            return self.ahead(distance + 1).text == "->"
        while self.ahead(distance).kind in (Kind.WORD, Kind.QUOTED):
            after = self.ahead(distance + 1).text
            if after == ")":
                return self.ahead(distance + 2).text == "->"
            if after != ",":
                return False
            distance += 2
        return False

    def _lambda(self) -> n.Expression:
        position = self.position
        self.expect("(")
        parameters = () if self.at(")") else self.listed(self.identifier)
        self.expect(")")
        self.expect("->")
        return n.Lambda(parameters, self.expression(), position=position)

    def _named(self) -> n.Expression:
        position = self.position
        following = self.ahead()
        if self.token.keyword in _TYPED and following.kind is Kind.STRING:
            made = self.type_name()
            return n.TypedLiteral(made, self.string(), position=position)
        if self.token.keyword == "DOUBLE" and following.keyword == "PRECISION":
            made = self.type_name()
            return n.TypedLiteral(made, self.string(), position=position)
        if not self.at_identifier():
            self.fail("<expression>")
        name = self.identifier()
        if self.accept("->"):
            return n.Lambda((name,), self.expression(), position=position)
        if self.at("("):
            return self._call(name)
        return n.Column(name, position=position)

    def _call(self, name: n.Identifier) -> n.Expression:
        self.expect("(")
        if self.at("*") and self.ahead().text == ")":
            self.next()
            self.next()
            return self._surrounded(name, (), star=True, distinct=False, order=())
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        arguments = () if self.at(")") or self.at("ORDER") else self.listed(self.expression)
        order = self.order_by()
        self.expect(")")
        return self._surrounded(name, arguments, star=False, distinct=distinct, order=order)

    def _surrounded(
        self,
        name: n.Identifier,
        arguments: tuple[n.Expression, ...],
        *,
        star: bool,
        distinct: bool,
        order: tuple[n.SortItem, ...],
    ) -> n.Expression:
        within_group = self.accept("WITHIN", "GROUP")
        if within_group:
            self.expect("(")
            order = self.order_by()
            self.expect(")")
        condition = self._filter()
        nulls = self.one_of("IGNORE", "RESPECT") or None
        if nulls:
            self.expect("NULLS")
        window = None
        if self.accept("OVER"):
            window = self.over()
        elif nulls:
            self.fail("'OVER'")
        return n.Call(
            name, arguments, star, distinct, order, condition, nulls, window, within_group,
            position=name.position,
        )  # fmt: skip

    def _filter(self) -> n.Expression | None:
        if not self.accept("FILTER"):
            return None
        self.expect("(")
        self.expect("WHERE")
        condition = self.expression()
        self.expect(")")
        return condition

    def listagg(self) -> n.Expression:
        """Read LISTAGG(...) WITHIN GROUP (...), whose overflow clause is a grammar of its own."""
        token = self.expect("LISTAGG")
        name = n.Identifier("listagg", position=token.position)
        self.expect("(")
        distinct = self.accept("DISTINCT")
        arguments = self.listed(self.expression)
        if self.accept("ON", "OVERFLOW") and not self.accept("ERROR"):
            message = "LISTAGG ... ON OVERFLOW TRUNCATE is not supported"
            raise AthenaError("NOT_SUPPORTED", message, self.position)
        self.expect(")")
        if not self.at("WITHIN"):
            self.fail("'WITHIN'")
        return self._surrounded(name, arguments, star=False, distinct=distinct, order=())
