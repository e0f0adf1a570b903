"""Type names as they are written in CAST and in typed literals."""

from lakehouse.athena.syntax.nodes import Identifier, TypeName
from lakehouse.athena.syntax.stream import TokenStream
from lakehouse.athena.syntax.tokens import Kind

# Words that go on with a type's name; any other word there means that the first named a field.
_INSIDE = ("WITH", "WITHOUT", "PRECISION", "ARRAY", "YEAR", "DAY")
_ALIASES = {"int": "integer", "dec": "decimal", "numeric": "decimal", "character": "char"}


class TypeParser(TokenStream):
    """Reads type names: varchar(10), timestamp(3) with time zone, row(a bigint), map(k, v)."""

    def type_name(self) -> TypeName:
        """Read one type."""
        position = self.position
        word = self.identifier().key
        word = _ALIASES.get(word, word)
        if word == "double":
            self.accept("PRECISION")
            made = TypeName("double", position=position)
        elif word == "interval":
            made = self._interval_type()
        elif word in ("time", "timestamp"):
            made = self._temporal(word)
        elif word == "row":
            made = self._row_type()
        elif word in ("array", "map"):
            made = self._nested_type(word)
        else:
            made = TypeName(word, self._numbers(), position=position)
        while self.at("ARRAY"):
            self.next()
            made = TypeName("array", arguments=(made,), position=position)
        return made

    def _numbers(self) -> tuple[int, ...]:
        if self.at("(") and self.ahead().kind is Kind.INTEGER:
            return self.parenthesized(self.integer)
        return ()

    def _temporal(self, word: str) -> TypeName:
        position = self.position
        numbers = self._numbers()
        if self.accept("WITH", "TIME", "ZONE"):
            word += " with time zone"
        else:
            self.accept("WITHOUT", "TIME", "ZONE")
        return TypeName(word, numbers, position=position)

    def _interval_type(self) -> TypeName:
        position = self.position
        if self.accept("DAY", "TO", "SECOND"):
            return TypeName("interval day to second", position=position)
        self.expect("YEAR", "TO", "MONTH")
        return TypeName("interval year to month", position=position)

    def _nested_type(self, word: str) -> TypeName:
        position = self.position
        closing = ">" if self.at("<") else ")"
        self.expect("<" if closing == ">" else "(")
        arguments = self.listed(self.type_name)
        self.expect(closing)
        if len(arguments) != (1 if word == "array" else 2):
            self.fail("<type>")
        return TypeName(word, arguments=arguments, position=position)

    def _row_type(self) -> TypeName:
        position = self.position
        members = self.parenthesized(self._field)
        return TypeName(
            "row",
            arguments=tuple(made for _, made in members),
            fields=tuple(name for name, _ in members),
            position=position,
        )

    def _field(self) -> tuple[Identifier | None, TypeName]:
        following = self.ahead()
        nested = following.keyword == "ARRAY" and self.ahead(2).text in ("(", "<")
        named = following.kind in (Kind.WORD, Kind.QUOTED) and (
            nested or following.keyword not in _INSIDE
        )
        name = self.identifier() if named else None
        return name, self.type_name()
