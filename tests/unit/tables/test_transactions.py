"""Statements committed together, in spite of others."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from lakehouse.catalog import catalog_endpoint
from lakehouse.config import Settings
from lakehouse.errors import CatalogError
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.tables.transactions import commit_together

MERGE = (
    "merge into lake.core.t as t using (select 1 as k, 'new' as v, meddle(1) as m) as n"
    " on t.k = n.k and n.m = 1 when matched then update set v = n.v"
    " when not matched then insert (k, v) values (n.k, n.v)"
)


@pytest.fixture
def duck(settings: Settings) -> Iterator[DuckDBPyConnection]:
    with catalog_endpoint(settings) as endpoint, duckdb.connect() as connection:
        load_extensions(connection)
        attach_lake(connection, endpoint)
        connection.execute("create schema lake.core")
        connection.execute("create table lake.core.t as select 1 as k, 'old' as v")
        yield connection


def meddle(duck: DuckDBPyConnection, times: int) -> None:
    """Make `meddle()`, called inside a statement, commit to the same table that many times."""
    other = duck.cursor()
    left = iter(range(times))

    def called(value: int) -> int:
        if next(left, None) is not None:
            other.execute("insert into lake.core.t values (2, 'other')")
        return value

    duck.create_function("meddle", called, ["INTEGER"], "INTEGER", side_effects=True)


def test_a_conflict_is_tried_again(duck: DuckDBPyConnection) -> None:
    meddle(duck, times=2)
    commit_together(duck, [MERGE])
    rows = duck.execute("from lake.core.t order by all").fetchall()
    assert rows == [(1, "new"), (2, "other"), (2, "other")]


def test_too_many_conflicts_are_an_error(duck: DuckDBPyConnection) -> None:
    meddle(duck, times=9)
    with pytest.raises(CatalogError, match="refused 2 times") as caught:
        commit_together(duck, [MERGE], attempts=2)
    assert caught.value.hint
    assert (1, "old") in duck.execute("from lake.core.t").fetchall()


def test_a_failing_statement_undoes_the_ones_before(duck: DuckDBPyConnection) -> None:
    statements = ["delete from lake.core.t", "select error('boom')"]
    with pytest.raises(duckdb.Error, match="boom"):
        commit_together(duck, statements)
    assert duck.execute("from lake.core.t").fetchall() == [(1, "old")]
