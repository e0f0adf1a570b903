"""What becomes of each line of a CSV log, its header and its columns."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.csv_format import CsvLines
from ingest.record_schema import Column, RecordSchema
from ingest.records import Parsed
from lakehouse.column_settings import Contract
from lakehouse.column_specs import parse_type
from lakehouse.errors import SourceError

TYPES = {"sku": "string", "qty": "long", "price": "decimal(8, 2)", "day": "date"}


def schema(new: Contract = Contract.FREEZE) -> RecordSchema:
    columns = {
        name: Column(name, parse_type(type_), name == "sku", Contract.FREEZE)
        for name, type_ in TYPES.items()
    }
    return RecordSchema(columns, new, Contract.FREEZE)


def parsed(text: str, delimiter: str = ",", known: RecordSchema | None = None) -> Parsed:
    form = CsvLines(known or schema(), tuple(TYPES), delimiter)
    raw = text.encode()
    opening = form.open_log(raw, "a.csv")
    found = opening.parser.parse(raw[opening.header_bytes :])
    return opening.parser.admit(raw[opening.header_bytes :]) if found.drifted else found


ROW = {"sku": "a", "qty": 1, "price": Decimal("2.50"), "day": date(2024, 1, 2)}


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("sku,qty,price,day\na,1,2.5,2024-01-02\n", ","),
        ("\ufeffsku,qty,price,day\r\na,1,2.5,2024-01-02\r\n", ","),
        ("Day;PRICE;Sku;qty\n2024-01-02;2.5;a; 1 \n", ";"),
        ('"sku"\t"qty"\t"price"\t"day"\n"a"\t"1"\t"2.50"\t"2024-01-02"\n', "\t"),
        ("sku|qty|price|day|more\na|+1.0|2.5|2024-01-02|\n", "|"),
    ],
)
def test_the_same_record_in_other_writing(text: str, delimiter: str) -> None:
    rows = parsed(text, delimiter).rows.to_pylist()
    assert rows == [ROW]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("", "blank_line", ""),
        ("a,1", "wrong_column_count", "2 fields, expected 4"),
        ("a,1,2.5,2024-01-02,", "wrong_column_count", "5 fields"),
        ('a"b,1,2.5,2024-01-02', "unbalanced_quotes", "1 quote"),
        ('"a"b"",1,2.5,2024-01-02', "misplaced_quote", "expected after"),
        (",1,2.5,2024-01-02", "missing_value", "no sku"),
        ("a,one,2.5,2024-01-02", "wrong_type", "qty"),
        ("a,9223372036854775808,2.5,2024-01-02", "out_of_range", "qty"),
        ("a,1e999999999999,2.5,2024-01-02", "wrong_type", "qty"),
        ("a,1,2.555,2024-01-02", "out_of_range", "price"),
        ("a,1,NaN,2024-01-02", "wrong_type", "price"),
        ("a,1,2.5,2024-02-30", "bad_date", "day"),
        ("a\0,1,2.5,2024-01-02", "nul_byte", "1 of them"),
    ],
)
def test_a_line_that_is_rejected_alone(line: str, reason: str, detail: str) -> None:
    good = "a,1,2.5,2024-01-02"
    result = parsed(f"sku,qty,price,day\n{good}\n{line}\n{good}\n")
    assert [(r.line, r.reason.value) for r in result.rejects] == [(1, reason)]
    assert detail in result.rejects[0].detail
    assert result.rows.to_pylist() == [ROW, ROW]


def test_an_empty_field_is_null_and_a_quoted_one_may_hold_delimiters() -> None:
    result = parsed('sku,qty,price,day\n"a, ""b""",,,\n')
    assert result.rows.to_pylist() == [{"sku": 'a, "b"', "qty": None, "price": None, "day": None}]


def test_a_column_that_the_header_lacks_is_null() -> None:
    assert parsed("sku,price\na,2.5\n").rows.to_pylist() == [ROW | {"qty": None, "day": None}]


def test_new_columns_by_contract() -> None:
    text = "sku,colour\na,red\nb,\n"
    assert parsed(text).rows["sku"].to_pylist() == ["b"]
    assert parsed(text, known=schema(Contract.DISCARD)).rows["sku"].to_pylist() == ["a", "b"]
    grown = parsed(text, known=schema(Contract.EVOLVE))
    assert grown.rows["colour"].to_pylist() == ["red", None]


def test_a_log_without_a_header() -> None:
    opening = CsvLines(schema(), tuple(TYPES), header=False).open_log(b"a,1\n", "a.csv")
    assert (opening.header_bytes, opening.header_lines) == (0, 0)
    assert opening.parser.parse(b"a,1,2.5,2024-01-02\n").rows.to_pylist() == [ROW]


@pytest.mark.parametrize(
    ("header", "message", "hint"),
    [
        ("sku;qty;price;day", "none of the stream's columns", "delimiter"),
        ("SKUs,x", "none of the stream's columns", "did you mean 'sku'"),
        ("sku,Sku", "names 'Sku' twice", "rename"),
        ('sku,"qty', "1 quote", "mend"),
        ("sku,qty\rprice", "carriage returns", "CRLF"),
    ],
)
def test_a_header_that_cannot_be(header: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError, match=message) as error:
        parsed(f"{header}\n1,2\n")
    assert hint in error.value.hint


FIELDS = st.one_of(
    st.sampled_from(["", "1", "-7", "2.5", "x", "2024-01-02", '"', 'a"b', '"a,b"', " ", "é"]),
    st.text('",a1 .', max_size=4),
)
LINES = st.lists(FIELDS, min_size=1, max_size=4).map(",".join)


def expected_row(line: str) -> dict[str, object] | None:
    """For a string that is required and a long."""
    if not line.strip() or line.count('"') % 2:
        return None
    try:
        rows = list(csv.reader(io.StringIO(line), strict=True))
    except csv.Error:
        return None
    if len(rows) != 1 or len(rows[0]) != 2 or not rows[0][0]:
        return None
    text = rows[0][1].strip(" ")
    try:
        number = Decimal(text) if text else None
    except ArithmeticError:
        return None
    if number is not None and number != int(number):
        return None
    return {"a": rows[0][0], "b": None if number is None else int(number)}


@given(st.lists(LINES, min_size=1, max_size=8))
def test_a_line_is_landed_or_rejected_for_itself_alone(lines: list[str]) -> None:
    known = RecordSchema({
        "a": Column("a", parse_type("string"), True, Contract.FREEZE),
        "b": Column("b", parse_type("long"), False, Contract.FREEZE),
    })  # fmt: skip
    parser = CsvLines(known, ("a", "b"), header=False).open_log(b"", "a.csv").parser
    result = parser.parse("".join(f"{line}\n" for line in lines).encode())
    expected = {n: row for n, each in enumerate(lines) if (row := expected_row(each)) is not None}
    found = range(result.count) if result.lines is None else map(int, result.lines)
    assert dict(zip(found, result.rows.to_pylist(), strict=True)) == expected
    assert [r.line for r in result.rejects] == [n for n in range(len(lines)) if n not in expected]
