"""The distinct texts of a column to typed values, or to the reason why they have none.

What a text means is said by a function for one text. Those that are written the way nearly all
are, by a pattern that leaves no doubt, Arrow converts all at once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ingest.rejects import Reason

ISO_DATES = "%Y-%m-%d %H:%M:%S"
US_DATES = "%m/%d/%Y %H:%M"
DATE_PATTERNS = {
    ISO_DATES: r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]$",
    US_DATES: r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}$",
}
# Outside these a date is a slip of the pen, and would open a partition of its own.
EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - Iceberg timestamp

# Dates between the two that are in the calendar whatever the year.
_YEAR = "(19[7-9][0-9]|20[0-9][0-9])"
_USUAL_DATES = {
    ISO_DATES: f"^{_YEAR}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)"
    "|(0[13578]|1[02])-31) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    US_DATES: f"^((0?[1-9]|1[0-2])/(0?[1-9]|1[0-9]|2[0-8])|(0?[13-9]|1[0-2])/(29|30)"
    f"|(0?[13578]|1[02])/31)/{_YEAR} ([01]?[0-9]|2[0-3]):[0-5][0-9]$",
}


class _BeyondRangeError(ValueError):
    """A value that is written well, but can't be held."""


@dataclass(frozen=True)
class Values:
    """One value for each text. `reasons` says, by index of the text, why there is none."""

    typed: pa.Array
    reasons: dict[int, Reason]


@dataclass(frozen=True)
class _Reading:
    """How texts of a column are read: `usual` ones by `cast`, any other one by `exact`.

    Spaces around a text are taken off before. `exact` raises ValueError.
    """

    usual: str
    cast: Callable[[pa.Array], pa.Array]
    exact: Callable[[str], object]
    type: pa.DataType
    bad: Reason


def quantities(texts: pa.Array) -> Values:
    """Whole numbers of 64 bits; `6.0` is one."""
    return _read(texts, _QUANTITIES)


def prices(texts: pa.Array) -> Values:
    """Decimals of 18 digits, four of them after the point; nothing is rounded."""
    return _read(texts, _PRICES)


def customers(texts: pa.Array) -> Values:
    """Digits; a spreadsheet's `17850.0` loses its fraction, nothing but spaces is no customer."""
    return _read(texts, _CUSTOMERS)


def dates(form: str) -> Callable[[pa.Array], Values]:
    """Dates as `form` writes them, between 1970 and 2100."""

    def cast(texts: pa.Array) -> pa.Array:
        return pc.strptime(texts, form, "us")

    def exact(text: str) -> datetime:
        date = datetime.strptime(_matching(DATE_PATTERNS[form], text), form)  # noqa: DTZ007
        if not EARLIEST <= date < LATEST:
            raise _BeyondRangeError
        return date

    reading = _Reading(_USUAL_DATES[form], cast, exact, pa.timestamp("us"), Reason.BAD_DATE)
    return lambda texts: _read(texts, reading)


def _quantity(text: str) -> int:
    whole = _matching(r"[+-]?[0-9]+(\.0*)?", text).partition(".")[0]
    digits = whole.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 19:  # of thousands, Python would not make a number
        raise _BeyondRangeError
    number = -int(digits) if whole.startswith("-") else int(digits)
    if not -(2**63) <= number < 2**63:
        raise _BeyondRangeError
    return number


def _price(text: str) -> Decimal:
    number = Decimal(_matching(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text))
    if abs(number) >= 10**14 or number != round(number, 4):
        raise _BeyondRangeError
    return number


def _customer(text: str) -> str | None:
    return _matching(r"[0-9]+(\.0)?", text).removesuffix(".0") if text else None


def _matching(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError
    return text


def _read(texts: pa.Array, reading: _Reading) -> Values:
    texts = pc.ascii_trim(texts, " ")
    usual = pc.match_substring_regex(texts, reading.usual)
    if usual.true_count == len(usual):
        return Values(reading.cast(texts), {})
    unusual = pc.invert(usual)
    values, reasons = [], {}
    for index, text in zip(
        pc.indices_nonzero(unusual).to_pylist(), texts.filter(unusual).to_pylist(), strict=True
    ):
        try:
            values.append(reading.exact(text))
        except ValueError as e:
            values.append(None)
            beyond = isinstance(e, _BeyondRangeError)
            reasons[index] = Reason.OUT_OF_RANGE if beyond else reading.bad
    typed = pc.replace_with_mask(
        pa.nulls(len(texts), reading.type), usual, reading.cast(texts.filter(usual))
    )
    return Values(pc.replace_with_mask(typed, unusual, pa.array(values, reading.type)), reasons)


_QUANTITIES = _Reading(
    "^-?[0-9]{1,18}$", lambda texts: texts.cast(pa.int64()), _quantity, pa.int64(),
    Reason.BAD_QUANTITY,
)  # fmt: skip
_PRICES = _Reading(
    r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$", lambda texts: texts.cast(pa.decimal128(18, 4)), _price,
    pa.decimal128(18, 4), Reason.BAD_PRICE,
)  # fmt: skip
_CUSTOMERS = _Reading(
    r"^[0-9]+(\.0)?$", lambda texts: pc.replace_substring_regex(texts, r"\.0$", ""), _customer,
    pa.string(), Reason.BAD_CUSTOMER,
)  # fmt: skip
