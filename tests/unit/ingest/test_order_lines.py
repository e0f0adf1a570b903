"""Lines to rows and rejects, against a slow parser that looks at one line at a time."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.order_format import OrderLogs
from ingest.order_lines import COLUMNS, OrderFormat, parse
from ingest.records import Parsed, parse_records, read_records
from ingest.rejects import Reason
from ingest.screening import LONGEST_LINE
from ingest.values import US_DATES
from tests.reference_parser import GOOD, LINES, changed, reference

GOOD_ROW = {
    "invoice_no": "536365",
    "stock_code": "85123A",
    "description": "WHITE HEART",
    "quantity": 6,
    "invoice_date": datetime.fromisoformat("2010-12-01 08:26:00"),
    "unit_price": Decimal("2.5500"),
    "customer_id": "17850",
    "country": "United Kingdom",
}


def parsed(*lines: str | bytes, **form: object) -> Parsed:
    text = [line.encode() if isinstance(line, str) else line for line in lines]
    return parse(b"".join(line + b"\n" for line in text), OrderFormat(**form))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"quantity": "-12"}, {"quantity": -12}),
        ({"quantity": "6.0"}, {"quantity": 6}),
        ({"quantity": " 6 "}, {"quantity": 6}),
        ({"quantity": "+6"}, {"quantity": 6}),
        ({"quantity": str(2**63 - 1), "unit_price": "0"}, {"quantity": 2**63 - 1, "unit_price": 0}),
        ({"unit_price": "-11062.06"}, {"unit_price": Decimal("-11062.0600")}),
        ({"unit_price": "0"}, {"unit_price": Decimal(0)}),
        ({"unit_price": "0.0001"}, {"unit_price": Decimal("0.0001")}),
        ({"unit_price": "2.550000"}, {"unit_price": Decimal("2.5500")}),
        ({"unit_price": ".5"}, {"unit_price": Decimal("0.5000")}),
        ({"customer_id": "17850"}, {}),
        ({"customer_id": "007"}, {"customer_id": "007"}),
        ({"customer_id": ""}, {"customer_id": None}),
        ({"customer_id": "  "}, {"customer_id": None}),
        ({"country": ""}, {"country": None}),
        ({"description": ""}, {"description": None}),
        ({"description": '""'}, {"description": None}),
        ({"description": "  PADDED "}, {"description": "  PADDED "}),
        ({"description": '"BOX, 5"" X 7"""'}, {"description": 'BOX, 5" X 7"'}),
        ({"description": '5" X 7" BOX'}, {"description": '5" X 7" BOX'}),
        ({"description": "CAFÉ ☕"}, {"description": "CAFÉ ☕"}),
        ({"description": "NA"}, {"description": "NA"}),
        ({"description": "\tTAB"}, {"description": "\tTAB"}),
        ({"stock_code": "85123a"}, {"stock_code": "85123a"}),
        ({"invoice_no": "C536379"}, {"invoice_no": "C536379"}),
    ],
)  # fmt: skip
def test_a_line_that_lands(fields: dict[str, str], expected: dict[str, object]) -> None:
    result = parsed(changed(**fields))
    assert result.rows.to_pylist() == [GOOD_ROW | expected]
    assert not result.rejects


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("", "blank_line", "0 spaces"),
        ("   ", "blank_line", "3 spaces"),
        ("x" * (LONGEST_LINE + 1), "line_too_long", "1,024,000"),
        (changed(description="a\0b"), "nul_byte", "1"),
        (changed(description="a\rb"), "carriage_return", "1"),
        (changed().encode() + b"\xff", "invalid_utf8", "0xff"),
        (changed().encode() + "É".encode("latin-1"), "invalid_utf8", "0xc9"),
        (changed(description='5" FRAME'), "unbalanced_quotes", "1"),
        (changed(description='"open'), "unbalanced_quotes", "1"),
        (changed(description='"a" b'), "misplaced_quote", "'"),
        (changed(description='a"b', country='"open'), "misplaced_quote", "unexpected end"),
        ("1,2", "wrong_column_count", "2 fields, expected 8"),
        (GOOD + ",", "wrong_column_count", "9 fields, expected 8"),
        (changed(description='"a,b",c'), "wrong_column_count", "9 fields"),
        (",,,,,,,", "missing_invoice", "no invoice_no"),
        (changed(invoice_no=" "), "missing_invoice", "' '"),
        (changed(stock_code=""), "missing_stock_code", "no stock_code"),
        (changed(stock_code="  "), "missing_stock_code", "'  '"),
        (changed(quantity=""), "bad_quantity", "no quantity"),
        (changed(quantity="six"), "bad_quantity", "'six'"),
        (changed(quantity="6.5"), "bad_quantity", "'6.5'"),
        (changed(quantity="0x1F"), "bad_quantity", "'0x1F'"),
        (changed(quantity="1e3"), "bad_quantity", "'1e3'"),
        (changed(quantity="٦"), "bad_quantity", "'٦'"),
        (changed(quantity="9223372036854775808"), "out_of_range", "quantity '9223372036854775808'"),
        (changed(invoice_date=""), "bad_date", "no invoice_date"),
        (changed(invoice_date="2011-02-29 08:26:00"), "bad_date", "2011-02-29"),
        (changed(invoice_date="2011-02-28 24:00:00"), "bad_date", "24:00"),
        (changed(invoice_date="2011-02-28 08:26:60"), "bad_date", ":60"),
        (changed(invoice_date="2011-02-28"), "bad_date", "2011-02-28"),
        (changed(invoice_date="12/1/2010 8:26"), "bad_date", "12/1/2010"),
        (changed(invoice_date="1969-12-31 23:59:59"), "out_of_range", "1969"),
        (changed(invoice_date="2100-01-01 00:00:00"), "out_of_range", "2100"),
        (changed(unit_price=""), "bad_price", "no unit_price"),
        (changed(unit_price="2,55").replace("2,55", '"2,55"'), "bad_price", "'2,55'"),
        (changed(unit_price="£2"), "bad_price", "'£2'"),
        (changed(unit_price="NaN"), "bad_price", "'NaN'"),
        (changed(unit_price="1e2"), "bad_price", "'1e2'"),
        (changed(unit_price="."), "bad_price", "'.'"),
        (changed(unit_price="2.55555"), "out_of_range", "'2.55555'"),
        (changed(unit_price="0.00001"), "out_of_range", "'0.00001'"),
        (changed(unit_price="100000000000000"), "out_of_range", "unit_price"),
        (changed(unit_price="99999999999999", quantity="2"), "out_of_range", "quantity"),
        (changed(customer_id="A17"), "bad_customer", "'A17'"),
        (changed(customer_id="-17"), "bad_customer", "'-17'"),
        (changed(customer_id="17850.5"), "bad_customer", "'17850.5'"),
    ],
)  # fmt: skip
def test_a_line_that_is_rejected_alone(line: str | bytes, reason: str, detail: str) -> None:
    result = parsed(GOOD, line, GOOD)

    (reject,) = result.rejects
    assert (reject.line, reject.reason.value) == (1, reason)
    assert detail in reject.detail
    expected = line if isinstance(line, str) else line.decode("utf-8", "backslashreplace")
    assert reject.raw == expected[:LONGEST_LINE]
    assert result.rows.to_pylist() == [GOOD_ROW, GOOD_ROW]
    assert result.lines is not None
    assert result.lines.tolist() == [0, 2]


def test_the_gravest_of_several_faults_is_the_reason() -> None:
    (reject,) = parsed(changed(quantity="x", unit_price="y", invoice_no="")).rejects
    assert reject.reason is Reason.MISSING_INVOICE


def test_dates_of_a_log_that_writes_the_month_first() -> None:
    result = parsed(
        changed(invoice_date="12/1/2010 8:26"),
        changed(invoice_date="13/1/2010 8:26"),
        changed(invoice_date="2010-12-01 08:26:00"),
        dates=US_DATES,
    )
    assert result.rows.to_pylist() == [GOOD_ROW]
    assert [reject.reason for reject in result.rejects] == [Reason.BAD_DATE, Reason.BAD_DATE]


def test_columns_in_another_order() -> None:
    order = tuple(reversed(COLUMNS))
    result = parsed(",".join(reversed(GOOD.split(","))), columns=order)
    assert result.rows.to_pylist() == [GOOD_ROW]


def test_crlf() -> None:
    text = GOOD.encode() + b"\r\n" + changed(quantity="x").encode() + b"\r\n\r\n"
    result = parse(text, OrderFormat())
    assert result.rows.to_pylist() == [GOOD_ROW]
    assert [r.reason for r in result.rejects] == [Reason.BAD_QUANTITY, Reason.BLANK_LINE]
    assert result.rejects[0].raw == changed(quantity="x")


def test_the_rest_of_a_line_landed_too_early_is_no_record() -> None:
    parser = OrderLogs().open_log(",".join(COLUMNS).encode(), "a.csv").parser
    records = read_records(f"{GOOD}\n1,2\n{GOOD}\n".encode(), datetime.now(UTC), continued=True)
    result = parse_records(records, parser)
    assert [(r.line, r.reason, r.raw) for r in result.rejects] == [
        (0, Reason.CONTINUED_LINE, GOOD),
        (1, Reason.WRONG_COLUMN_COUNT, "1,2"),
    ]
    assert result.rows.to_pylist() == [GOOD_ROW]
    assert result.lines is not None
    assert (result.lines.tolist(), result.count) == ([2], 3)


@pytest.mark.parametrize("line", ["1,2", "", ",,,,,,,", '"', "\0"])
def test_nothing_but_bad_lines(line: str) -> None:
    result = parsed(line, line)
    assert len(result.rows) == 0
    assert len(result.rejects) == result.count == 2


@given(st.lists(LINES, min_size=1, max_size=12))
@example([b"a,b\xff", b'"', GOOD.encode(), b"\xc3\xa9"])
@example([b'a"b,"c', GOOD.encode(), b""])
@example([b"\r", b"1,2\r"])
def test_a_line_is_landed_or_rejected_for_itself_alone(lines: list[bytes]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    # A carriage return at the end of a line belongs to its end.
    bare = [line.removesuffix(b"\r") for line in lines]
    expected = [reference(line) for line in bare]

    result = parse(text, OrderFormat())

    assert result.count == len(lines)
    landed = range(len(lines)) if result.lines is None else result.lines.tolist()
    assert list(landed) == [n for n, row in enumerate(expected) if row is not None]
    assert result.rows.to_pylist() == [row for row in expected if row is not None]
    assert [r.line for r in result.rejects] == [n for n, row in enumerate(expected) if row is None]
    raws = [line.decode("utf-8", "backslashreplace") for line in bare]
    assert [r.raw for r in result.rejects] == [raws[r.line] for r in result.rejects]
