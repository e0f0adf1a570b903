"""SHOW DATABASES, TABLES and COLUMNS, and DESCRIBE: a query of the engine that answers each.

Their columns and types are Hive's, as in Athena: `database_name`, `tab_name`, `field`, and
`col_name`, `data_type`, `comment`.
"""

import re
from collections.abc import Iterable, Sequence

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.hive_types import hive_name
from lakehouse.athena.translation import Translation
from lakehouse.athena.types import VARCHAR
from lakehouse.quoting import literal


def show(
    statement: v.Show, schema: Schema, tables: Sequence[tuple[str, str]], database: str
) -> Translation:
    """What SHOW lists of `tables`, pairs of database and table (empty: a database alone).

    Raises AthenaError SCHEMA_NOT_FOUND, TABLE_NOT_FOUND, or NOT_SUPPORTED for other listings.
    """
    databases = sorted({name for name, _ in tables})
    if statement.what == "databases":
        return _listed("database_name", _matching(databases, statement.pattern))
    if statement.what == "tables":
        wanted = statement.of[0] if statement.of else database
        if wanted not in databases:
            raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{wanted}' does not exist")
        named = sorted(table for of, table in tables if of == wanted and table)
        return _listed("tab_name", _matching(named, statement.pattern))
    if statement.what == "columns":
        return _listed("field", [name for name, _ in _found(schema, statement.of).columns])
    raise not_supported(f"SHOW {statement.what.upper()}")


def describe(statement: v.Describe, schema: Schema) -> Translation:
    """A line for each column of a table, with its type as Hive writes it.

    Raises AthenaError TABLE_NOT_FOUND, COLUMN_NOT_FOUND, or NOT_SUPPORTED for other details.
    """
    if statement.view or statement.detail or statement.partition:
        raise not_supported("DESCRIBE of more than a table and its columns")
    columns = _found(schema, statement.table).columns
    if statement.column:
        columns = tuple(c for c in columns if c[0].lower() == statement.column)
        if not columns:
            raise AthenaError("COLUMN_NOT_FOUND", f"Column '{statement.column}' does not exist")
    lines = [(name, hive_name(made), "") for name, made in columns]
    return _rows(("col_name", "data_type", "comment"), lines)


def _found(schema: Schema, name: v.Name) -> TableColumns:
    table = schema.table(name)
    if table is None:
        raise AthenaError("TABLE_NOT_FOUND", f"Table '{'.'.join(name)}' does not exist")
    return table


def _matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """The names a pattern takes: of a regular expression Athena knows `.*` (or `*`) and `|`."""
    if pattern is None:
        return list(names)
    choices = [re.split(r"\.?\*", choice) for choice in pattern.split("|")]
    made = re.compile("|".join(".*".join(map(re.escape, parts)) for parts in choices), re.I)
    return [name for name in names if made.fullmatch(name)]


def _listed(column: str, names: Iterable[str]) -> Translation:
    return _rows((column,), [(name,) for name in names])


def _rows(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Translation:
    lines = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    nothing = f"({', '.join(['CAST(NULL AS VARCHAR)'] * len(names))})"
    sql = f"SELECT * FROM (VALUES {lines or nothing}) AS t({', '.join(names)})"
    return Translation(sql if rows else f"{sql} LIMIT 0", names, (VARCHAR,) * len(names))
