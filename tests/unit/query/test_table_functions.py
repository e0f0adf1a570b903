"""Which table functions may be called, and that no spelling of the others gets through."""

import duckdb
import pytest

from lakehouse.errors import QueryError
from lakehouse.query.engine import load_extensions
from lakehouse.query.statements import admit
from lakehouse.query.table_functions import CLOSED, OPEN


def test_every_function_of_the_engine_is_open_or_closed(con: duckdb.DuckDBPyConnection) -> None:
    # A function that a new version brings has to be put in one of the two.
    load_extensions(con)
    listed = "select distinct function_name from duckdb_functions() where function_type = 'table'"
    assert {name for (name,) in con.execute(listed).fetchall()} == OPEN | CLOSED
    assert not OPEN & CLOSED


@pytest.mark.parametrize(
    "sql",
    [
        "from enable_logging()",
        'from "Enable_Logging" ()',
        "from system.main.enable_logging /* a */ -- b\n ()",
        "from enable_logging\u00a0()",
        "from\u00a0enable_logging\u200b()",
        "select (from enable_logging())",
        "with x as materialized (from enable_logging()) from x",
        "from range(3) r, lateral (from enable_logging())",
        "explain analyze from enable_logging()",
        "pivot (from enable_logging()) on a",
        "insert into t from enable_logging()",
        "from query('from enable_logging()')",
        "from query_table('enable_logging()')",
        "from json_execute_serialized_sql('{}')",
        "from arrow_scan(1, 2, 3)",
    ],
)
def test_a_closed_function_is_refused(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match=r"\w\(\) is not allowed"):
        admit(con, sql, write=True)


@pytest.mark.parametrize(
    "sql",
    [
        "select 'enable_logging()'",
        "select enable_logging from (select 1 as enable_logging)",
        "from range(3)",
        "/* enable_logging( */ select repeat('a', 3)",
        'select "query" from (select 1 as "query") where (true)',
    ],
)
def test_everything_else_is_admitted(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert admit(con, sql, write=False).sql == sql
