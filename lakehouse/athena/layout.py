"""The layout of a statement: a line for each clause, and for each item of one that is long.

Only white space and the case of words that are no names change: the tokens stay, and so do the
comments.
"""

import re
from dataclasses import dataclass
from typing import Final

from lakehouse.athena.syntax.tokens import Kind, Token, tokenize

WIDTH: Final = 80
_STEP: Final = 2
# Words that can't be names (SqlBase.g4).
_RESERVED: Final = frozenset({
    "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CROSS", "CUBE", "DELETE",
    "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXECUTE", "EXISTS",
    "EXTRACT", "FALSE", "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN", "INNER",
    "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "NATURAL", "NOT", "NULL", "ON",
    "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE", "RIGHT", "ROLLUP", "SELECT", "TABLE", "THEN",
    "TRUE", "UNION", "UNNEST", "USING", "VALUES", "WHEN", "WHERE", "WITH",
})  # fmt: skip
# Written large beside them; as names they mean the same in either case.
_LARGE: Final = _RESERVED | {"ASC", "DESC", "LIMIT", "OFFSET"}
_CLAUSES: Final = frozenset({
    "SELECT", "FROM", "WHERE", "HAVING", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT", "WITH",
    "VALUES",
})  # fmt: skip
_JOINS: Final = frozenset({"JOIN", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "NATURAL"})
_QUERY: Final = frozenset({"SELECT", "WITH", "VALUES"})
_COMMENT: Final = re.compile(r"--[^\r\n]*|/\*.*?\*/", re.DOTALL)


def laid_out(sql: str) -> str:
    """The statement in its layout. Raises AthenaError for text that is no tokens."""
    tokens = tokenize(sql)
    return _Layout(sql, tokens).text()


@dataclass
class _Frame:
    """What brackets hold, or the whole: its lines begin at `indent`; `wide` clauses are broken."""

    indent: int
    query: bool
    wide: bool = False
    between: bool = False


class _Layout:
    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self._sql = sql
        self._tokens = tokens
        self._lines: list[str] = [""]
        self._frames = [_Frame(0, query=True)]
        self._fresh = True

    def text(self) -> str:
        """All of it, closed by a line feed."""
        end = 0
        for number, token in enumerate(self._tokens):
            between = self._sql[end : token.offset]
            self._note(between)
            if token.kind is not Kind.END:
                self._place(number, token, apart=bool(between))
            end = token.offset + len(token.text)
        lines = [line.rstrip() for line in self._lines]
        return "\n".join(lines).strip("\n") + "\n"

    def _place(self, number: int, token: Token, *, apart: bool) -> None:
        frame = self._frames[-1]
        if token.text == ")" and len(self._frames) > 1:
            self._frames.pop()
            if frame.query:
                self._break(frame.indent - _STEP)
        elif frame.query and self._begins_clause(number):
            if number:
                self._break(frame.indent)
            frame.wide = self._is_wide(number, frame.indent)
            frame.between = False
        elif frame.query and frame.wide and self._begins_item(number, frame):
            self._break(frame.indent + _STEP)
        self._write(number, token, apart=apart)
        if token.text == "(":
            query = self._word(number + 1) in _QUERY
            indent = self._indent() + _STEP if query else frame.indent
            self._frames.append(_Frame(indent, query))
            if query:
                self._break(indent)

    def _begins_clause(self, number: int) -> bool:
        word, before, after = self._word(number), self._word(number - 1), self._word(number + 1)
        if word in ("GROUP", "ORDER"):
            return after == "BY"
        if word == "FROM":
            return before != "DISTINCT" or self._word(number - 2) not in ("IS", "NOT")
        if word in _JOINS:
            return before not in _JOINS and before != "OUTER" and self._text(number + 1) != "("
        if word == "WITH":
            return after != "ORDINALITY"
        return word in _CLAUSES

    def _begins_item(self, number: int, frame: _Frame) -> bool:
        word = self._word(number)
        if word == "BETWEEN":
            frame.between = True
        if word == "AND" and frame.between:
            frame.between = False
            return False
        return (
            word in ("AND", "OR")
            or self._text(number - 1) == ","
            or (self._word(number - 1) in ("SELECT", "BY"))
        )

    def _is_wide(self, number: int, indent: int) -> bool:
        """Whether a clause does not fit a line; brackets with a query in them take their own."""
        depth, width = 0, indent + len(self._text(number))
        for at in range(number + 1, len(self._tokens) - 1):
            text = self._text(at)
            depth += (text == "(") - (text == ")")
            if depth < 0 or (depth == 0 and self._begins_clause(at)):
                break
            if text == "(" and self._word(at + 1) in _QUERY:
                return False
            width += len(text) + (text not in (",", ".", ")"))
        return width > WIDTH

    def _note(self, between: str) -> None:
        """Write the comments of what stands between two tokens, on lines as they were."""
        end = 0
        for found in _COMMENT.finditer(between):
            if not self._fresh and "\n" in between[end : found.start()]:
                self._break(self._frames[-1].indent)
            self._lines[-1] += found[0] if self._fresh else f" {found[0]}"
            self._fresh = False
            if found[0].startswith("--"):
                self._break(self._frames[-1].indent)
            end = found.end()

    def _write(self, number: int, token: Token, *, apart: bool) -> None:
        text = token.keyword if token.keyword in _LARGE else token.text
        glued = token.text in (",", ")", ";") or self._text(number - 1) == "("
        after_comma = self._text(number - 1) == ","
        space = not self._fresh and not glued and (apart or after_comma)
        self._lines[-1] += f" {text}" if space else text
        self._fresh = False

    def _break(self, indent: int) -> None:
        if self._lines[-1].strip():
            self._lines.append("")
        self._lines[-1] = " " * indent
        self._fresh = True

    def _indent(self) -> int:
        return len(self._lines[-1]) - len(self._lines[-1].lstrip())

    def _word(self, number: int) -> str:
        return self._tokens[number].keyword if 0 <= number < len(self._tokens) else ""

    def _text(self, number: int) -> str:
        return self._tokens[number].text if 0 <= number < len(self._tokens) else ""
