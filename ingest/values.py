"""The distinct texts of a column to typed values, or to the reason why they have none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa

from ingest.rejects import Reason

ISO_DATES = "%Y-%m-%d %H:%M:%S"
US_DATES = "%m/%d/%Y %H:%M"
DATE_PATTERNS = {
    ISO_DATES: r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]$",
    US_DATES: r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}$",
}
# Outside these a date is a slip of the pen, and would open a partition of its own.
EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - Iceberg timestamp

_TEXT = pl.col("text").str.strip_chars(" ")


@dataclass(frozen=True)
class Values:
    """One value for each text. `reasons` says, by index of the text, why there is none."""

    typed: pa.Array
    reasons: dict[int, Reason]


def quantities(texts: pa.Array) -> Values:
    """Whole numbers of 64 bits; `6.0` is one."""
    number = _TEXT.str.replace(r"\.0*$", "").str.to_integer(strict=False)
    return _convert(texts, r"^[+-]?[0-9]+(\.0*)?$", number, Reason.BAD_QUANTITY)


def prices(texts: pa.Array) -> Values:
    """Decimals of 18 digits, four of them after the point; nothing is rounded."""
    short = _TEXT.str.replace(r"(\.[0-9]{4})0+$", "$1")
    number = (
        pl.when(~short.str.contains(r"\.[0-9]{5}"))
        .then(short)
        .cast(pl.Decimal(18, 4), strict=False)
    )
    return _convert(texts, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$", number, Reason.BAD_PRICE)


def customers(texts: pa.Array) -> Values:
    """Digits; a spreadsheet's `17850.0` loses its fraction, nothing but spaces is no customer."""
    digits = _TEXT.str.strip_suffix(".0")
    found = _convert(texts, r"^[0-9]+(\.0)?$", digits, Reason.BAD_CUSTOMER)
    wrong = {n: reason for n, reason in found.reasons.items() if texts[n].as_py().strip(" ")}
    return Values(found.typed, wrong)


def dates(form: str) -> Callable[[pa.Array], Values]:
    """Dates as `form` writes them, between 1970 and 2100."""

    def convert(texts: pa.Array) -> Values:
        date = _TEXT.str.to_datetime(form, strict=False, time_unit="us")
        known = pl.when(date.is_between(EARLIEST, LATEST, closed="left")).then(date)
        return _convert(texts, DATE_PATTERNS[form], known, Reason.BAD_DATE, possible=date)

    return convert


def _convert(
    texts: pa.Array, pattern: str, value: pl.Expr, bad: Reason, *, possible: pl.Expr | None = None
) -> Values:
    """Text that has the pattern but no value is out of range; that is no `possible` one is bad."""
    fits = _TEXT.str.contains(pattern)
    if possible is not None:
        fits = fits & possible.is_not_null()
    found = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).select(
        value=pl.when(fits).then(value), fits=fits
    )
    wrong = found.with_row_index().filter(pl.col("value").is_null()).select("index", "fits")
    reasons = {n: Reason.OUT_OF_RANGE if fit else bad for n, fit in wrong.iter_rows()}
    return Values(found["value"].to_arrow(), reasons)
