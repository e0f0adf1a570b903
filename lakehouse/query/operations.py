"""The tables about the lakehouse itself, to be asked in SQL, with marts or without.

They are small, so they are read as they are now and asked in memory: no service, no build waits.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema

from lakehouse.catalog.explaining import explained
from lakehouse.catalog.opening import open_existing
from lakehouse.config import Settings
from lakehouse.quoting import identifier
from lakehouse.tables import landing, ops

# What is read, and which columns: rejected lines themselves may be many.
_TABLES: Mapping[tuple[str, str], tuple[Schema, str]] = {
    ops.DELIVERIES: (
        ops.DELIVERIES_SCHEMA,
        "stream sequence committed_at lines landed rejected dropped lag_bytes lag_logs",
    ),
    landing.REJECTS: (landing.REJECTS_SCHEMA, "stream ingest_seq reason"),
    ops.PUBLICATIONS: (
        ops.PUBLICATIONS_SCHEMA,
        "publication_id published_at table_name snapshot_id row_count",
    ),
    ops.MAINTENANCE: (
        ops.MAINTENANCE_SCHEMA,
        "table action started_at seconds reason files_before files_after bytes_before bytes_after",
    ),
}


class Operations:
    """The tables as they were when they were read; one that is not there yet has no rows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one SELECT over these tables, named as in the lake."""
        return self._connection.execute(sql, dict(parameters or {})).to_arrow_table()


@contextmanager
def open_operations(settings: Settings) -> Iterator[Operations]:
    """The tables, read now. Raises CatalogError when the catalog can't be read."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        with open_existing(settings) as catalog, explained("the catalog"):
            for (namespace, name), (schema, columns) in _TABLES.items():
                rows = _read(catalog, (namespace, name), schema.select(*columns.split()))
                connection.register("read", rows)
                connection.execute(f"create schema if not exists {identifier(namespace)}")
                connection.execute(
                    f"create table {identifier(namespace, name)} as select * from read"
                )
        yield Operations(connection)


def _read(catalog: Catalog | None, table: tuple[str, str], schema: Schema) -> pa.Table:
    empty = schema_to_pyarrow(schema, include_field_ids=False).empty_table()
    try:
        loaded = None if catalog is None else catalog.load_table(table)
    except (NoSuchTableError, NoSuchNamespaceError):
        loaded = None
    if loaded is None:
        return empty
    # A table of an older version lacks the newer columns.
    there = set(loaded.schema().column_names) & set(empty.column_names)
    rows = loaded.scan(selected_fields=tuple(there)).to_arrow()
    for field in empty.schema:
        if field.name not in there:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    return rows.select(empty.column_names)
