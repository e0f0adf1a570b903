"""Prefixes and keys. Inputs and evaluated prefixes are those of AWS's documentation:
https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.object_keys.names import ObjectSuffix, object_key
from lakehouse.object_keys.prefixes import Values, read_error_prefix, read_prefix

AWS_MOMENT = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)  # "at 10:30 AM UTC on Aug 27, 2018"
FAILED = Values(AWS_MOMENT, error_type="processing-failed")


def evaluated(prefix: str, moment: datetime = AWS_MOMENT, **keys: str) -> str:
    return read_prefix(prefix).evaluate(Values(moment, from_query=keys, from_transform=keys))


# --- AWS's own examples


def test_an_unspecified_prefix() -> None:
    assert evaluated("") == "2018/08/27/10/"
    error = read_error_prefix("myFirehoseFailures/!{firehose:error-output-type}/", "")
    assert error.evaluate(FAILED) == "myFirehoseFailures/processing-failed/"


def test_a_prefix_with_expressions_needs_an_error_prefix() -> None:
    with pytest.raises(ValueError, match="needs an error prefix"):
        read_error_prefix(None, "!{timestamp:yyyy/MM/dd}")


def test_the_parts_of_a_date_and_a_random_string() -> None:
    prefix = read_prefix(
        "myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}"
    )
    found = prefix.evaluate(Values(AWS_MOMENT), random=lambda: "5abf82daaa5")
    assert found == "myFirehose/DeliveredYear=2018/anyMonth/rand=5abf82daaa5"
    error = read_error_prefix(
        "myFirehoseFailures/!{firehose:error-output-type}/!{timestamp:yyyy}/anyMonth/!{timestamp:dd}",
        "",
    )
    assert error.evaluate(FAILED) == "myFirehoseFailures/processing-failed/2018/anyMonth/27"


def test_folders_as_hive_names_them() -> None:
    moment = datetime(2018, 7, 6, 23, 15, tzinfo=UTC)
    time = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
    assert evaluated(f"myPrefix/{time}", moment) == "myPrefix/year=2018/month=07/day=06/hour=23/"
    error = read_error_prefix(f"myErrorPrefix/{time}!{{firehose:error-output-type}}", "")
    assert error.evaluate(Values(moment, "processing-failed")) == (
        "myErrorPrefix/year=2018/month=07/day=06/hour=23/processing-failed"
    )


def test_a_plain_prefix_gets_the_time_and_no_separator() -> None:
    assert evaluated("myFirehosePrefix/") == "myFirehosePrefix/2018/08/27/10/"
    assert evaluated("myFirehosePrefix") == "myFirehosePrefix2018/08/27/10/"
    error = read_error_prefix(None, "myFirehosePrefix/")
    assert error.evaluate(FAILED) == "myFirehosePrefix/processing-failed/2018/08/27/10/"


def test_the_error_type_in_the_middle() -> None:
    error = read_error_prefix(
        "myPrefix/result=!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}", ""
    )
    values = Values(datetime(2018, 8, 3, tzinfo=UTC), "processing-failed")
    assert error.evaluate(values) == "myPrefix/result=processing-failed/2018/08/03"


def test_partition_keys() -> None:
    """https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-s3bucketprefix.html"""
    names = ("customer_id", "device", "year", "month", "day", "hour")
    prefix = "".join(f"{name}=!{{partitionKeyFromQuery:{name}}}/" for name in names)
    keys = {"customer_id": "1234567890", "device": "mobile", "year": "2019"}
    keys |= {"month": "08", "day": "09", "hour": "20"}
    moment = datetime(2019, 8, 9, 23, 55, 9, tzinfo=UTC)
    suffix = ObjectSuffix(
        "my-delivery-stream", 1, moment, UUID("a9fa96af-e4e4-409f-bac3-1f804714faaa")
    )
    assert object_key(evaluated(prefix, moment, **keys), suffix) == (
        "customer_id=1234567890/device=mobile/year=2019/month=08/day=09/hour=20/"
        "my-delivery-stream-1-2019-08-09-23-55-09-a9fa96af-e4e4-409f-bac3-1f804714faaa"
    )


# --- the other rules


def test_a_random_string_is_fresh_at_each_use() -> None:
    found = evaluated("!{firehose:random-string}/!{firehose:random-string}/!{timestamp:yyyy}")
    first, second, year = found.split("/")
    assert first != second
    assert all(re.fullmatch(r"[a-z0-9]{11}", each) for each in (first, second))
    assert year == "2018"


def test_a_random_string_tells_no_time() -> None:
    assert re.fullmatch(r"[a-z0-9]{11}/2018/08/27/10/", evaluated("!{firehose:random-string}/"))


def test_an_error_prefix_without_expressions_gets_type_and_time() -> None:
    error = read_error_prefix("failures/", "!{timestamp:yyyy}/")
    assert error.evaluate(FAILED) == "failures/processing-failed/2018/08/27/10/"


def test_a_brace_in_quotes_closes_nothing() -> None:
    assert evaluated("!{timestamp:yyyy'}'MM}x") == "2018}08x"


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("a/!{firehose:error-output-type}/", "only an error prefix"),
        ("a/!{", "not closed"),
        ("a/!{timestamp:yyyy", "not closed"),
        ("a/!{time:yyyy}", "no expression !{time:yyyy}"),
        ("a/!{timestamp}", "no expression"),
        ("a/!{firehose:random}", "random-string or error-output-type"),
        ("a/!{timestamp:YYYY}", "did you mean yyyy"),
        ("a/!{partitionKeyFromQuery:}", "plain name"),
        ("a/!{partitionKeyFromQuery:.a | .b}", "plain name"),
        ("../a/", "no '.' or '..'"),
        ("a/./!{timestamp:yyyy}", "no '.' or '..'"),
        ("x" * 513, "512 are allowed"),
        ("x" * 500, "512 are allowed"),
        ("x" * 510 + "!{timestamp:yyyy}", "512 are allowed"),
    ],
)
def test_what_is_refused(prefix: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read_prefix(prefix)


def test_the_longest_prefix() -> None:
    assert len(evaluated("x" * 508 + "!{timestamp:yyyy}")) == 512


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("!{timestamp:yyyy}/", "must hold !{firehose:error-output-type}"),
        ("!{firehose:error-output-type}/!{partitionKeyFromQuery:a}/", "can't hold partition keys"),
        ("!{firehose:error-output-type}/!{partitionKeyFromLambda:a}/", "can't hold partition keys"),
    ],
)
def test_error_prefixes_that_are_refused(prefix: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read_error_prefix(prefix, "")


def test_a_prefix_of_keys_that_grows_too_long() -> None:
    with pytest.raises(ValueError, match="512 are allowed"):
        evaluated("!{partitionKeyFromQuery:a}/", a="x" * 512)


def test_the_time_of_another_zone() -> None:
    tokyo = AWS_MOMENT.astimezone(ZoneInfo("Asia/Tokyo"))
    assert evaluated("", tokyo) == "2018/08/27/19/"


def test_every_instance_is_the_same_instant() -> None:
    assert evaluated("!{timestamp:HH:mm:ss}-!{timestamp:HH:mm:ss}") == "10:30:00-10:30:00"


# --- keys


UNIQUE = UUID("a9fa96af-e4e4-409f-bac3-1f804714faaa")
SUFFIX = ObjectSuffix("orders", 12, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), UNIQUE, ".gz")


def test_a_key() -> None:
    assert object_key("2026/01/02/03/", SUFFIX) == (
        f"2026/01/02/03/orders-12-2026-01-02-03-04-05-{UNIQUE}.gz"
    )


@pytest.mark.parametrize(
    "prefix", ["a/../b/", "../", "./", "x" * 220, "é" * 110, "a\0b/", "a\ud800/"]
)
def test_keys_that_are_no_place(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"no place|255 bytes|surrogates"):
        object_key(prefix, SUFFIX)


@given(st.text())
def test_a_key_is_below_its_folder_or_refused(prefix: str) -> None:
    try:
        key = object_key(prefix, SUFFIX)
    except ValueError:
        return
    assert not set(key.split("/")) & {".", ".."}


def test_random_strings_are_asked_for_in_order() -> None:
    def counted() -> Iterator[str]:
        yield from ("aaaaaaaaaaa", "bbbbbbbbbbb")

    texts = counted()
    prefix = read_prefix("!{firehose:random-string}-!{firehose:random-string}")
    found = prefix.evaluate(Values(AWS_MOMENT), random=lambda: next(texts))
    assert found == "aaaaaaaaaaa-bbbbbbbbbbb2018/08/27/10/"
