"""DuckDB's errors, told to a person: what is wrong, where in the text, and what to do.

A session sets `errors_as_json`, so an error says its kind, the position and the candidates in
fields of their own; nothing here reads them out of a message.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import duckdb

from lakehouse.errors import CatalogError, LakehouseError, QueryError
from lakehouse.query.excerpts import excerpt, word_at

_CLAUSES: Final = [
    "select", "from", "where", "group", "by", "having", "order", "limit", "offset", "join", "left",
    "right", "inner", "full", "outer", "cross", "union", "intersect", "except", "with", "between",
    "like", "case", "when", "then", "else", "end", "distinct", "values", "insert", "into", "update",
    "delete", "create", "table", "drop", "alter", "explain", "describe", "show", "summarize",
    "pivot", "qualify", "window",
]  # fmt: skip

_HINTS: Final = {
    "Parser": "the dialect is DuckDB's: https://duckdb.org/docs/stable/sql/introduction",
    "Binder": "`describe namespace.table` shows a table's columns and their types",
    "Conversion": "try_cast(... as ...) gives NULL for a value that can't be converted",
    "Out of Range": "cast to a wider type first, such as hugeint or decimal(38, 4)",
    "Permission": "SQL reads the warehouse (behind a REST service: the folder that `warehouse` in"
    " [catalog] names); `--allow FOLDER` lets it read files there, too",
    "Out of Memory": "ask for less at once, or raise memory_limit or spill_limit under [query]",
    "TransactionContext": "if another writer came first, nothing was written: run it again",
    "Not implemented": "neither DuckDB nor its Iceberg extension can do this yet",
    "IO": "a file of the table could not be read; is the home complete?",
}
_OTHER: Final = "`lakehouse sql --help` shows what can be asked"


@dataclass(frozen=True)
class Failure:
    """An error of DuckDB, taken apart."""

    kind: str
    message: str
    fields: dict[str, Any]

    @property
    def position(self) -> int | None:
        """The byte of the statement that it is about."""
        position = self.fields.get("position")
        return None if position is None else int(position)

    @property
    def candidates(self) -> list[str]:
        """Names that might have been meant."""
        return [name for name in str(self.fields.get("candidates", "")).split(",") if name]


def explained(error: Exception, sql: str, tables: Callable[[], Sequence[str]]) -> LakehouseError:
    """The error for a person; `tables` tells every `namespace.table` there is, if it matters."""
    failure = taken_apart(error)
    if failure.kind == "HTTP":
        return no_answer(failure)
    message, hint = _told(failure, sql, tables)
    where = "" if failure.position is None else "\n" + excerpt(sql, failure.position)
    return QueryError(message + where, hint=hint)


def no_answer(failure: Failure) -> CatalogError:
    """The error for a catalog that can't be reached."""
    return CatalogError(
        f"the catalog does not answer: {failure.message}", hint="is its service running?"
    )


def message_of(error: Exception) -> str:
    """What DuckDB says, on one line."""
    return taken_apart(error).message.strip().splitlines()[0]


def taken_apart(error: Exception) -> Failure:
    """What an error of DuckDB says, by its fields.

    One that has none says its class, or nothing, as its kind.
    """
    # A stream raises OSError with the same text: a kind in words, then the fields as JSON.
    text = str(error)
    start = text.find("{")
    try:
        fields = json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else {}
    except json.JSONDecodeError:
        fields = {}
    if "exception_message" not in fields:
        # What is raised while committing comes without fields.
        conflict = isinstance(error, duckdb.TransactionException)
        return Failure("TransactionContext" if conflict else "", text, {})
    return Failure(fields["exception_type"], fields["exception_message"], fields)


def _told(failure: Failure, sql: str, tables: Callable[[], Sequence[str]]) -> tuple[str, str]:
    named = "" if failure.position is None else word_at(sql, failure.position)
    named = named or failure.fields.get("name", "")
    # Without a type it is about the schema of a table, and says where the name stands.
    if (
        failure.kind == "Catalog"
        and failure.fields.get("type", "Table" if named else "") == "Table"
    ):
        return f"there is no table {named}", _table_hint(named, tables())
    if failure.kind == "Catalog":
        return failure.message.splitlines()[0], _near(failure, "Parser")
    if failure.fields.get("error_subtype") == "COLUMN_NOT_FOUND":
        return f"there is no column {failure.fields['name']}", _near(failure, "Binder")
    if failure.kind == "Parser":
        close = get_close_matches(named.lower(), _CLAUSES, n=1, cutoff=0.75)
        if close and close[0] != named.lower():
            return failure.message, f"did you mean {close[0].upper()}?"
    return failure.message.strip(), _HINTS.get(failure.kind, _OTHER)


def _table_hint(named: str, tables: Sequence[str]) -> str:
    if not tables:
        return "there are no tables yet: run `make build`"
    wanted = named.replace('"', "").lower()
    known = {table.lower(): table for table in tables}
    bare = {name.rpartition(".")[2]: table for name, table in known.items()}
    close = [known[n] for n in get_close_matches(wanted, known, n=3, cutoff=0.6)]
    close += [bare[n] for n in get_close_matches(wanted.rpartition(".")[2], bare, n=3, cutoff=0.7)]
    if close:
        return f"did you mean {' or '.join(dict.fromkeys(close))}?"
    return f"tables: {', '.join(tables[:12])}{', ...' if len(tables) > 12 else ''}"


def _near(failure: Failure, otherwise: str) -> str:
    # DuckDB always has candidates, however far off.
    close = get_close_matches(failure.fields.get("name", ""), failure.candidates, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else _HINTS[otherwise]
