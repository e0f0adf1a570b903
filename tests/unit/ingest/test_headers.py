"""Which column is which, and how dates are written."""

import pytest

from ingest.headers import read_format
from ingest.order_lines import COLUMNS
from ingest.values import ISO_DATES, US_DATES
from lakehouse.errors import SourceError

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.mark.parametrize(
    "header",
    [
        UCI,
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
        UCI.lower(),
        "INVOICE_NO, STOCK_CODE,DESCRIPTION ,QUANTITY,INVOICE_DATE,UNIT_PRICE,CUSTOMER_ID,COUNTRY",
        "\ufeff" + UCI,
        '"' + UCI.replace(",", '","') + '"',
        UCI + "\r",
    ],
)
def test_variants_of_the_header(header: str) -> None:
    text = f"{header}\n1,2\n".encode()
    form, length = read_format(text, "a.csv")
    assert form.columns == COLUMNS
    assert text[length:] == b"1,2\n"


def test_columns_may_stand_in_any_order() -> None:
    names = UCI.split(",")
    form, _ = read_format(",".join(reversed(names)).encode() + b"\n", "a.csv")
    assert form.columns == tuple(reversed(COLUMNS))


def line(date: str) -> str:
    return f"1,2,x,3,{date},4,5,UK\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (line("2010-12-01 08:26:00"), ISO_DATES),
        (line("12/1/2010 8:26"), US_DATES),
        (line("1/12/2010 8:26") + line("2010-12-01 08:26:00"), US_DATES),
        (line("tomorrow") + "1,2\n" + line("2/3/2011 18:26"), US_DATES),
        (line("tomorrow"), ISO_DATES),
        ('\r1\n\0\n"\n' + line("12/1/2010 8:26"), US_DATES),
        (line("") + '"a ""quoted"", field",2,x,3,12/1/2010 8:26,4,5,UK\n', US_DATES),
        ("", ISO_DATES),
    ],
)
def test_the_first_date_that_is_one_decides_for_the_log(lines: str, expected: str) -> None:
    form, _ = read_format(f"{UCI}\n{lines}".encode(), "a.csv")
    assert form.dates == expected


@pytest.mark.parametrize(
    ("header", "message", "hint"),
    [
        (UCI.replace("Quantity", "Qty"), "no Quantity", "the first line must be"),
        (UCI.replace("Quantity", "Quantty"), "no Quantity", "did you mean Quantity by 'Quantty'"),
        ("a,b,c", "no InvoiceNo, StockCode, Desc", "the first line must be InvoiceNo,"),
        (UCI.replace(",", ";"), "no InvoiceNo", "separated by semicolons"),
        (UCI.replace(",", "\t"), "no InvoiceNo", "separated by tabs"),
        (UCI + ",Channel", "column too many: Channel", "remove it"),
        (UCI + ",Price", "column too many: Price", "remove it"),
        ("Größe," + UCI.removeprefix("InvoiceNo,"), "no InvoiceNo", "the first line must be"),
        ("", "no InvoiceNo", "the first line must be"),
        ("\x00\x01\x02PNG", "not a CSV", "InvoiceNo"),
        (UCI[:20] + "\x07", "not a CSV", "InvoiceNo"),
        ("1,2,x,3,2010-12-01 08:26:00,4,5,UK", "no InvoiceNo", "the first line must be"),
    ],
)
def test_what_is_no_order_log(header: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError) as error:
        read_format(header.encode() + b"\nx\n", "a.csv")
    assert message in error.value.message
    assert error.value.message.startswith("a.csv ")
    assert hint in error.value.hint


def test_old_mac_line_ends() -> None:
    with pytest.raises(SourceError, match="line ends") as error:
        read_format(UCI.encode() + b"\r1,2,x,3,4,5,6,UK\r", "a.csv")
    assert "newline" in error.value.hint
