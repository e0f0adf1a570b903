"""Java's patterns: which go to RE2, which to Python, which are refused."""

import pytest

from lakehouse.athena.engine.datetime_patterns import joda, mysql, read, render
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.patterns import translate


@pytest.mark.parametrize(
    "pattern", [r"\d+[ab] ", "(?i)abc", r"\s*[a-z]+\s*", r"[^\d]", r"a\.b", r"\Qa.b\E", r"\x{41}"]
)
def test_alike_in_both(pattern: str) -> None:
    made = translate(pattern)
    assert made.re2 is not None
    assert made.python is not None


@pytest.mark.parametrize(
    "pattern", ["a(?=b)", "(?<!a)b", r"(a)\1", "a++", "(?>a)b", r"(?<x>a)\k<x>"]
)
def test_python_alone(pattern: str) -> None:
    made = translate(pattern)
    assert made.re2 is None
    assert made.python is not None


@pytest.mark.parametrize(
    "pattern", [r"\p{L}", "[a[b]]", "[a&&b]", r"\G", "(?m)^a", "a(?i)b", "(", r"\R"]
)
def test_refused(pattern: str) -> None:
    made = translate(pattern)
    assert made.python is None
    assert made.reason


@pytest.mark.parametrize(
    ("pattern", "empty"), [("x*", True), ("x+", False), ("a|", True), ("a?b", False)]
)
def test_patterns_that_match_nothing_are_known(pattern: str, empty: bool) -> None:
    assert translate(pattern).matches_empty is empty


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd HH:mm:ss", "2020-02-29 23:59:58"),
        ("yyyyMMddHHmm", "202002292359"),
        ("d MMM yyyy h:mm a", "29 Feb 2020 11:59 PM"),
        ("yyyy-DDD", "2020-060"),
        ("xxxx-'W'ww-e", "2020-W09-6"),
    ],
)
def test_joda_reads_what_it_prints(pattern: str, text: str) -> None:
    parts = joda(pattern)
    local, zone = read(parts, text, "UTC")
    assert render(parts, local, zone, 0) == text


def test_mysql_reads_what_it_prints() -> None:
    parts = mysql("%Y-%m-%d %H:%i:%s.%f")
    local, _ = read(parts, "2020-02-29 23:59:58.123000", "UTC")
    assert render(parts, local, "UTC", 0) == "2020-02-29 23:59:58.123000"


@pytest.mark.parametrize("pattern", ["GGGG", "yyyy-MM-dd'T", "CC", "zzzz"])
def test_joda_patterns_without_an_exact_form(pattern: str) -> None:
    with pytest.raises(FunctionError):
        joda(pattern)
