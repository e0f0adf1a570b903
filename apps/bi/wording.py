"""How amounts, counts, changes and dates read. Amounts are pounds sterling, as the logs are."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from apps.bi.periods import Period

CURRENCY = "£"
MINUS = "\u2212"
DASH = "\u2013"


def money(amount: Decimal) -> str:
    """An amount to the penny: £3,732,120.55."""
    return _signed(amount, f"{CURRENCY}{abs(_rounded(amount, '0.01')):,}")


def short_money(amount: Decimal) -> str:
    """An amount in three figures: £3.73M, £373.1k, £9,876, £490.94."""
    size = abs(amount)
    if size < 1_000:
        return money(amount)
    figure = _rounded(size, "1")
    letter = ""
    if size >= Decimal("999950"):
        figure, letter = _rounded(size / 1_000_000, "0.01"), "M"
    elif size >= Decimal("9999.5"):
        figure, letter = _rounded(size / 1_000, "0.1"), "k"
    return _signed(amount, f"{CURRENCY}{figure:,}{letter}")


def short_gain(amount: Decimal) -> str:
    """A difference of two amounts, with its sign: +£1.56M."""
    return f"+{short_money(amount)}" if amount > 0 else short_money(amount)


def change(now: Decimal, before: Decimal) -> Decimal | None:
    """By how much `now` is above `before`, as a fraction; None when `before` is not above 0."""
    return now / before - 1 if before > 0 else None


def percent(fraction: Decimal, *, sign: bool = False) -> str:
    """A fraction in percent: 81.7%, from 100% on without tenths; with `sign` +81.7%."""
    tenths = _rounded(fraction * 100, "0.1")
    figure = _rounded(fraction * 100, "1") if abs(tenths) >= 100 else tenths
    plus = "+" if sign and figure > 0 else ""
    return plus + _signed(figure, f"{abs(figure):,}%")


def day(value: date) -> str:
    """A day: 9 Dec 2011."""
    return f"{value.day} {value:%b %Y}"


def weekday(value: date) -> str:
    """A day with its name: Fri 9 Dec 2011."""
    return f"{value:%a} {day(value)}"


def clock(value: datetime) -> str:
    """A time of day: 12:50."""
    return f"{value:%H:%M}"


def span(period: Period) -> str:
    """The days of a period, with a dash, and nothing said twice: 3 - 9 Dec 2011."""
    first, last = period.first, period.last
    if first == last:
        return day(last)
    if first.year != last.year:
        return f"{day(first)} {DASH} {day(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%b} {DASH} {day(last)}"
    return f"{first.day} {DASH} {day(last)}"


def title(description: str) -> str:
    """A description as a name: the logs shout, RABBIT NIGHT LIGHT becomes Rabbit Night Light."""
    description = description.strip()
    if not description.isupper():
        return description
    return re.sub(r"(?<!\S)\W*\w", lambda start: start[0].upper(), description.lower())


def typed(text: str | None, limit: int = 40) -> str:
    """What somebody typed or a link holds, as a search takes it: no margins, no signs unseen."""
    return "".join(sign for sign in text or "" if sign.isprintable())[:limit].strip()


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~:$<>])", r"\\\1", text)


def _rounded(amount: Decimal, places: str) -> Decimal:
    return amount.quantize(Decimal(places), ROUND_HALF_UP)


def _signed(amount: Decimal, text: str) -> str:
    return f"{MINUS}{text}" if amount < 0 and re.search(r"[1-9]", text) else text
