"""What becomes of a line of an order log, worked out by Python's csv, int and Decimal alone."""

import csv
import re
from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

COLUMNS = (
    "invoice_no",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "unit_price",
    "customer_id",
    "country",
)
GOOD = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def changed(**fields: str) -> str:
    values = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | fields
    return ",".join(values[column] for column in COLUMNS)


def reference(line: bytes) -> dict[str, object] | None:
    """The row a line becomes, None when it is rejected; by Python's csv, int and Decimal."""
    if b"\0" in line or b"\r" in line or line.count(b'"') % 2:
        return None
    try:
        fields = next(csv.reader([line.decode("utf-8")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    if len(fields) != len(COLUMNS) or not fields[0].strip() or not fields[1].strip():
        return None
    row: dict[str, object] = dict(zip(COLUMNS, (field or None for field in fields), strict=True))
    try:
        row["quantity"] = _whole(fields[3].strip(" "))
        date = datetime.strptime(fields[4].strip(" "), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        row["invoice_date"] = date
        row["unit_price"] = _price(fields[5].strip(" "))
        row["customer_id"] = _customer(fields[6])
    except ValueError:
        return None
    return row


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text):
        raise ValueError
    value = int(text.partition(".")[0])
    if not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _price(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
        raise ValueError
    value = Decimal(text)
    if value != round(value, 4) or abs(value) >= 10**14:
        raise ValueError
    return value


def _customer(text: str) -> str | None:
    text = text.strip(" ")
    if text and not re.fullmatch(r"[0-9]+(\.0)?", text):
        raise ValueError
    return text.removesuffix(".0") or None


NOISE = st.text(alphabet='",a1 .\0\ré\t', max_size=12).map(str.encode)
FIELDS = st.sampled_from(
    [
        "",
        "x",
        "6",
        "2.55",
        "17850.0",
        "2010-12-01 08:26:00",
        '"a,b"',
        '"a""b"',
        '"',
        'a"b',
        "é",
        " ",
    ]
)
LINES = st.one_of(
    st.just(GOOD.encode()),
    NOISE,
    st.lists(FIELDS, min_size=7, max_size=9).map(lambda fields: ",".join(fields).encode()),
    st.tuples(st.sampled_from(COLUMNS), FIELDS).map(lambda c: changed(**{c[0]: c[1]}).encode()),
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    st.tuples(st.just(GOOD.encode()), NOISE).map(b"".join),
)
