import csv
import io
import json
from decimal import Decimal

import duckdb
import pyarrow.parquet as pq
import pytest

from lakehouse.query import Session
from lakehouse.query.formats import WRITERS, unique_names
from lakehouse.query.results import BATCH_ROWS, PAGE_BATCHES


def written(session: Session, sql: str, style: str) -> bytes:
    file = io.BytesIO()
    WRITERS[style](session.run(sql), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("style", "expected"),
    [("csv", b'a,"b,""c"\n'), ("json", b"[]\n"), ("ndjson", b"")],
)
def test_without_rows(plain: Session, style: str, expected: bytes) -> None:
    assert written(plain, 'select 1 a, 2 "b,""c" where false', style) == expected


def test_parquet_without_rows_has_columns(plain: Session) -> None:
    sql = "select 1 a, union_value(n := 1) u where false"
    table = pq.read_table(io.BytesIO(written(plain, sql, "parquet")))
    assert (table.num_rows, table.column_names) == (0, ["a", "u"])


def test_repeated_names_stay_in_csv_and_differ_elsewhere(plain: Session) -> None:
    sql = 'select 1 a, 2 a, 3 "A"'
    assert written(plain, sql, "csv") == b"a,a,A\n1,2,3\n"
    assert written(plain, sql, "ndjson") == b'{"a":1,"a_1":2,"A_2":3}\n'
    assert pq.read_table(io.BytesIO(written(plain, sql, "parquet"))).column_names == [
        "a",
        "a_1",
        "A_2",
    ]


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a", "a_1", "a"], ["a", "a_1", "a_2"]),
        (["a", "a", "a_1"], ["a", "a_1", "a_1_1"]),
        (["", ""], ["", "_1"]),
    ],
)
def test_unique_names(names: list[str], unique: list[str]) -> None:
    assert unique_names(names) == unique


ROWS = BATCH_ROWS * PAGE_BATCHES + 5
# Every third value is missing, and no two batches begin alike.
MANY = f"""
    select i, if(i % 3 = 0, null, 'row ' || i) as text,
        if(i % 3 = 1, null, [i, null, -i]) as list,
        case i % 3
            when 1 then union_value(num := i)::union(num bigint, str varchar)
            when 2 then union_value(str := 'a"' || i)::union(num bigint, str varchar) end as either,
        if(i % 3 = 2, null, {{'d': i / 4::decimal(9, 2), 'm': map {{i: 'x'}}}}) as nested
    from range({ROWS}) t(i) order by i desc"""


def test_rows_of_many_batches_come_whole_and_in_order(
    con: duckdb.DuckDBPyConnection, plain: Session
) -> None:
    texts = "i::varchar, text, list::varchar, either::varchar, nested::varchar"
    expected = con.execute(f"select {texts} from ({MANY}) order by i desc").fetchall()
    content = written(plain, MANY, "csv").decode()
    _, *rows = csv.reader(io.StringIO(content, newline=""))
    assert len(rows) == ROWS
    assert [tuple(cell or None for cell in row) for row in rows] == expected


def test_json_lines_of_many_batches_come_whole_and_in_order(plain: Session) -> None:
    lines = written(plain, MANY, "ndjson").splitlines()
    assert len(lines) == ROWS
    for line, i in zip(lines, reversed(range(ROWS)), strict=True):
        row = json.loads(line)
        assert row["i"] == i
        if i % 3 == 2:
            assert row["either"] == {"str": f'a"{i}'}
    assert json.loads(written(plain, MANY, "json")) == [json.loads(line) for line in lines]


def test_json_keeps_every_digit(plain: Session) -> None:
    sql = "select 12345678901234567890.10::decimal(38, 2) as price"
    row = json.loads(written(plain, sql, "ndjson"), parse_float=Decimal)
    assert str(row["price"]) == "12345678901234567890.10"


def test_names_are_escaped_in_json(plain: Session) -> None:
    sql = """select 1 "it's ""x"" \\ ☃", {'a"b\\': 2} s"""
    assert json.loads(written(plain, sql, "ndjson")) == {'it\'s "x" \\ ☃': 1, "s": {'a"b\\': 2}}


def test_a_line_of_json_never_breaks(plain: Session) -> None:
    sql = """select ('{"a":' || chr(10) || '[1,' || chr(13) || '2]}')::json as j"""
    assert written(plain, sql, "ndjson") == b'{"j":{"a": [1, 2]}}\n'
