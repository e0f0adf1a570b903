"""Every type in Athena's text, byte for byte."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import duckdb
import pytest

from lakehouse.athena import MappedSchema, prepare, render, render_column, translate
from lakehouse.athena import types as t

GOLDEN = [
    (True, t.BOOLEAN, "true"),
    (False, t.BOOLEAN, "false"),
    (-128, t.TINYINT, "-128"),
    (2**63 - 1, t.BIGINT, "9223372036854775807"),
    (1.0, t.DOUBLE, "1.0"),
    (1e10, t.DOUBLE, "1.0E10"),
    (1.5e-7, t.DOUBLE, "1.5E-7"),
    (9999999.0, t.DOUBLE, "9999999.0"),
    (1e7, t.DOUBLE, "1.0E7"),
    (0.001, t.DOUBLE, "0.001"),
    (-0.0, t.DOUBLE, "-0.0"),
    (float("nan"), t.DOUBLE, "NaN"),
    (float("-inf"), t.DOUBLE, "-Infinity"),
    (0.10000000149011612, t.REAL, "0.1"),
    (Decimal("1.5"), t.decimal(10, 2), "1.50"),
    (Decimal("-0.001"), t.decimal(3, 3), "-0.001"),
    (Decimal("1E+3"), t.decimal(5, 0), "1000"),
    ("", t.VARCHAR, ""),
    ("a, b", t.VARCHAR, "a, b"),
    (b"\x00\xff", t.VARBINARY, "00 ff"),
    (date(2020, 1, 5), t.DATE, "2020-01-05"),
    (time(1, 2, 3), t.time(0), "01:02:03.000"),
    (datetime.fromisoformat("2020-01-05T01:02:03"), t.timestamp(0), "2020-01-05 01:02:03.000"),
    (
        datetime.fromisoformat("2020-01-05T01:02:03.456789"),
        t.timestamp(6),
        "2020-01-05 01:02:03.456789",
    ),
    (datetime(2020, 1, 5, tzinfo=UTC), t.zoned(3, "UTC"), "2020-01-05 00:00:00.000 UTC"),
    (datetime(2020, 1, 5, tzinfo=UTC), t.zoned(3, "+05:30"), "2020-01-05 05:30:00.000 +05:30"),
    (
        {"at": datetime(2020, 7, 5, tzinfo=UTC), "zone": "America/New_York"},
        t.zoned(3, ""),
        "2020-07-04 20:00:00.000 America/New_York",
    ),
    (-14, t.YEAR_TO_MONTH, "-1-2"),
    (93784005, t.DAY_TO_SECOND, "1 02:03:04.005"),
    ([1, None, 3], t.array(t.BIGINT), "[1, null, 3]"),
    ([], t.array(t.BIGINT), "[]"),
    ({"a": 1, "b": None}, t.map_of(t.VARCHAR, t.BIGINT), "{a=1, b=null}"),
    ([("a", 1)], t.map_of(t.VARCHAR, t.BIGINT), "{a=1}"),
    ({}, t.map_of(t.VARCHAR, t.BIGINT), "{}"),
    ({"x": 1, "y": "z"}, t.row((t.BIGINT, t.VARCHAR), ("x", "y")), "{x=1, y=z}"),
    ((1, [True]), t.row((t.BIGINT, t.array(t.BOOLEAN))), "{field0=1, field1=[true]}"),
    ('{"a":1}', t.JSON, '{"a":1}'),
]


@pytest.mark.parametrize(("value", "made", "text"), GOLDEN)
def test_golden(value: object, made: t.Type, text: str) -> None:
    assert render(value, made) == text


def test_null_is_not_the_empty_string() -> None:
    assert render_column([None, ""], t.VARCHAR) == [None, ""]


def test_arrow_gives_the_same_text() -> None:
    query = """
        SELECT 1.50, 1e10, TIMESTAMP '2020-01-01 00:00:00.5', ARRAY[1, NULL],
               MAP(ARRAY['k'], ARRAY[ROW(1, 'x')]), X'00FF', DATE '2020-01-01', NULL,
               from_iso8601_timestamp('2020-05-11T11:15:05+01:00'), true
    """
    made = translate(query, MappedSchema({}))
    with duckdb.connect() as con:
        prepare(con)
        rows = con.execute(made.sql).fetchall()
        table = con.execute(made.sql).to_arrow_table()
    by_client = [render(value, kind) for value, kind in zip(rows[0], made.types, strict=True)]
    by_arrow = [
        render_column(column.to_pylist(), kind)[0]
        for column, kind in zip(table.columns, made.types, strict=True)
    ]
    assert by_arrow == by_client
    assert by_client[3:5] == ["[1, null]", "{k={field0=1, field1=x}}"]


def test_prepare_twice_and_on_a_cursor() -> None:
    sql = translate("SELECT json_size('[1]', '$')", MappedSchema({})).sql
    with duckdb.connect() as con:
        prepare(con)
        prepare(con)
        assert con.execute(sql).fetchall() == [(1,)]
        assert con.cursor().execute(sql).fetchall() == [(1,)]
