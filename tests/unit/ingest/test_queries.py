"""Values that jq programs take from records. The programs are those of AWS's documentation:
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html"""

import pytest

from ingest.queries import Queries, QueryError, as_text
from lakehouse.errors import ConfigError

AWS_RECORD = b"""{
   "type": {"device": "mobile", "event": "user_clicked_submit_button"},
   "customer_id": "1234567890", "event_timestamp": 1565382027, "region": "sample_region"
}"""
AWS_KEYS = {
    "customer_id": ".customer_id",
    "device": ".type.device",
    "year": '.event_timestamp| strftime("%Y")',
    "month": '.event_timestamp| strftime("%m")',
    "day": '.event_timestamp| strftime("%d")',
    "hour": '.event_timestamp| strftime("%H")',
}


def test_the_keys_of_aws() -> None:
    assert Queries(AWS_KEYS).ask(AWS_RECORD) == {
        "customer_id": "1234567890",
        "device": "mobile",
        "year": "2019",
        "month": "08",
        "day": "09",
        "hour": "20",
    }


def test_what_is_missing_is_null() -> None:
    assert Queries({"a": ".a.b", "c": "if .c then .c else 7 end"}).ask(b"{}") == {"a": None, "c": 7}


@pytest.mark.parametrize(
    "record",
    [b"", b"oops", b"\xff", b"[1]", b'{"a": 3}', b'{"a": {}} {"a": {}}', b'{"a": {"b": [1, 2]}'],
)
def test_records_that_give_no_answer(record: bytes) -> None:
    with pytest.raises(QueryError):
        Queries({"a": ".a.b"}).ask(record)


@pytest.mark.parametrize("program", [".a[]", "empty"])
def test_several_answers_and_none(program: str) -> None:
    with pytest.raises(QueryError, match="not one"):
        Queries({"a": program}).ask(b'{"a": [1, 2]}')


@pytest.mark.parametrize("program", [".a |", "", "no_such_function", ". }, {x: 1"])
def test_what_is_no_program(program: str) -> None:
    with pytest.raises(ConfigError, match="the query of 'key' is no jq"):
        Queries({"key": program})


def test_a_program_may_end_with_a_comment() -> None:
    assert Queries({"a": ".a # the key", "b": ".b"}).ask(b'{"a": 1, "b": 2}') == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (7, "7"), (1.5, "1.5"), (True, "true"), ("", None), (None, None), ([], None)],
)
def test_values_as_parts_of_a_name(value: object, text: str | None) -> None:
    assert as_text(value) == text
