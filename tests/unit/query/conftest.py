"""Sessions on plain DuckDB, for what has nothing to do with the catalog."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from lakehouse.query import Session
from lakehouse.query.interruption import Interruptible
from lakehouse.query.session import CONFIG


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB as a session sets it up, without a catalog."""
    with duckdb.connect(config=dict(CONFIG)) as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


@pytest.fixture
def plain(con: duckdb.DuckDBPyConnection) -> Iterator[Session]:
    """A session without a catalog."""
    with ThreadPoolExecutor(1) as thread:
        yield Session(con, Interruptible(con, thread))
