"""The engine's errors come back as Athena's, by their class or by our own marker."""

import duckdb
import pytest

from lakehouse.athena import AthenaError, prepare, translate_error
from lakehouse.errors import QueryError


@pytest.mark.parametrize(
    ("sql", "code", "detail"),
    [
        (
            "SELECT athena_raise('DIVISION_BY_ZERO:Division by zero')",
            "DIVISION_BY_ZERO",
            "Division by zero",
        ),
        (
            "SELECT athena_json_parse('x')",
            "INVALID_FUNCTION_ARGUMENT",
            "Cannot convert value to JSON: 'x'",
        ),
        ("SELECT 2147483647 + i FROM (VALUES (1)) t(i)", "NUMERIC_VALUE_OUT_OF_RANGE", None),
        ("SELECT CAST(s AS INTEGER) FROM (VALUES ('x')) t(s)", "INVALID_CAST_ARGUMENT", None),
        ("SELECT nosuch", "GENERIC_INTERNAL_ERROR", None),
    ],
)
def test_translation(sql: str, code: str, detail: str | None) -> None:
    with duckdb.connect() as con:
        prepare(con)
        with pytest.raises(duckdb.Error) as raised:
            con.execute(sql).fetchall()
    error = translate_error(raised.value)
    assert isinstance(error, AthenaError)
    assert isinstance(error, QueryError)
    assert error.code == code
    if detail:
        assert str(error) == f"{code}: {detail}"


def test_an_error_is_raised_only_where_a_row_asks_for_it() -> None:
    with duckdb.connect() as con:
        prepare(con)
        rows = con.execute(
            "SELECT CASE WHEN i = 9 THEN athena_raise('X:y') ELSE i END FROM range(3) t(i)"
        ).fetchall()
        tried = con.execute("SELECT TRY(athena_raise('X:y'))").fetchall()
    assert rows == [(0,), (1,), (2,)]
    assert tried == [(None,)]
