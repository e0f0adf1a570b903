"""Sessions on plain DuckDB, for what has nothing to do with the catalog."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import duckdb
import pytest

from lakehouse.query import Session
from lakehouse.query.interruption import Interruptible
from lakehouse.query.worker import Opening, Worker
from lakehouse.query.worker.engine import CONFIG


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB as a session sets it up, without a catalog."""
    with duckdb.connect(config=dict(CONFIG)) as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session without a catalog."""
    opening = Opening("2GiB", 2, str(tmp_path_factory.mktemp("plain") / "spill"), "1GiB")
    with ThreadPoolExecutor(1) as thread, closing(Worker(opening)) as worker:
        yield Session(worker, Interruptible(worker, thread))
