import duckdb
import pytest

from lakehouse.errors import CatalogError, LakehouseError, QueryError
from lakehouse.query import Session
from lakehouse.query.diagnosis import explained

TABLES = ["core.dim_dates", "core.fct_orders", "landing.order_lines"]


def told(con: duckdb.DuckDBPyConnection, sql: str, tables: list[str] = TABLES) -> LakehouseError:
    with pytest.raises(duckdb.Error) as raised:
        con.execute(sql)
    return explained(raised.value, sql, lambda: tables)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("from fct_orders", "did you mean core.fct_orders?"),
        ("from core.fct_order", "did you mean core.fct_orders?"),
        ("from order_lines", "did you mean landing.order_lines?"),
        ('from lading."order_lines"', "did you mean landing.order_lines?"),
        ("from Core.FCT_Orderz", "did you mean core.fct_orders?"),
        ("from nothing.like_it", f"tables: {', '.join(TABLES)}"),
    ],
)
def test_an_unknown_table_names_the_nearest(
    con: duckdb.DuckDBPyConnection, sql: str, hint: str
) -> None:
    error = told(con, sql)
    name = sql.removeprefix("from ")
    assert isinstance(error, QueryError)
    assert error.message == f"there is no table {name}\n  line 1: {sql}\n{' ' * 15}^"
    assert error.hint == hint


def test_without_any_table_the_hint_is_to_build(con: duckdb.DuckDBPyConnection) -> None:
    assert "make build" in told(con, "from core.fct_orders", tables=[]).hint


@pytest.mark.parametrize(
    ("sql", "message", "hint"),
    [
        ("select contry from (select 1 country)", "no column contry", "did you mean country?"),
        ("select zzz from (select 1 a, 2 b)", "no column zzz", "describe"),
        ("select uper('a')", "Scalar Function with name uper", "did you mean upper?"),
        ("from duckdb_tablez()", "Table Function with name", "did you mean duckdb_tables?"),
        ("selec 1", "syntax error", "did you mean SELECT?"),
        ("select 1 form t", "syntax error", "dialect"),
        ("select st_point(1, 2)", "st_point", "dialect"),
        ("select sum('a')", "No function matches", "describe"),
        ("select 'x'::int", "Could not convert", "try_cast"),
        ("select 9223372036854775807 + 1", "Overflow", "wider type"),
        ("select error('boom')", "boom", "--help"),
    ],
)
def test_errors_say_what_and_what_to_do(
    con: duckdb.DuckDBPyConnection, sql: str, message: str, hint: str
) -> None:
    error = told(con, sql)
    assert error.exit_code == 5
    assert message in error.message
    assert hint in error.hint
    assert "exception_type" not in error.message


def test_an_error_in_the_middle_of_a_stream_is_told_alike(plain: Session) -> None:
    sql = "select if(i < 4000000, '1', 'x')::int from range(5000000) t(i)"
    for _ in range(6):  # more often than not DuckDB itself says "Interrupted!"
        result = plain.run(sql)
        with pytest.raises(QueryError, match="Could not convert string 'x'") as raised:
            list(result.pages())
        assert "try_cast" in raised.value.hint
        assert f"line 1: {sql}" in raised.value.message
    assert plain.run("select 1").columns[0].name == "1"


def test_an_engine_out_of_memory_names_the_setting(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("SET memory_limit = '20MB'; SET max_temp_directory_size = '0MB'")
    error = told(con, "select list(i) from range(10000000) t(i)")
    assert "memory_limit" in error.hint


def test_a_catalog_that_does_not_answer_is_no_fault_of_the_query() -> None:
    error = explained(
        duckdb.HTTPException('{"exception_type":"HTTP","exception_message":"refused"}'), "", list
    )
    assert isinstance(error, CatalogError)
