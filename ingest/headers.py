"""The first lines of a log: which column is which, and how its dates are written."""

import csv
import re
from difflib import get_close_matches

from ingest.order_lines import COLUMNS, OrderFormat
from ingest.values import DATE_PATTERNS, ISO_DATES
from lakehouse.errors import SourceError

# What the UCI files and their many copies call the columns, without case, spaces and signs.
_NAMES = {
    "invoiceno": "invoice_no",
    "invoice": "invoice_no",
    "invoicenumber": "invoice_no",
    "stockcode": "stock_code",
    "description": "description",
    "quantity": "quantity",
    "invoicedate": "invoice_date",
    "unitprice": "unit_price",
    "price": "unit_price",
    "customerid": "customer_id",
    "country": "country",
}
_UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
_BOM = b"\xef\xbb\xbf"


def read_format(head: bytes, log: str) -> tuple[OrderFormat, int]:
    """The format of a log that begins with `head`, and the length of its header in bytes.

    Dates are taken for `2010-12-01 08:26:00` or, month first, `12/1/2010 8:26`: whichever the
    first line that has either kind is in decides for the whole log.
    Raises SourceError when the header is no order log's.
    """
    end = head.find(b"\n") + 1 or len(head)
    line = head[:end].removeprefix(_BOM).rstrip(b"\r\n")
    if b"\0" in head[:end] or not line.isascii():
        raise SourceError(f"{log} is not a CSV file", hint=f"an order log begins with {_UCI}")
    columns = _columns(line.decode("ascii"), log)
    dates = _date_format(head[end:], columns.index("invoice_date"))
    return OrderFormat(columns, dates), end


def _columns(line: str, log: str) -> tuple[str, ...]:
    names = next(csv.reader([line]), [])
    columns = tuple(_NAMES.get(re.sub(r"[^a-z]", "", name.lower()), "") for name in names)
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise SourceError(
            f"{log} is not an order log: its header has no {_spelled(missing)}",
            hint=_advice(line, names, columns, missing),
        )
    if len(columns) != len(COLUMNS):
        unknown = [n for n, c in zip(names, columns, strict=True) if not c] or ["a column twice"]
        hint = f"remove it; the columns are {_UCI}"
        raise SourceError(f"{log} has a column too many: {', '.join(unknown)}", hint=hint)
    return columns


def _spelled(columns: list[str]) -> str:
    spelled = dict(zip(COLUMNS, _UCI.split(","), strict=True))
    return ", ".join(spelled[column] for column in columns)


def _advice(line: str, names: list[str], columns: tuple[str, ...], missing: list[str]) -> str:
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(names) == 1 and line.count(sign) >= len(COLUMNS) - 1:
            return f"its columns are separated by {name}; save it with commas"
    unknown = [name for name, column in zip(names, columns, strict=True) if not column]
    for column in missing:
        near = get_close_matches(_spelled([column]), unknown, n=1, cutoff=0.6)
        if near:
            return f"did you mean {_spelled([column])} by {near[0]!r}?"
    return f"the first line must be {_UCI}, in any order"


def _date_format(lines: bytes, column: int) -> str:
    """The format that the first recognisable date is written in."""
    for line in lines.decode("latin-1").splitlines():
        fields = next(csv.reader([line]), [])
        if len(fields) == len(COLUMNS):
            for form, pattern in DATE_PATTERNS.items():
                if re.match(pattern, fields[column].strip(" ")):
                    return form
    return ISO_DATES
