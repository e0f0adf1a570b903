"""What the word at the cursor may become."""

import re
from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from lakehouse.cli.shell.commands import COMMANDS
from lakehouse.cli.shell.names import KEYWORDS, Names

_WORD = re.compile(r"[\w$.]*$")
# A table, and the name it is given.
_TABLE = re.compile(
    r"\b(?:from|join|into|update|table|describe|desc)\s+([\w.]+)(?:\s+(?:as\s+)?(\w+))?", re.I
)
_WANTS_TABLE = re.compile(r"\b(?:from|join|into|update|table|describe|desc|\\d)\s+[\w.]*$", re.I)
_DEFAULT = "core"


class SqlCompleter(Completer):
    """Completes tables behind FROM, columns of the statement's tables, functions and keywords."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterable[Completion]:
        """The completions at the cursor, the likeliest first."""
        before = document.text_before_cursor
        if re.fullmatch(r"\\\w*", before):
            yield from _matching(before, COMMANDS, "command")
            return
        found = _WORD.search(before)
        word = found.group() if found else ""
        if _WANTS_TABLE.search(before):
            yield from self._tables(word)
        elif "." in word:
            owner, _dot, _rest = word.rpartition(".")
            columns = self._names.columns(self._aliases(document.text).get(owner, owner))
            yield from _matching(word, [f"{owner}.{name}" for name in columns], "column")
            yield from self._tables(word)
        elif word:
            yield from self._words(word, document.text)

    def _tables(self, word: str) -> Iterator[Completion]:
        pairs = self._names.all_tables()
        yield from _matching(word, [t for d, t in pairs if d == _DEFAULT], "table")
        yield from _matching(word, [f"{d}.{t}" for d, t in pairs], "table")
        yield from _matching(word, [f"{d}." for d in self._names.databases()], "database")

    def _words(self, word: str, text: str) -> Iterator[Completion]:
        tables = dict.fromkeys(self._aliases(text).values())
        columns = [name for table in tables for name in self._names.columns(table)]
        yield from _matching(word, dict.fromkeys(columns), "column")
        yield from _matching(word, KEYWORDS, "keyword")
        yield from _matching(word, [f"{name}(" for name in self._names.functions()], "function")

    def _aliases(self, text: str) -> dict[str, str]:
        """The tables of a statement, by each name it gives them."""
        known: dict[str, str] = {}
        for table, alias in _TABLE.findall(text):
            known[table.rpartition(".")[2]] = table
            if alias and alias.upper() not in KEYWORDS:
                known[alias] = table
        return known


def _matching(word: str, names: Iterable[str], what: str) -> Iterator[Completion]:
    for name in names:
        if name.lower().startswith(word.lower()) and name != word:
            shown = name.lower() if what == "keyword" and word.islower() else name
            yield Completion(shown, start_position=-len(word), display_meta=what)
