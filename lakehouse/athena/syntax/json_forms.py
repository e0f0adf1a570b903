"""JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY, every clause of them."""

from abc import abstractmethod

from lakehouse.athena.errors import not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.syntax.types import TypeParser


class JsonForms(TypeParser):
    """Reads the SQL standard's JSON functions."""

    @abstractmethod
    def expression(self) -> n.Expression:
        """Read one expression."""

    @abstractmethod
    def value(self) -> n.Expression:
        """Read what binds tighter than a predicate."""

    def json_form(self) -> n.Expression | None:
        """Read one of them, if one comes next."""
        word = self.token.keyword
        if word in ("JSON_EXISTS", "JSON_VALUE", "JSON_QUERY"):
            return self._path_call()
        if word == "JSON_ARRAY":
            return self._json_array()
        if word == "JSON_OBJECT":
            return self._json_object()
        return None

    def _json_input(self) -> n.JsonInput:
        position = self.position
        value = self.expression()
        formatted = self.accept("FORMAT", "JSON")
        if formatted and self.accept("ENCODING"):
            raise not_supported("FORMAT JSON ENCODING", self.position)
        return n.JsonInput(value, formatted, position=position)

    def _path_call(self) -> n.Expression:
        token = self.next()
        self.expect("(")
        source = self._json_input()
        self.expect(",")
        path = self.string()
        passing: tuple[tuple[n.Identifier, n.JsonInput], ...] = ()
        if self.accept("PASSING"):
            passing = self.listed(self._passed)
        returning = self._json_returning()
        wrapper = self._wrapper()
        keep_quotes = self._keep_quotes()
        kind = token.keyword.lower()
        default = "false" if kind == "json_exists" else "null"
        handlers = {"EMPTY": default, "ERROR": default}
        values: dict[str, n.Expression | None] = {"EMPTY": None, "ERROR": None}
        while not self.at(")"):
            reaction, value = self._reaction()
            self.expect("ON")
            event = self.one_of("EMPTY", "ERROR")
            if not event:
                self.fail("'EMPTY', 'ERROR'")
            handlers[event], values[event] = reaction, value
        self.expect(")")
        return n.JsonPathCall(
            kind, source, path, passing, returning, wrapper, keep_quotes,
            handlers["EMPTY"], handlers["ERROR"], values["EMPTY"], values["ERROR"],
            position=token.position,
        )  # fmt: skip

    def _passed(self) -> tuple[n.Identifier, n.JsonInput]:
        value = self._json_input()
        self.expect("AS")
        name = self.identifier()
        return name, value

    def _json_returning(self) -> n.TypeName | None:
        if not self.accept("RETURNING"):
            return None
        made = self.type_name()
        if self.accept("FORMAT", "JSON") and self.accept("ENCODING"):
            raise not_supported("FORMAT JSON ENCODING", self.position)
        return made

    def _wrapper(self) -> str:
        if self.accept("WITHOUT"):
            self.accept("ARRAY")
            self.expect("WRAPPER")
            return "without"
        if self.accept("WITH"):
            kind = self.one_of("CONDITIONAL", "UNCONDITIONAL") or "UNCONDITIONAL"
            self.accept("ARRAY")
            self.expect("WRAPPER")
            return kind.lower()
        return "without"

    def _keep_quotes(self) -> bool:
        kept = self.one_of("KEEP", "OMIT")
        if kept:
            self.expect("QUOTES")
            self.accept("ON", "SCALAR", "STRING")
        return kept != "OMIT"

    def _reaction(self) -> tuple[str, n.Expression | None]:
        if self.accept("DEFAULT"):
            return "default", self.expression()
        if self.accept("EMPTY"):
            return (
                "empty object" if self.one_of("ARRAY", "OBJECT") == "OBJECT" else "empty array",
                None,
            )
        word = self.one_of("ERROR", "NULL", "TRUE", "FALSE", "UNKNOWN")
        if not word:
            self.fail("'ERROR', 'NULL', 'DEFAULT', 'EMPTY'")
        return word.lower(), None

    def _json_array(self) -> n.Expression:
        token = self.next()
        self.expect("(")
        members: tuple[tuple[n.Expression | None, n.JsonInput], ...] = ()
        if not self.at(")") and not self.at("RETURNING"):
            members = self.listed(lambda: (None, self._json_input()))
        keep = self._null_on_null(default=False)
        returning = self._json_returning()
        self.expect(")")
        return n.JsonConstructor(
            "json_array", members, keep, False, returning, position=token.position
        )

    def _json_object(self) -> n.Expression:
        token = self.next()
        self.expect("(")
        members: tuple[tuple[n.Expression | None, n.JsonInput], ...] = ()
        if not self.at(")") and not self.at("RETURNING"):
            members = self.listed(self._json_member)
        keep = self._null_on_null(default=True)
        unique = False
        if self.accept("WITH", "UNIQUE"):
            unique = True
            self.accept("KEYS")
        elif self.accept("WITHOUT", "UNIQUE"):
            self.accept("KEYS")
        returning = self._json_returning()
        self.expect(")")
        return n.JsonConstructor(
            "json_object", members, keep, unique, returning, position=token.position
        )

    def _json_member(self) -> tuple[n.Expression | None, n.JsonInput]:
        if self.at("KEY") and self.ahead().text not in (":", ",", ")", "."):
            self.next()
        key = self.expression()
        if not self.accept(":"):
            self.expect("VALUE")
        return key, self._json_input()

    def _null_on_null(self, *, default: bool) -> bool:
        if self.accept("NULL", "ON", "NULL"):
            return True
        if self.accept("ABSENT", "ON", "NULL"):
            return False
        return default
