"""SHOW DATABASES, TABLES and COLUMNS, and DESCRIBE: a query of the engine that answers each.

Their columns and types are Hive's, as in Athena: `database_name`, `tab_name`, `field`, and
`col_name`, `data_type`, `comment`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.hive_types import hive_name
from lakehouse.athena.translation import Translation
from lakehouse.athena.types import VARCHAR
from lakehouse.quoting import identifier, literal


def show(
    statement: v.Show,
    schema: Schema,
    tables: Sequence[tuple[str, str]],
    views: Sequence[tuple[str, str]],
    database: str,
) -> Translation:
    """What SHOW lists of `tables` and `views`, pairs of database and name.

    A pair without a name is a database alone.

    Raises AthenaError SCHEMA_NOT_FOUND, TABLE_NOT_FOUND, or NOT_SUPPORTED for other listings.
    """
    databases = sorted({name for name, _ in tables})
    if statement.what == "databases":
        return listed("database_name", matching(databases, statement.pattern))
    if statement.what in ("tables", "views"):
        wanted = statement.of[0] if statement.of else database
        if wanted not in databases:
            raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{wanted}' does not exist")
        pairs = views if statement.what == "views" else [*tables, *views]
        named = sorted(name for of, name in pairs if of == wanted and name)
        column = "views" if statement.what == "views" else "tab_name"
        return listed(column, matching(named, statement.pattern))
    if statement.what == "columns":
        return listed("field", [name for name, _ in found_table(schema, statement.of).columns])
    raise not_supported(f"SHOW {statement.what.upper()}")


def describe(
    statement: v.Describe,
    table: TableColumns,
    comments: Mapping[str, str],
    more: Sequence[tuple[str, str, str]] = (),
) -> Translation:
    """A line for each column of a table, with its type as Hive writes it, and its comment.

    `more` are the lines that follow them.

    Raises AthenaError TABLE_NOT_FOUND, COLUMN_NOT_FOUND, or NOT_SUPPORTED for other details.
    """
    if statement.detail or statement.partition:
        raise not_supported("DESCRIBE of more than a table and its columns")
    columns = table.columns
    if statement.column:
        columns = tuple(c for c in columns if c[0].lower() == statement.column)
        if not columns:
            raise AthenaError("COLUMN_NOT_FOUND", f"Column '{statement.column}' does not exist")
    lines = [(name, hive_name(made), comments.get(name, "")) for name, made in columns]
    return rows(("col_name", "data_type", "comment"), [*lines, *more])


def found_table(schema: Schema, name: v.Name) -> TableColumns:
    """The table or view of a name. Raises TABLE_NOT_FOUND."""
    table = schema.table(name)
    if table is None:
        raise AthenaError("TABLE_NOT_FOUND", f"Table '{'.'.join(name)}' does not exist")
    return table


def matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """The names a pattern takes: of a regular expression Athena knows `.*` (or `*`) and `|`."""
    if pattern is None:
        return list(names)
    choices = [re.split(r"\.?\*", choice) for choice in pattern.split("|")]
    made = re.compile("|".join(".*".join(map(re.escape, parts)) for parts in choices), re.I)
    return [name for name in names if made.fullmatch(name)]


def listed(column: str, names: Iterable[str]) -> Translation:
    """A query that answers names in one column."""
    return rows((column,), [(name,) for name in names])


def rows(names: tuple[str, ...], values: Sequence[tuple[str, ...]]) -> Translation:
    """A query that answers rows of text."""
    lines = ", ".join(f"({', '.join(map(literal, row))})" for row in values)
    nothing = f"({', '.join(['CAST(NULL AS VARCHAR)'] * len(names))})"
    sql = f"SELECT * FROM (VALUES {lines or nothing}) AS t({', '.join(map(identifier, names))})"
    return Translation(sql if values else f"{sql} LIMIT 0", names, (VARCHAR,) * len(names))
