"""A cursor over tokens: what every part of the parser asks of its input."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.syntax.nodes import Identifier
from lakehouse.athena.syntax.tokens import Kind, Token, tokenize

T = TypeVar("T")

# SqlBase.g4: every keyword that is not in its rule nonReserved.
RESERVED = frozenset({
    "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE", "CROSS",
    "CUBE", "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA",
    "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEALLOCATE", "DELETE", "DESCRIBE",
    "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXECUTE", "EXISTS", "EXTRACT",
    "FALSE", "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN", "INNER", "INSERT",
    "INTERSECT", "INTO", "IS", "JOIN", "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY",
    "JSON_TABLE", "JSON_VALUE", "LEFT", "LIKE", "LISTAGG", "LOCALTIME", "LOCALTIMESTAMP",
    "NATURAL", "NORMALIZE", "NOT", "NULL", "ON", "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE",
    "RIGHT", "ROLLUP", "SELECT", "SKIP", "TABLE", "THEN", "TRIM", "TRUE", "UESCAPE", "UNION",
    "UNNEST", "USING", "VALUES", "WHEN", "WHERE", "WITH",
})  # fmt: skip


# Words that are no keywords by themselves, and what makes a clause of them.
_CLAUSES = {
    "LIMIT": ("ALL",), "OFFSET": (), "FETCH": ("FIRST", "NEXT"),
    "TABLESAMPLE": ("BERNOULLI", "SYSTEM"), "MATCH_RECOGNIZE": (),
}  # fmt: skip


class TokenStream:
    """Reads tokens left to right; nothing is skipped unless it was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokenize(text)
        self._index = 0
        self.parameters = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._index]

    @property
    def position(self) -> Position:
        """Where that token begins."""
        return self.token.position

    def ahead(self, distance: int = 1) -> Token:
        """The token `distance` places further on."""
        return self._tokens[min(self._index + distance, len(self._tokens) - 1)]

    def next(self) -> Token:
        """Read one token."""
        token = self.token
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether these keywords or symbols come next, in this order."""
        return all(
            self.ahead(i).keyword == word or self._symbol(self.ahead(i)) == word
            for i, word in enumerate(words)
        )

    def accept(self, *words: str) -> bool:
        """Read these keywords or symbols if they come next."""
        if not self.at(*words):
            return False
        self._index += len(words)
        return True

    def expect(self, *words: str) -> Token:
        """Read these keywords or symbols; SYNTAX_ERROR if anything else comes."""
        first = self.token
        for word in words:
            if not self.accept(word):
                self.fail(f"'{word}'")
        return first

    def one_of(self, *words: str) -> str:
        """Read one of these keywords and return it, or return ''."""
        for word in words:
            if self.accept(word):
                return word
        return ""

    def unexpected(self, expected: str) -> AthenaError:
        """What Trino's parser says of a token it has no rule for."""
        message = f"mismatched input '{self.token.text}'. Expecting: {expected}"
        return AthenaError("SYNTAX_ERROR", message, self.position)

    def fail(self, expected: str) -> NoReturn:
        """Raise `unexpected`."""
        raise self.unexpected(expected)

    def at_identifier(self) -> bool:
        """Whether an identifier comes next."""
        token = self.token
        if token.kind is Kind.WORD:
            return token.keyword not in RESERVED
        return token.kind in (Kind.QUOTED, Kind.BACKQUOTED)

    def at_alias(self) -> bool:
        """Whether an identifier comes next that is no clause: LIMIT 1, not the alias limit."""
        following = self.ahead()
        clause = (
            following.kind is Kind.INTEGER
            or following.text == "?"
            or following.keyword in _CLAUSES.get(self.token.keyword, ())
        )
        if self.token.keyword in _CLAUSES and clause:
            return False
        if self.token.keyword == "WINDOW" and self.ahead(2).keyword == "AS":
            return False
        return self.at_identifier()

    def position_mark(self) -> tuple[int, int]:
        """Where reading stands, to return to with `rewind`."""
        return self._index, self.parameters

    def rewind(self, mark: tuple[int, int]) -> None:
        """Read again from a mark."""
        self._index, self.parameters = mark

    def identifier(self) -> Identifier:
        """Read an identifier."""
        if not self.at_identifier():
            self.fail("<identifier>")
        token = self.next()
        if token.kind is Kind.BACKQUOTED:
            message = "backquoted identifiers are not supported; use double quotes to quote them"
            raise AthenaError("SYNTAX_ERROR", message, token.position)
        return Identifier(token.value, delimited=token.kind is Kind.QUOTED, position=token.position)

    def name(self) -> tuple[Identifier, ...]:
        """Read a dotted name."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return tuple(parts)

    def string(self) -> str:
        """Read a string literal and return its value."""
        if self.token.kind is not Kind.STRING:
            self.fail("<string>")
        return self.next().value

    def integer(self) -> int:
        """Read a plain integer literal."""
        if self.token.kind is not Kind.INTEGER:
            self.fail("<integer>")
        return integer_value(self.next().value)

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        """Read one or more items with commas between."""
        items = [item()]
        while self.accept(","):
            items.append(item())
        return tuple(items)

    def parenthesized(self, item: Callable[[], T]) -> tuple[T, ...]:
        """Read one or more items with commas between, inside parentheses."""
        self.expect("(")
        items = self.listed(item)
        self.expect(")")
        return items

    @staticmethod
    def _symbol(token: Token) -> str:
        return token.text if token.kind is Kind.SYMBOL else ""


def integer_value(text: str) -> int:
    """The value of an integer literal: decimal with any leading zeros, or 0x, 0o, 0b."""
    return int(text, 0) if text[:2].lower() in ("0x", "0o", "0b") else int(text)
