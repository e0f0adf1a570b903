"""One prepared connection for the whole corpus; the clock of the tests stands still."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from lakehouse.athena import MappedSchema, Translation, prepare, render, translate, translate_error
from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.types import BIGINT, VARCHAR

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
SCHEMA = MappedSchema({"customers": (("id", BIGINT), ("description", VARCHAR))})
# The table that the examples of Trino's page of JSON functions read.
_CUSTOMERS = """
    CREATE TABLE customers AS SELECT * FROM (VALUES
        (101::BIGINT, '{"comment" : "nice", "children" : [10, 13, 16]}'),
        (102, '{"comment" : "problematic", "children" : [8, 11]}'),
        (103, '{"comment" : "knows best", "children" : [2]}')
    ) AS t(id, description)
"""

Answer = tuple[Translation, list[tuple[str | None, ...]], list[str]]


@pytest.fixture(scope="session")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        prepare(con)
        con.execute(_CUSTOMERS)
        yield con


@pytest.fixture(scope="session")
def answer(engine: duckdb.DuckDBPyConnection) -> Callable[[str], Answer]:
    """Runs a query of Athena's dialect; its rows come back in Athena's text."""

    def run(sql: str) -> Answer:
        translation = translate(sql, SCHEMA, clock=StatementClock(NOW))
        try:
            cursor = engine.execute(translation.sql)
            found = cursor.fetchall()
        except duckdb.Error as error:
            raise translate_error(error) from error
        rows = [
            tuple(render(value, made) for value, made in zip(row, translation.types, strict=True))
            for row in found
        ]
        return translation, rows, [str(column[1]) for column in cursor.description or []]

    return run
