"""The first lines of a log: which column is which, and how its dates are written."""

import csv
import re
from difflib import get_close_matches

from ingest.order_lines import COLUMNS, OrderFormat
from ingest.values import DATE_PATTERNS, ISO_DATES
from lakehouse.errors import SourceError

_UCI_NAMES = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_HEADER = ",".join(_UCI_NAMES)
# What the UCI files and their many copies call the columns, without case, spaces and signs.
_NAMES = {
    **{name.lower(): column for name, column in zip(_UCI_NAMES, COLUMNS, strict=True)},
    "invoice": "invoice_no",
    "invoicenumber": "invoice_no",
    "price": "unit_price",
}
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_format(head: bytes, log: str) -> tuple[OrderFormat, int]:
    """The format of a log that begins with `head`, and the length of its header in bytes.

    Dates are taken for `2010-12-01 08:26:00` or, month first, `12/1/2010 8:26`: the first line
    that has either decides for the whole log. Raises SourceError when the header is no order
    log's.
    """
    end = head.find(b"\n") + 1 or len(head)
    line = head[:end].removeprefix(_BOM).rstrip(b"\r\n")
    if _is_binary(line, head):
        raise SourceError(f"{log} is not a CSV file", hint=f"an order log begins with {_HEADER}")
    if b"\r" in line:
        raise SourceError(
            f"{log} has carriage returns for line ends", hint="save it with newlines, or CRLF"
        )
    names = next(csv.reader([line.decode("utf-8", "replace")]), [])
    columns = _columns(names, log)
    return OrderFormat(columns, _date_format(head[end:], columns.index("invoice_date"))), end


def _is_binary(line: bytes, head: bytes) -> bool:
    control = any(byte < 0x20 and byte not in b"\t\r" for byte in line)
    return control or (b"," not in line and b"\0" in head)


def _columns(names: list[str], log: str) -> tuple[str, ...]:
    columns = tuple(_NAMES.get(re.sub(r"[^a-z]", "", name.lower()), "") for name in names)
    missing = [
        name for name, column in zip(_UCI_NAMES, COLUMNS, strict=True) if column not in columns
    ]
    unknown = [name for name, column in zip(names, columns, strict=True) if not column]
    if missing:
        raise SourceError(
            f"{log} is not an order log: its header has no {', '.join(missing)}",
            hint=_advice(names, unknown, missing),
        )
    twice = [name for n, name in enumerate(names) if columns[n] in columns[:n]]
    if unknown or twice:
        extra = ", ".join(unknown or twice)
        hint = f"remove it; the columns are {_HEADER}"
        raise SourceError(f"{log} has a column too many: {extra}", hint=hint)
    return columns


def _advice(names: list[str], unknown: list[str], missing: list[str]) -> str:
    for sign, name in _SEPARATORS.items():
        if len(names) == 1 and names[0].count(sign) >= len(COLUMNS) - 1:
            return f"its columns are separated by {name}; save it with commas"
    for name in missing:
        if near := get_close_matches(name, unknown, n=1, cutoff=0.6):
            return f"did you mean {name} by {near[0]!r}?"
    return f"the first line must be {_HEADER}, in any order"


def _date_format(lines: bytes, column: int) -> str:
    for line in lines.decode("latin-1").split("\n"):
        try:
            fields = next(csv.reader([line.rstrip("\r")]), [])
        except csv.Error:
            continue
        for form, pattern in DATE_PATTERNS.items():
            if len(fields) == len(COLUMNS) and re.match(pattern, fields[column].strip(" ")):
                return form
    return ISO_DATES
