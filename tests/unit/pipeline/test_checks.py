"""Tests that are asked without dbt: all find nothing, or dbt has to tell."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from dbt_project.plugin.checks import ask


@pytest.fixture
def connection() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create table numbers as from range(3) as t(n)")
        yield con


NOTHING = "select n from numbers where n > 5 -- no line ends it"


def test_all_that_find_nothing_are_told(connection: DuckDBPyConnection) -> None:
    taken = ask(connection, {"a": NOTHING, "b": "with x as (from numbers) from x where n < 0"})
    assert taken is not None
    assert list(taken) == ["a", "b"]
    assert min(taken.values()) >= 0


@pytest.mark.parametrize("wrong", ["select * from numbers where n = 2", "from gone", "select ("])
def test_one_that_finds_something_or_fails_leaves_it_to_dbt(
    connection: DuckDBPyConnection, wrong: str
) -> None:
    assert ask(connection, {"a": NOTHING, "b": wrong, "c": NOTHING}) is None
    assert ask(connection, {"a": NOTHING}) is not None  # no transaction is left open
