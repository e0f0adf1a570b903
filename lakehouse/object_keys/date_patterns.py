"""Dates as Java's DateTimeFormatter writes them, which is how Firehose evaluates `timestamp`.

The letters whose meaning does not depend on a locale are here, with Java's rules on how many of
them may stand together; names of months and days are English. Week-based letters (`Y`, `w`, `W`,
`e`, `c`, `F`) and names of zones are refused: `YYYY` for `yyyy` is an old trap, and wrong in the
last days of a year. https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

Field: TypeAlias = Callable[[datetime], str]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter")
_MOST_DIGITS = 19


@dataclass(frozen=True)
class DatePattern:
    """A pattern that was read: what each part of it makes of a moment."""

    fields: tuple[Field, ...]

    def write(self, moment: datetime) -> str:
        """The moment, which has a zone, as the pattern writes it."""
        return "".join(field(moment) for field in self.fields)


def read_pattern(text: str) -> DatePattern:
    """The pattern in `text`. Raises ValueError when Java, or we, would not take it."""
    return DatePattern(tuple(_fields(text)))


def _fields(text: str) -> Iterator[Field]:
    depth, at = 0, 0
    while at < len(text):
        sign = text[at]
        if sign == "'":
            literal, at = _quoted(text, at)
            yield _literal(literal)
            continue
        if sign.isascii() and sign.isalpha():
            count = len(text) - at - len(text[at:].lstrip(sign))
            yield _letters(sign, count)
            at += count
            continue
        if sign in "{}#":
            raise ValueError(f"{sign!r} is reserved in date patterns: quote it")
        # A part in brackets is left out where a moment lacks its fields, and ours lack none.
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if depth < 0:
            raise ValueError("a date pattern has a ']' without '['")
        if sign not in "[]":
            yield _literal(sign)
        at += 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The text in quotes that begin at `at`, and where it goes on; two quotes are one."""
    end = text.find("'", at + 1)
    literal = text[at + 1 : end]
    while end >= 0 and text[end + 1 : end + 2] == "'" and end > at + 1:
        begin, end = end + 1, text.find("'", end + 2)
        literal += text[begin:end]
    if end < 0:
        raise ValueError(f"a date pattern has a quote that is not closed: {text[at:]}")
    return literal or "'", end + 1


def _literal(text: str) -> Field:
    return lambda _: text


def _letters(letter: str, count: int) -> Field:
    kind = _LETTERS.get(letter)
    if kind is None:
        hint = "; did you mean yyyy?" if letter == "Y" else ""
        raise ValueError(f"date patterns have no letter {letter!r} here{hint}")
    field = kind(count)
    if field is None:
        raise ValueError(f"a date pattern has {count} times {letter!r}, which is no form of it")
    return field


def _number(value: Callable[[datetime], int], most: int = 2) -> Callable[[int], Field | None]:
    """A number with as many digits as letters, at least."""

    def form(count: int) -> Field | None:
        return (lambda moment: f"{value(moment):0{count}d}") if count <= most else None

    return form


def _year(count: int) -> Field | None:
    if count == 2:
        return lambda moment: f"{moment.year % 100:02d}"
    return _number(lambda moment: moment.year, _MOST_DIGITS)(count)


def _text(value: Callable[[datetime], int], names: tuple[str, ...], count: int) -> Field | None:
    """A name: its first three letters, the whole of it, or its first letter."""
    lengths = {3: 3, 4: None, 5: 1}
    if count not in lengths:
        return None
    return lambda moment: names[value(moment)][: lengths[count]]


def _month(count: int) -> Field | None:
    number = _number(lambda moment: moment.month)(count)
    return number or _text(lambda moment: moment.month - 1, _MONTHS, count)


def _weekday(count: int) -> Field | None:
    return _text(datetime.weekday, _DAYS, max(3, count))


def _quarter(count: int) -> Field | None:
    def quarter(moment: datetime) -> int:
        return (moment.month + 2) // 3

    names: dict[int, Field] = {
        3: lambda moment: f"Q{quarter(moment)}",
        4: lambda moment: _QUARTERS[quarter(moment) - 1],
        5: lambda moment: str(quarter(moment)),
    }
    return _number(quarter)(count) or names.get(count)


def _half(count: int) -> Field | None:
    return (lambda moment: "AM" if moment.hour < 12 else "PM") if count == 1 else None


def _fraction(count: int) -> Field | None:
    return (lambda moment: f"{_nanoseconds(moment):09d}"[:count]) if count <= 9 else None


def _zone(count: int) -> Field | None:
    def name(moment: datetime) -> str:
        return getattr(moment.tzinfo, "key", None) or str(moment.tzinfo)

    return name if count == 2 else None


def _offset(*, zero: str) -> Callable[[int], Field | None]:
    def form(count: int) -> Field | None:
        if count > 5:
            return None
        return lambda moment: _signed(moment, count, zero)

    return form


def _rfc_offset(count: int) -> Field | None:
    if count <= 3:
        return _offset(zero="")(2)
    return _localized(4) if count == 4 else _offset(zero="Z")(5)


def _localized(count: int) -> Field | None:
    if count not in {1, 4}:
        return None

    def write(moment: datetime) -> str:
        sign, hours, minutes, _ = _parts(moment)
        if not hours and not minutes:
            return "GMT"
        if count == 4:
            return f"GMT{sign}{hours:02d}:{minutes:02d}"
        return f"GMT{sign}{hours}" + (f":{minutes:02d}" if minutes else "")

    return write


def _signed(moment: datetime, count: int, zero: str) -> str:
    sign, hours, minutes, seconds = _parts(moment)
    if zero and not (hours or minutes or seconds):
        return zero
    colon = ":" if count in {3, 5} else ""
    text = f"{sign}{hours:02d}"
    if count > 1 or minutes:
        text += f"{colon}{minutes:02d}"
    if count > 3 and seconds:
        text += f"{colon}{seconds:02d}"
    return text


def _parts(moment: datetime) -> tuple[str, int, int, int]:
    offset = moment.utcoffset() or timedelta()
    total = abs(int(offset.total_seconds()))
    return ("-" if offset < timedelta() else "+", total // 3600, total // 60 % 60, total % 60)


def _nanoseconds(moment: datetime) -> int:
    return moment.microsecond * 1000


def _second_of_day(moment: datetime) -> int:
    return (moment.hour * 60 + moment.minute) * 60 + moment.second


_LETTERS: dict[str, Callable[[int], Field | None]] = {
    "u": _year,
    "y": _year,
    "M": _month,
    "L": _month,
    "d": _number(lambda moment: moment.day),
    "D": _number(lambda moment: moment.timetuple().tm_yday, most=3),
    "Q": _quarter,
    "q": _quarter,
    "E": _weekday,
    "a": _half,
    "H": _number(lambda moment: moment.hour),
    "k": _number(lambda moment: moment.hour or 24),
    "K": _number(lambda moment: moment.hour % 12),
    "h": _number(lambda moment: moment.hour % 12 or 12),
    "m": _number(lambda moment: moment.minute),
    "s": _number(lambda moment: moment.second),
    "S": _fraction,
    "A": _number(
        lambda moment: _second_of_day(moment) * 1000 + moment.microsecond // 1000, _MOST_DIGITS
    ),
    "n": _number(_nanoseconds, _MOST_DIGITS),
    "N": _number(
        lambda moment: _second_of_day(moment) * 10**9 + _nanoseconds(moment), _MOST_DIGITS
    ),
    "V": _zone,
    "X": _offset(zero="Z"),
    "x": _offset(zero=""),
    "Z": _rfc_offset,
    "O": _localized,
}
