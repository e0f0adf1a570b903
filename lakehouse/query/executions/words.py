"""A statement looked at from outside: its words, without parsing it."""

import re

_WORD = re.compile(r"\w+")
_COMMENTS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)


def without_comments(sql: str) -> str:
    """The text from its first word on."""
    found = _COMMENTS.match(sql)
    return sql[found.end() :] if found else sql


def words_of(sql: str) -> set[str]:
    """Every word of a statement in lower case, those in comments and texts too."""
    return {word.lower() for word in _WORD.findall(sql)}


def first_word(sql: str) -> str:
    """The word a statement begins with, behind comments and brackets, in lower case."""
    found = _WORD.match(without_comments(sql).lstrip("( \t\r\n"))
    return found.group().lower() if found else ""
