"""The contract of transforms, without running any."""

import base64
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.transforms.contract import (
    DOUBLED,
    DROPPED,
    LARGEST_PAYLOAD,
    MISSING,
    REFUSED,
    Invocation,
    InvocationError,
    Metadata,
    Record,
    Transformed,
    invocations,
    read_answer,
)

ARRIVED = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def asked(*texts: str) -> Invocation:
    (batch,) = invocations("clicks", [Record(t.encode(), ARRIVED) for t in texts], 1 << 20)
    return batch


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def answered(batch: Invocation, *records: dict[str, Any]) -> list[object]:
    return list(read_answer(batch, json.dumps({"records": records}).encode()))


def test_the_question() -> None:
    event = json.loads(asked("a", "é").payload())
    assert sorted(event) == ["deliveryStreamArn", "invocationId", "records", "region"]
    assert event["deliveryStreamArn"].endswith(":deliverystream/clicks")
    first, second = event["records"]
    assert first["recordId"] != second["recordId"]
    assert first["data"] == "YQ=="
    assert base64.b64decode(second["data"]).decode() == "é"
    assert first["approximateArrivalTimestamp"] == 1_767_323_045_678


def test_ids_stay_and_the_invocation_is_new_when_it_is_asked_again() -> None:
    batch = asked("a")
    first, second = (json.loads(batch.payload()) for _ in range(2))
    assert first["records"] == second["records"]
    assert first["invocationId"] != second["invocationId"]


def test_every_result() -> None:
    batch = asked("a", "b", "c")
    one, two, three = batch.records
    found = answered(
        batch,
        {"recordId": three, "result": "ProcessingFailed", "data": b64("c")},
        {
            "recordId": one,
            "result": "Ok",
            "data": b64("A"),
            "metadata": {"partitionKeys": {"k": 1}},
        },
        {"recordId": two, "result": "Dropped"},
    )
    assert found == [Transformed(b"A", Metadata({"k": "1"})), DROPPED, REFUSED]


def test_where_a_record_goes() -> None:
    batch = asked("a")
    (one,) = batch.records
    table = {"destinationTableName": "t", "destinationDatabaseName": "d", "operation": "insert"}
    record = {"recordId": one, "result": "Ok", "data": "", "metadata": {"otfMetadata": table}}
    assert answered(batch, record) == [Transformed(b"", Metadata({}, table))]


def test_missing_doubled_and_unknown_records_fail_alone() -> None:
    batch = asked("a", "b", "c")
    one, _, three = batch.records
    fine = {"result": "Ok", "data": b64("x")}
    found = answered(
        batch,
        {"recordId": one, **fine},
        {"recordId": three, **fine},
        {"recordId": "nobody's", **fine},
        {"recordId": three, **fine},
    )
    assert found == [Transformed(b"x"), MISSING, DOUBLED]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "no JSON"),
        (b"oops", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", 'no list of "records"'),
        (b"null", 'no list of "records"'),
        (b'{"records": {}}', 'no list of "records"'),
        (b'{"records": [1]}', 'no "recordId"'),
        (b'{"records": [{"recordId": 7}]}', 'no "recordId"'),
        (b'{"records": [{"recordId": "a"}]}', '"result" is None'),
        (b'{"records": [{"recordId": "a", "result": "OK"}]}', "\"result\" is 'OK'"),
        (b'{"records": [{"recordId": "a", "result": "Ok"}]}', 'no "data"'),
        (b'{"records": [{"recordId": "a", "result": "Ok", "data": 1}]}', 'no "data"'),
        (b'{"records": [{"recordId": "a", "result": "Ok", "data": "!"}]}', "not base64"),
        (b'{"records": [{"recordId": "a", "result": "Ok", "data": "YQ"}]}', "not base64"),
        (b'{"records": [{"recordId": "a", "result": "Ok", "data": "\xc3\xa9"}]}', "not base64"),
        (
            b'{"records": [{"recordId": "a", "result": "Ok", "data": "", "metadata": 1}]}',
            '"metadata" is no object',
        ),
        (
            b'{"records": [{"recordId": "a", "result": "Ok", "data": "",'
            b' "metadata": {"partitionKeys": [1]}}]}',
            '"partitionKeys" is no object',
        ),
        (
            b'{"records": [{"recordId": "a", "result": "Ok", "data": "",'
            b' "metadata": {"partitionKeys": {"k": null}}}]}',
            "is no text",
        ),
        (b" " * (LARGEST_PAYLOAD + 1), "bytes"),
    ],
)
def test_an_answer_that_is_none(answer: bytes, why: str) -> None:
    with pytest.raises(InvocationError, match=why):
        read_answer(asked("a"), answer)


@given(
    st.lists(st.binary(max_size=40), max_size=60),
    st.integers(min_value=1, max_value=200),
)
def test_batches_are_all_records_in_order(datas: list[bytes], hint: int) -> None:
    batches = invocations("s", [Record(data, ARRIVED) for data in datas], hint)
    sent = [[base64.b64decode(str(r["data"])) for r in b.records.values()] for b in batches]
    assert [data for batch in sent for data in batch] == datas
    assert all(len(batch) == 1 or sum(map(len, batch)) <= hint for batch in sent)
    # Nothing is sent alone that had room in the batch before it.
    for batch, following in pairwise(sent):
        assert sum(map(len, batch)) + len(following[0]) > hint


def test_many_short_records_stay_below_the_largest_payload() -> None:
    batches = invocations("s", [Record(b"", ARRIVED)] * 100_000, 3 << 20)
    assert len(batches) > 1
    assert max(len(batch.payload()) for batch in batches) <= LARGEST_PAYLOAD


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["records", "recordId", "result", "data", "metadata"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_answered_is_read_or_refused(answer: object) -> None:
    batch = asked("a", "b")
    try:
        found = read_answer(batch, json.dumps(answer).encode())
    except InvocationError:
        return
    assert len(found) == 2
