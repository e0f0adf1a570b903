"""Dates as Java writes them. Expected texts are those of Java's own documentation and rules:
https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html"""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.object_keys.date_patterns import read_pattern

MORNING = datetime(2018, 8, 7, 9, 5, 3, 42_001, tzinfo=UTC)  # a Tuesday, day 219
MIDNIGHT = datetime(2011, 12, 3, 0, 0, 0, tzinfo=UTC)  # a Saturday
EVENING = datetime(2018, 8, 7, 21, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy", "2018"),
        ("yy", "18"),
        ("y", "2018"),
        ("yyyyy", "02018"),
        ("uuuu", "2018"),
        ("M", "8"),
        ("MM", "08"),
        ("MMM", "Aug"),
        ("MMMM", "August"),
        ("MMMMM", "A"),
        ("LLLL", "August"),
        ("d", "7"),
        ("dd", "07"),
        ("D", "219"),
        ("DDD", "219"),
        ("Q", "3"),
        ("QQ", "03"),
        ("QQQ", "Q3"),
        ("QQQQ", "3rd quarter"),
        ("E", "Tue"),
        ("EEE", "Tue"),
        ("EEEE", "Tuesday"),
        ("EEEEE", "T"),
        ("H", "9"),
        ("HH", "09"),
        ("hh", "09"),
        ("kk", "09"),
        ("KK", "09"),
        ("a", "AM"),
        ("m", "5"),
        ("mm", "05"),
        ("ss", "03"),
        ("S", "0"),
        ("SSS", "042"),
        ("SSSSSSSSS", "042001000"),
        ("n", "42001000"),
        ("A", "32703042"),
        ("N", "32703042001000"),
        ("VV", "UTC"),
        ("X", "Z"),
        ("XXX", "Z"),
        ("x", "+00"),
        ("xx", "+0000"),
        ("xxx", "+00:00"),
        ("Z", "+0000"),
        ("ZZZZ", "GMT"),
        ("ZZZZZ", "Z"),
        ("O", "GMT"),
        ("yyyy/MM/dd/HH/", "2018/08/07/09/"),
        ("'year='yyyy'/month='MM", "year=2018/month=08"),
        ("yyyy'-'MM'-'dd", "2018-08-07"),
        ("hh 'o''clock' a", "09 o'clock AM"),
        ("''yy", "'18"),
        ("yyyy[/MM[/dd]]", "2018/08/07"),
        ("dd.MM.yyyy HH:mm", "07.08.2018 09:05"),
        ("é", "é"),
        ("", ""),
    ],
)
def test_what_a_pattern_makes_of_a_morning(pattern: str, text: str) -> None:
    assert read_pattern(pattern).write(MORNING) == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("hh a", "12 AM"), ("KK", "00"), ("kk", "24"), ("HH", "00"), ("DDD", "337"), ("E", "Sat")],
)
def test_midnight(pattern: str, text: str) -> None:
    assert read_pattern(pattern).write(MIDNIGHT) == text


@pytest.mark.parametrize(("pattern", "text"), [("h a", "9 PM"), ("K", "9"), ("k", "21")])
def test_evening(pattern: str, text: str) -> None:
    assert read_pattern(pattern).write(EVENING) == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("X", "-0830"),
        ("XX", "-0830"),
        ("XXX", "-08:30"),
        ("x", "-0830"),
        ("ZZZ", "-0830"),
        ("ZZZZ", "GMT-08:30"),
        ("ZZZZZ", "-08:30"),
        ("O", "GMT-8:30"),
        ("OOOO", "GMT-08:30"),
    ],
)
def test_offsets(pattern: str, text: str) -> None:
    west = timezone(-timedelta(hours=8, minutes=30))
    assert read_pattern(pattern).write(MORNING.replace(tzinfo=west)) == text


def test_a_zone_by_its_name() -> None:
    tokyo = MORNING.astimezone(ZoneInfo("Asia/Tokyo"))
    assert read_pattern("yyyy/MM/dd/HH VV XXX").write(tokyo) == "2018/08/07/18 Asia/Tokyo +09:00"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("YYYY", "did you mean yyyy"),
        ("yyyy'open", "not closed"),
        ("b", "no letter 'b'"),
        ("ww", "no letter 'w'"),
        ("hhh", "3 times 'h'"),
        ("ddd", "3 times 'd'"),
        ("DDDD", "4 times 'D'"),
        ("MMMMMM", "6 times 'M'"),
        ("aa", "2 times 'a'"),
        ("V", "1 times 'V'"),
        ("SSSSSSSSSS", "10 times 'S'"),
        ("yyyy]", "']' without '\\['"),
        ("{yyyy}", "reserved"),
        ("#", "reserved"),
    ],
)
def test_what_java_or_we_do_not_take(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_pattern(pattern)


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_a_quoted_text_comes_out_as_it_is(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'" if text else ""
    assert read_pattern(quoted).write(MORNING) == text


@given(st.integers(min_value=0, max_value=4_102_444_800_000_000))
def test_a_date_is_read_back(microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    text = read_pattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSXXX").write(moment)
    assert datetime.fromisoformat(text) == moment
