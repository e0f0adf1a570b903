"""The gate: which SQL may run, decided by DuckDB's own parser.

One statement a run, so that a result has one meaning and one format. A session reads: SELECT
in all its forms (WITH, VALUES, FROM, TABLE, PIVOT, DESCRIBE, SHOW, SUMMARIZE) and EXPLAIN of
one. Where writing was asked for, a statement may also be INSERT, UPDATE, DELETE, MERGE, and
CREATE, ALTER or DROP of a table or schema of the catalog. Everything else (COPY, ATTACH, SET,
CALL, ...) reaches past the catalog's tables or changes the session, and is always refused; so
are the table functions that do (`lakehouse.query.table_functions`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import duckdb

from lakehouse.errors import QueryError
from lakehouse.query.table_functions import refuse_closed

READS: Final = frozenset({"SELECT"})
WRITES: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE", "ALTER", "DROP"})
# What can be created: views, macros, types and secrets can't live in an Iceberg catalog.
_CATALOG_OBJECTS: Final = frozenset({"table", "schema"})
_INSTEAD: Final = {
    "COPY": "write a result to a file with `lakehouse sql --output FILE`",
    "SET": "set limits in lakehouse.toml; name tables as namespace.table",
    "PRAGMA": "set limits in lakehouse.toml",
    "TRANSACTION": "one statement is one transaction",
    "PREPARE": "one statement is a run of its own; nothing prepared would be left",
    "EXECUTE": "one statement is a run of its own; nothing prepared would be left",
}
_LISTING: Final = """
    SELECT schema_name AS namespace, table_name AS "table"
    FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY ALL"""


@dataclass(frozen=True)
class Statement:
    """One statement that may run."""

    sql: str
    writes: bool = False
    explains: bool = False


def admit(con: duckdb.DuckDBPyConnection, sql: str, *, write: bool) -> Statement:
    """The one statement that `sql` holds; comments and closing semicolons don't count.

    `SHOW TABLES` lists the tables of every namespace, as DuckDB does for the schemas of a
    database of its own.

    Raises QueryError for no statement, several, or one that may not run; duckdb.Error for
    what DuckDB can't parse.
    """
    if "\0" in sql:
        raise QueryError("the statement holds a zero byte", hint="DuckDB would stop reading there")
    kind = _kind_of(con.extract_statements(sql))
    refuse_closed(_tokens(sql))
    words = _words(sql)
    if words == ["show", "tables"]:
        return Statement(_LISTING)
    if kind in READS:
        return Statement(sql)
    if kind == "EXPLAIN":
        _admit_explained(con, sql)
        return Statement(sql, explains=True)
    name = kind.replace("_", " ")
    if kind not in WRITES or not _in_catalog(kind, words):
        hint = _INSTEAD.get(kind, "SQL here reads and writes the tables of the catalog")
        raise QueryError(f"{' '.join(words[:2]).upper()} is not allowed", hint=hint)
    if not write:
        raise QueryError(
            f"{name} writes, and this session only reads",
            hint="allow one write statement with `lakehouse sql --dialect duckdb --write`",
        )
    return Statement(sql, writes=True)


def _kind_of(statements: Sequence[duckdb.Statement]) -> str:
    """The name of the only statement's type."""
    kinds = [s.type.name for s in statements]
    if len(kinds) > 1 and not any(s.query for s in statements):
        # PIVOT without IN parses as steps without a text: a type is created, then used. In a
        # write they stand inside BEGIN and COMMIT.
        begun = kinds.count("TRANSACTION")
        steps = [kind for kind in kinds if kind != "TRANSACTION"]
        if begun <= 2 and set(steps[:-1]) == {"CREATE"}:
            kinds = steps[-1:]
    if not kinds:
        raise QueryError("there is no statement to run", hint='try lakehouse sql "show tables"')
    if len(kinds) > 1:
        raise QueryError(
            f"there are {len(kinds)} statements, and one run takes one",
            hint="run them one by one",
        )
    return kinds[0]


def _admit_explained(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    # EXPLAIN ANALYZE runs what it explains. The statement begins after the options, which can
    # have several forms: it is the first rest of the text that parses.
    _, *rest = _tokens(sql)
    for start in range(len(rest)):
        try:
            kinds = {s.type.name for s in con.extract_statements("".join(rest[start:]))}
        except duckdb.ParserException:
            continue
        if "SELECT" in kinds and kinds <= {"SELECT", "CREATE"}:
            return
        break
    raise QueryError("only a reading statement can be explained", hint="explain a SELECT")


def _in_catalog(kind: str, words: Sequence[str]) -> bool:
    if kind not in {"CREATE", "DROP", "ALTER"}:
        return True
    subject = [word for word in words[1:] if word not in {"or", "replace"}]
    return subject[0] in _CATALOG_OBJECTS


def _words(sql: str) -> list[str]:
    """The tokens of `sql` in lower case, without comments and closing semicolons."""
    words = [re.split(r"--|/\*", token)[0].strip().lower() for token in _tokens(sql)]
    return [word for word in words if word != ";"]


def _tokens(sql: str) -> list[str]:
    """The text of every token, each with the space and the comments behind it."""
    raw = sql.encode()  # DuckDB counts bytes
    starts = [start for start, _ in duckdb.tokenize(sql)]
    return [raw[start:end].decode() for start, end in pairwise([*starts, len(raw)])]
