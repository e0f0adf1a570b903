"""Functions with a grammar of their own: CAST, CASE, EXTRACT, TRIM, INTERVAL, the JSON forms."""

from abc import abstractmethod
from collections.abc import Callable

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.json_forms import JsonForms
from lakehouse.athena.syntax.tokens import Kind

_CURRENT = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR")
_FRAMES = ("ROWS", "RANGE", "GROUPS")
_NORMAL_FORMS = ("NFD", "NFC", "NFKD", "NFKC")


class SpecialForms(JsonForms):
    """Reads every form whose first word decides its grammar."""

    @abstractmethod
    def parenthesized_query(self) -> n.Query:
        """Read ( query )."""

    @abstractmethod
    def listagg(self) -> n.Expression:
        """Read LISTAGG(...)."""

    def special_form(self) -> n.Expression | None:
        """Read such a form if one comes next."""
        word = self.token.keyword
        called = self.ahead().text == "(" and self.ahead().kind is Kind.SYMBOL
        if word in _CURRENT:
            return self._current()
        bare = _BARE.get(word)
        if bare is not None:
            return bare(self)
        reader = _CALLED.get(word) if called else None
        if reader is not None:
            return reader(self)
        if word == "ARRAY" and self.ahead().text == "[":
            return self._array()
        if word == "INTERVAL" and self.ahead().text in ("+", "-"):
            return self._interval()
        if word == "INTERVAL" and self.ahead().kind is Kind.STRING:
            return self._interval()
        return self.json_form() if called else None

    def _literal(self) -> n.Expression:
        token = self.next()
        if token.keyword == "NULL":
            return n.NullLiteral(position=token.position)
        return n.BooleanLiteral(token.keyword == "TRUE", position=token.position)

    def _current(self) -> n.Expression:
        token = self.next()
        precision = None
        if self.at("(") and token.keyword != "CURRENT_DATE":
            self.next()
            precision = self.integer()
            self.expect(")")
        return n.CurrentTime(token.keyword.lower(), precision, position=token.position)

    def _exists(self) -> n.Expression:
        token = self.expect("EXISTS")
        return n.Exists(self.parenthesized_query(), position=token.position)

    def _case(self) -> n.Expression:
        position = self.expect("CASE").position
        operand = None if self.at("WHEN") else self.expression()
        whens = []
        while self.at("WHEN"):
            start = self.next().position
            condition = self.expression()
            self.expect("THEN")
            whens.append(n.When(condition, self.expression(), position=start))
        if not whens:
            self.fail("'WHEN'")
        default = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        return n.Case(operand, tuple(whens), default, position=position)

    def _cast(self) -> n.Expression:
        token = self.next()
        self.expect("(")
        value = self.expression()
        self.expect("AS")
        made = self.type_name()
        self.expect(")")
        return n.Cast(value, made, token.keyword == "TRY_CAST", position=token.position)

    def _extract(self) -> n.Expression:
        position = self.expect("EXTRACT").position
        self.expect("(")
        field = self.identifier().value.upper()
        self.expect("FROM")
        value = self.value()
        self.expect(")")
        return n.Extract(field, value, position=position)

    def _trim(self) -> n.Expression:
        position = self.expect("TRIM").position
        self.expect("(")
        side = self.one_of("LEADING", "TRAILING", "BOTH")
        characters = None
        if side and self.accept("FROM"):
            value = self.value()
        else:
            value = self.value()
            if self.accept("FROM"):
                characters, value = value, self.value()
            elif side:
                self.fail("'FROM'")
            elif self.accept(","):
                characters = self.value()
        self.expect(")")
        return n.Trim(side or "BOTH", characters, value, position=position)

    def _position(self) -> n.Expression:
        token = self.expect("POSITION")
        self.expect("(")
        sought = self.value()
        self.expect("IN")
        value = self.value()
        self.expect(")")
        name = n.Identifier("strpos", position=token.position)
        return n.Call(name, (value, sought), position=token.position)

    def _substring(self) -> n.Expression:
        token = self.expect("SUBSTRING")
        self.expect("(")
        arguments = [self.expression()]
        if self.accept("FROM"):
            arguments.append(self.value())
            if self.accept("FOR"):
                arguments.append(self.value())
        else:
            while self.accept(","):
                arguments.append(self.expression())
        self.expect(")")
        name = n.Identifier("substring", position=token.position)
        return n.Call(name, tuple(arguments), position=token.position)

    def _normalize(self) -> n.Expression:
        token = self.expect("NORMALIZE")
        self.expect("(")
        value = self.value()
        form = "NFC"
        if self.accept(","):
            form = self.one_of(*_NORMAL_FORMS)
            if not form:
                self.fail(", ".join(_NORMAL_FORMS))
        self.expect(")")
        name = n.Identifier("normalize", position=token.position)
        return n.Call(name, (value, n.StringLiteral(form)), position=token.position)

    def _grouping(self) -> n.Expression:
        token = self.expect("GROUPING")
        name = n.Identifier("grouping", position=token.position)
        return n.Call(name, self.parenthesized(self.expression), position=token.position)

    def _row(self) -> n.Expression:
        position = self.expect("ROW").position
        return n.RowConstructor(self.parenthesized(self.expression), position=position)

    def _array(self) -> n.Expression:
        position = self.expect("ARRAY").position
        self.expect("[")
        items = () if self.at("]") else self.listed(self.expression)
        self.expect("]")
        return n.ArrayConstructor(items, position=position)

    def _interval(self) -> n.Expression:
        position = self.expect("INTERVAL").position
        negative = self.accept("-")
        if not negative:
            self.accept("+")
        value = self.string()
        unit = self.one_of(*_UNITS)
        if not unit:
            self.fail(", ".join(_UNITS))
        to_unit = None
        if self.accept("TO"):
            to_unit = self.one_of(*_UNITS)
            if not to_unit:
                self.fail(", ".join(_UNITS))
        return n.IntervalLiteral(negative, value, unit, to_unit, position=position)

    # --- what may stand around a call ---

    def order_by(self) -> tuple[n.SortItem, ...]:
        """Read ORDER BY items, if any."""
        if not self.accept("ORDER", "BY"):
            return ()
        return self.listed(self._sort_item)

    def _sort_item(self) -> n.SortItem:
        position = self.position
        value = self.expression()
        descending = self.one_of("ASC", "DESC") == "DESC"
        nulls_first = False
        if self.accept("NULLS"):
            nulls_first = self.one_of("FIRST", "LAST") == "FIRST"
        return n.SortItem(value, descending, nulls_first, position=position)

    def over(self) -> n.Window:
        """Read what stands after OVER."""
        position = self.position
        if self.at_identifier():
            return n.Window(self.identifier(), (), (), None, position=position)
        self.expect("(")
        window = self.window_specification()
        self.expect(")")
        return window

    def window_specification(self) -> n.Window:
        """Read the inside of a window's parentheses."""
        position = self.position
        named = self.at_identifier() and self.token.keyword not in ("PARTITION", *_FRAMES)
        base = self.identifier() if named else None
        partition: tuple[n.Expression, ...] = ()
        if self.accept("PARTITION", "BY"):
            partition = self.listed(self.expression)
        order = self.order_by()
        if self.at("MEASURES"):
            raise not_supported("Row pattern matching", self.position)
        frame = self._frame() if self.token.keyword in _FRAMES else None
        return n.Window(base, partition, order, frame, position=position)

    def _frame(self) -> n.Frame:
        token = self.next()
        if self.accept("BETWEEN"):
            start = self._bound()
            self.expect("AND")
            return n.Frame(token.keyword, start, self._bound(), position=token.position)
        return n.Frame(token.keyword, self._bound(), None, position=token.position)

    def _bound(self) -> n.FrameBound:
        position = self.position
        for side in ("PRECEDING", "FOLLOWING"):
            if self.accept("UNBOUNDED", side):
                return n.FrameBound(f"unbounded {side.lower()}", None, position=position)
        if self.accept("CURRENT", "ROW"):
            return n.FrameBound("current row", None, position=position)
        value = self.expression()
        side = self.one_of("PRECEDING", "FOLLOWING")
        if not side:
            self.fail("'PRECEDING', 'FOLLOWING'")
        return n.FrameBound(side.lower(), value, position=position)

    def _unsupported(self) -> n.Expression:
        raise AthenaError("NOT_SUPPORTED", f"{self.token.keyword} is not supported", self.position)


_BARE: dict[str, Callable[[SpecialForms], n.Expression]] = {
    "NULL": SpecialForms._literal,
    "TRUE": SpecialForms._literal,
    "FALSE": SpecialForms._literal,
    "CASE": SpecialForms._case,
    "EXISTS": SpecialForms._exists,
    "LISTAGG": lambda parser: parser.listagg(),
    "CURRENT_USER": SpecialForms._unsupported,
    "CURRENT_CATALOG": SpecialForms._unsupported,
    "CURRENT_SCHEMA": SpecialForms._unsupported,
    "CURRENT_PATH": SpecialForms._unsupported,
}
_CALLED: dict[str, Callable[[SpecialForms], n.Expression]] = {
    "CAST": SpecialForms._cast,
    "TRY_CAST": SpecialForms._cast,
    "EXTRACT": SpecialForms._extract,
    "TRIM": SpecialForms._trim,
    "POSITION": SpecialForms._position,
    "SUBSTRING": SpecialForms._substring,
    "NORMALIZE": SpecialForms._normalize,
    "GROUPING": SpecialForms._grouping,
    "ROW": SpecialForms._row,
}
