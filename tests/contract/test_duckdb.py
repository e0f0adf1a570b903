"""DuckDB through the Iceberg REST service."""

import duckdb

from lakehouse.catalog import catalog_endpoint
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions


def test_rows_written_by_duckdb_are_read_back(settings: Settings) -> None:
    with catalog_endpoint(settings) as endpoint, duckdb.connect() as con:
        load_extensions(con)
        attach_lake(con, endpoint)
        con.execute("CREATE SCHEMA lake.core")
        con.execute("CREATE TABLE lake.core.t AS SELECT i FROM range(10) r(i)")
        con.execute("DELETE FROM lake.core.t WHERE i % 2 = 0")
        assert con.execute("SELECT sum(i) FROM lake.core.t").fetchone() == (25,)
