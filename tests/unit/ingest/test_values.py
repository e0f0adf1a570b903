"""What Arrow makes of usual texts is what Python makes of each alone."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.rejects import Reason
from ingest.values import ISO_DATES, US_DATES, Values, customers, dates, prices, quantities

DIGITS = st.text(alphabet="0123456789", max_size=22)
NEARLY_A_NUMBER = st.one_of(
    st.text(alphabet="0123456789+-.eExX _\t", max_size=24),
    st.builds("{}{}{}{}".format, st.sampled_from(["", "-", "+"]), DIGITS,
              st.sampled_from(["", ".", ".0"]), DIGITS),
)  # fmt: skip
NEARLY_A_DATE = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}".format,
        *(st.integers(0, most) for most in (2101, 13, 32)),
        st.sampled_from([" ", "T", "  "]),
        *(st.integers(0, most) for most in (25, 60, 61)),
    ),
    st.datetimes(datetime(1969, 12, 1), datetime(2100, 2, 1)).map(lambda d: f"{d:%Y-%m-%d %X}"),  # noqa: DTZ001
    st.text(alphabet="0123456789-: T.", max_size=22),
)
NEARLY_A_US_DATE = st.builds(
    "{}/{}/{} {}:{}".format,
    *(st.sampled_from([str(n), f"{n:02}"]) for n in (0, 2, 12)),
    st.sampled_from(["1969", "1970", "2011", "2012", "2099", "2100", "11"]),
    st.integers(0, 25),
    st.sampled_from(["0", "00", "5", "05", "59", "60"]),
)


def whole(text: str) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text):
        return None
    value = int(text.partition(".")[0])
    return value if -(2**63) <= value < 2**63 else None


def price(text: str) -> Decimal | None:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
        return None
    value = Decimal(text)
    return value if abs(value) < 10**14 and value == round(value, 4) else None


def customer(text: str) -> str | None:
    return text.removesuffix(".0") if re.fullmatch(r"[0-9]+(\.0)?", text) else None


def date(form: str, pattern: str) -> Callable[[str], datetime | None]:
    def read(text: str) -> datetime | None:
        try:
            value = datetime.strptime(text, form) if re.fullmatch(pattern, text) else None  # noqa: DTZ007
        except ValueError:
            return None
        return value if value and 1970 <= value.year < 2100 else None

    return read


def agree(values: Values, texts: list[str], expected: Callable[[str], object]) -> None:
    trimmed = [text.strip(" ") for text in texts]
    assert values.typed.to_pylist() == [expected(text) for text in trimmed]
    refused = {n for n, text in enumerate(trimmed) if expected(text) is None}
    assert values.reasons.keys() == refused


@given(st.lists(NEARLY_A_NUMBER))
@example(["6", "0x1F", "1e3", " 6", "\t6", "6 ", "+6", "-0", "007", "6.", "6.00"])
@example([str(2**63 - 1), str(2**63), str(-(2**63)), str(-(2**63) - 1), "0" * 30 + "1"])
def test_quantities(texts: list[str]) -> None:
    agree(quantities(pa.array(texts, pa.string())), texts, whole)


@given(st.lists(NEARLY_A_NUMBER))
@example(["2.55", ".5", "5.", "+5", "1e2", "2.5500000", "2.55555", "99999999999999.9999", "1" * 15])
@example(["-0", "-.0001", "0.00001", "NaN", "inf", "9" * 5000])
def test_prices(texts: list[str]) -> None:
    agree(prices(pa.array(texts, pa.string())), texts, price)


@given(st.lists(NEARLY_A_NUMBER.filter(lambda text: text.strip(" "))))
@example(["17850", "17850.0", "17850.00", "-1", "007", "1.0.0"])
def test_customers(texts: list[str]) -> None:
    agree(customers(pa.array(texts, pa.string())), texts, customer)


def test_nobody_is_no_bad_customer() -> None:
    assert customers(pa.array(["", "  ", "17850"])) == Values(pa.array([None, None, "17850"]), {})


@given(st.lists(NEARLY_A_DATE))
@example(["2012-02-29 00:00:00", "2011-02-29 00:00:00", "2100-01-01 00:00:00", "2010-12-01"])
@example(["2010-12-01T08:26:00", "2010-12-01 08:26", "2010-12-01 08:26:00Z", "2010-12-01 8:26:00"])
def test_iso_dates(texts: list[str]) -> None:
    pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]"
    agree(dates(ISO_DATES)(pa.array(texts, pa.string())), texts, date(ISO_DATES, pattern))


@given(st.lists(NEARLY_A_US_DATE))
def test_us_dates(texts: list[str]) -> None:
    pattern = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}"
    agree(dates(US_DATES)(pa.array(texts, pa.string())), texts, date(US_DATES, pattern))


@pytest.mark.parametrize(
    ("text", "reason"), [("x", Reason.BAD_QUANTITY), ("9" * 5000, Reason.OUT_OF_RANGE)]
)
def test_a_bad_text_leaves_its_neighbours_alone(text: str, reason: Reason) -> None:
    values = quantities(pa.array(["1", text, "2"]))
    assert values == Values(pa.array([1, None, 2]), {1: reason})
