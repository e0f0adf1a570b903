from datetime import date
from decimal import Decimal

import pytest

from apps.bi import wording
from apps.bi.periods import Period


@pytest.mark.parametrize(
    ("amount", "exact", "short"),
    [
        ("0", "£0.00", "£0.00"),
        ("0.0049", "£0.00", "£0.00"),
        ("-0.0049", "£0.00", "£0.00"),
        ("0.005", "£0.01", "£0.01"),
        ("490.944", "£490.94", "£490.94"),
        ("999.994", "£999.99", "£999.99"),
        ("1000", "£1,000.00", "£1,000"),
        ("9999.49", "£9,999.49", "£9,999"),
        ("9999.5", "£9,999.50", "£10.0k"),
        ("373146.33", "£373,146.33", "£373.1k"),
        ("999949.99", "£999,949.99", "£999.9k"),
        ("999950", "£999,950.00", "£1.00M"),
        ("3734708.392", "£3,734,708.39", "£3.73M"),
        ("9747747.934", "£9,747,747.93", "£9.75M"),
        ("-12345.67", "\u2212£12,345.67", "\u2212£12.3k"),
        # Where a float would have lost the penny.
        ("90071992547409.93", "£90,071,992,547,409.93", "£90,071,992.55M"),
    ],
)
def test_amounts(amount: str, exact: str, short: str) -> None:
    assert wording.money(Decimal(amount)) == exact
    assert wording.short_money(Decimal(amount)) == short


def test_a_gain_has_its_sign() -> None:
    assert wording.short_gain(Decimal(1586161)) == "+£1.59M"
    assert wording.short_gain(Decimal(-12)) == "\u2212£12.00"
    assert wording.short_gain(Decimal(0)) == "£0.00"


def test_a_change_needs_something_above_nothing_to_compare_with() -> None:
    assert wording.change(Decimal(150), Decimal(120)) == Decimal("0.25")
    assert wording.change(Decimal(150), Decimal(0)) is None
    assert wording.change(Decimal(150), Decimal(-1)) is None


@pytest.mark.parametrize(
    ("fraction", "plain", "signed"),
    [
        ("0.8367", "83.7%", "+83.7%"),
        ("-0.0045", "\u22120.5%", "\u22120.5%"),
        ("0.0004", "0.0%", "0.0%"),
        ("-0.0004", "0.0%", "0.0%"),
        ("0.99949", "99.9%", "+99.9%"),
        ("0.9995", "100%", "+100%"),
        ("11.633", "1,163%", "+1,163%"),
    ],
)
def test_percent(fraction: str, plain: str, signed: str) -> None:
    assert wording.percent(Decimal(fraction)) == plain
    assert wording.percent(Decimal(fraction), sign=True) == signed


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2011, 12, 9), date(2011, 12, 9), "9 Dec 2011"),
        (date(2011, 12, 3), date(2011, 12, 9), "3 \u2013 9 Dec 2011"),
        (date(2011, 9, 11), date(2011, 12, 9), "11 Sep \u2013 9 Dec 2011"),
        (date(2010, 12, 15), date(2011, 6, 12), "15 Dec 2010 \u2013 12 Jun 2011"),
    ],
)
def test_a_span_says_nothing_twice(first: date, last: date, words: str) -> None:
    assert wording.span(Period(first, last)) == words


def test_only_what_shouts_is_written_as_a_title() -> None:
    assert wording.title("PAPER CHAIN KIT 50'S CHRISTMAS") == "Paper Chain Kit 50's Christmas"
    assert wording.title("WHITE HANGING HEART T-LIGHT HOLDER") == (
        "White Hanging Heart T-light Holder"
    )
    assert wording.title('"CUPID" (SET OF 6)') == '"Cupid" (Set Of 6)'
    assert wording.title("Dotcomgiftshop Gift Voucher £40.00") == (
        "Dotcomgiftshop Gift Voucher £40.00"
    )


def test_what_is_typed_has_no_margins_and_nothing_unseen() -> None:
    assert wording.typed(" 17850\n") == "17850"
    assert wording.typed("a\0b\u200b c") == "ab c"
    assert wording.typed("x" * 99) == "x" * 40
    assert wording.typed(None) == ""


def test_a_name_is_never_markdown() -> None:
    assert wording.plain("SET/6 *RED* [x](y) :smile: a_b") == (
        r"SET/6 \*RED\* \[x\]\(y\) \:smile\: a\_b"
    )
