"""The tables of the lake with their columns and descriptions, for `dbt docs`.

DuckDB's own listing knows the columns of an attached Iceberg table only after somebody used it,
and never its comments.
"""

from collections.abc import Iterable, Iterator, Sequence

from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.typedef import Identifier

from lakehouse.quoting import identifier
from lakehouse.tables.descriptions import COMMENT

LISTING = "lake_listing"
_COLUMNS = (
    "table_database varchar, table_schema varchar, table_name varchar, table_type varchar,"
    " table_comment varchar, column_name varchar, column_index integer, column_type varchar,"
    " column_comment varchar, table_owner varchar"
)
Row = tuple[str | int | None, ...]


def fill_listing(
    connection: DuckDBPyConnection, catalog: Catalog, wanted: Iterable[Sequence[str | None]]
) -> None:
    """Put a row for each column of the wanted tables into the temporary table of that name.

    A wanted table is its namespace and its name, or None for all tables there. Those that do not
    exist are left out.
    """
    connection.execute(f"create or replace temporary table {LISTING} ({_COLUMNS})")
    rows = [
        row for one in _existing(catalog, wanted) for row in _describe(connection, catalog, one)
    ]
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {LISTING} values ({marks})", rows)


def _existing(catalog: Catalog, wanted: Iterable[Sequence[str | None]]) -> list[Identifier]:
    found: set[Identifier] = set()
    for namespace, name in wanted:
        try:
            tables = catalog.list_tables(str(namespace))
        except NoSuchNamespaceError:
            continue
        found.update(table for table in tables if name is None or table[-1] == name)
    return sorted(found)


def _describe(connection: DuckDBPyConnection, catalog: Catalog, table: Identifier) -> Iterator[Row]:
    try:
        known = catalog.load_table(table)
    except NoSuchTableError:  # dropped since it was listed
        return
    docs = {field.name: field.doc for field in known.schema().fields}
    head = ("lake", ".".join(table[:-1]), table[-1], "BASE TABLE", known.properties.get(COMMENT))
    found = connection.execute(f"describe {identifier('lake', *table)}").fetchall()
    for index, (name, type_, *_) in enumerate(found, start=1):
        yield (*head, name, index, type_, docs.get(name), None)
