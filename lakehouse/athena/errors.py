"""Athena's errors: one exception, carrying the code of Trino's StandardErrorCode.

Athena prints `CODE: line L:C: message`; so does `AthenaError`. Errors raised while a statement
runs travel inside the engine's message behind a marker of our own (see `engine/macros.sql`), and
`translate_error` turns them back. What the engine itself raises is told apart by its class.
"""

import re
from dataclasses import dataclass

import duckdb

from lakehouse.errors import QueryError

MARKER = "athena:"
# The marker's grammar: athena:CODE:message followed by the unit separator.
_MARKED = re.compile(MARKER + r"([A-Z_]+):(.*?)\x1f", re.DOTALL)


# What helps with the mishaps of every day, where the error itself knows nothing better.
_HINTS = {
    "SYNTAX_ERROR": "this is Athena's SQL; `--dialect duckdb` takes DuckDB's",
    "TABLE_NOT_FOUND": "`lakehouse catalog tables` lists all; a bare name means query.database",
    "COLUMN_NOT_FOUND": '`lakehouse sql "describe TABLE"` lists the columns of a table',
    "FUNCTION_NOT_FOUND": "docs/athena-conformance.md lists the functions",
}


@dataclass(frozen=True)
class Position:
    """Where a node of the statement begins; both count from 1, as Trino's do."""

    line: int
    column: int


class AthenaError(QueryError):
    """A statement Athena would refuse, or one this dialect can't answer exactly."""

    def __init__(
        self, code: str, message: str, position: Position | None = None, *, hint: str = ""
    ) -> None:
        where = f"line {position.line}:{position.column}: " if position else ""
        super().__init__(f"{code}: {where}{message}", hint=hint or _HINTS.get(code, ""))
        self.code = code
        self.position = position
        self.detail = message


def not_supported(what: str, position: Position | None = None) -> AthenaError:
    """The error for what is valid in Athena but has no exact form here."""
    return AthenaError(
        "NOT_SUPPORTED",
        f"{what} is not supported",
        position,
        hint="docs/athena-conformance.md lists what is",
    )


def raised(error: Exception) -> AthenaError:
    """Athena's error of a function that the engine calls, where it was called outside."""
    return error_of_kind("", str(error))


# The engine's own classes, most specific first, with what its fields call them and the code Trino
# gives the same mishap.
_BY_CLASS: tuple[tuple[type[duckdb.Error], str, str], ...] = (
    (duckdb.OutOfRangeException, "Out of Range", "NUMERIC_VALUE_OUT_OF_RANGE"),
    (duckdb.ConversionException, "Conversion", "INVALID_CAST_ARGUMENT"),
    (duckdb.InterruptException, "INTERRUPT", "USER_CANCELED"),
    (duckdb.OutOfMemoryException, "Out of Memory", "EXCEEDED_LOCAL_MEMORY_LIMIT"),
    (duckdb.NotImplementedException, "Not implemented", "NOT_SUPPORTED"),
    (duckdb.InvalidInputException, "Invalid Input", "INVALID_FUNCTION_ARGUMENT"),
)


# What the engine says of a scalar subquery with more rows than one.
_MANY_ROWS = "More than one row returned by a subquery used as an expression"
# What the engine says of expressions that nest further than it goes.
_TOO_DEEP = re.compile(r"Max expression depth limit|^Parser Error: memory exhausted")
# What the engine says when MERGE or UPDATE would change a row twice.
_MANY_MATCHES = "The same row was updated multiple times"
# And when Arrow can't read on in a file of an external table.
_FILES = "arrow_scan: get_next failed():"


def translate_error(error: duckdb.Error) -> AthenaError:
    """Athena's error for one the engine raised while it ran a translated statement."""
    kinds = (kind for of, kind, _ in _BY_CLASS if isinstance(error, of))
    return error_of_kind(next(kinds, ""), str(error))


def error_of_kind(kind: str, text: str) -> AthenaError:
    """The same for an error whose kind and message are known, not its class."""
    marked = _MARKED.search(text)
    if marked:
        return AthenaError(marked[1], marked[2])
    first = text.partition("\n")[0]
    if kind == "TransactionContext":
        message = f"Failed to commit Iceberg update to table: {first}"
        hint = "another writer came first, and nothing was written: run it again"
        return AthenaError("ICEBERG_COMMIT_ERROR", message, hint=hint)
    if _TOO_DEEP.search(text):
        message = "statement is too large (stack overflow during analysis)"
        return AthenaError("STACK_OVERFLOW", message, hint="nest less deeply")
    if _MANY_ROWS in text:
        return AthenaError("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
    if _MANY_MATCHES in text:
        message = "One MERGE target table row matched more than one source row"
        return AthenaError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)
    if first.startswith(_FILES):
        return AthenaError("HIVE_BAD_DATA", first.removeprefix(_FILES).removeprefix(" Invalid: "))
    for _, name, code in _BY_CLASS:
        if kind == name:
            return AthenaError(code, first)
    hint = "the translated statement was refused by the engine; please report it"
    if kind == "IO":
        hint = "a file of the table could not be read; is the home complete?"
    return AthenaError("GENERIC_INTERNAL_ERROR", first, hint=hint)
