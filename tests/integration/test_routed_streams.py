"""Records routed to tables, and what they do there: inserts, updates and deletes by key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from ingest.buffering import BufferingHints
from lakehouse.errors import ConfigError
from tests.object_streams import Stream, error_records

ONE_TABLE = """
format = "json"
table = "landing.people"
unique_keys = ["id"]
contract = { new_columns = "discard", types = "freeze" }
columns = { id = "long", name = "string" }
[streams.shop.routing]
operation = ".op"
[streams.shop.error_output]
prefix = "!{firehose:error-output-type}/"
"""
TWO_TABLES = """
format = "json"
contract = "discard"
[streams.shop.routing]
table = ".table"
operation = ".op"
[streams.shop.tables."landing.people"]
columns = { id = "long", name = "string" }
unique_keys = ["id"]
[streams.shop.tables."landing.notes"]
columns = { text = "string" }
[streams.shop.error_output]
prefix = "!{firehose:error-output-type}/"
"""


@pytest.fixture
def declared(tmp_path: Path) -> Callable[[str], Stream]:
    return lambda settings: Stream.declared(tmp_path, "shop", settings)


def log(stream: Stream, *records: object, name: str = "shop.json") -> Path:
    path = stream.folder / name
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def person(number: int | None, name: str | None = None, op: str | None = None) -> dict[str, Any]:
    return {"id": number, "name": name, "op": op, "table": "people"}


def people(stream: Stream) -> list[tuple[int, str]]:
    return sorted((row["id"], row["name"]) for row in stream.rows("landing.people"))


def test_inserts_updates_and_deletes(declared: Callable[[str], Stream]) -> None:
    stream = declared(ONE_TABLE)
    stream.land(log(stream, person(1, "a"), person(2, "b"), person(3, "c", "insert")))
    assert people(stream) == [(1, "a"), (2, "b"), (3, "c")]
    more = log(
        stream, person(2, "B", "update"), person(3, op="delete"), person(4, "d", "UPDATE"), name="2"
    )
    report = stream.land(more)
    assert (report.lines, report.landed, report.rejected) == (3, 3, {})
    assert people(stream) == [(1, "a"), (2, "B"), (4, "d")]
    assert stream.land(more).lines == 0
    rows = {row["id"]: row for row in stream.rows("landing.people")}
    assert [rows[n]["record_id"] for n in (1, 2, 4)] == [1, 4, 6]
    assert [rows[n]["ingest_seq"] for n in (1, 2, 4)] == [1, 2, 2]


def test_within_a_delivery_the_order_of_the_log_holds(declared: Callable[[str], Stream]) -> None:
    stream = declared(ONE_TABLE)
    stream.land(
        log(
            stream,
            person(1, "first"),
            person(1, "second", "update"),
            person(2, "gone"),
            person(2, op="delete"),
            person(3, op="delete"),
            person(3, "after"),
            person(4, "x"),
            person(4, "y"),
        )
    )
    assert people(stream) == [(1, "second"), (3, "after"), (4, "x"), (4, "y")]


def test_what_can_t_be_done_goes_to_the_error_output(declared: Callable[[str], Stream]) -> None:
    stream = declared(ONE_TABLE)
    bad = [person(None, "a", "update"), person(None, op="delete"), person(1, "a", "upsert")]
    report = stream.land(log(stream, person(1, "a"), *bad, '{"id": "x"}', "oops"))
    assert report.landed == 1
    assert report.rejected["no_unique_key"] == 2
    assert report.rejected["bad_operation"] == 1
    assert sum(report.rejected.values()) == 5
    failed = [c for k, c in stream.objects("errors").items() if k.startswith("iceberg-failed/")]
    records = error_records(b"".join(failed))
    assert [json.loads(r["rawData"]) for r in records if r["rawData"] != b"oops"] == bad
    assert {r["errorCode"] for r in records} == {"no_unique_key", "bad_operation", "no_route"}
    assert people(stream) == [(1, "a")]


def test_a_delete_needs_its_key_alone(declared: Callable[[str], Stream]) -> None:
    stream = declared(
        ONE_TABLE.replace('name = "string"', 'name = { type = "string", required = true }')
    )
    stream.land(log(stream, person(1, "a"), person(2, "b")))
    assert stream.land(log(stream, {"id": 1, "op": "delete"}, name="2")).landed == 1
    assert people(stream) == [(2, "b")]


def test_records_go_to_their_tables_in_one_commit(declared: Callable[[str], Stream]) -> None:
    stream = declared(TWO_TABLES)
    report = stream.land(
        log(
            stream,
            person(1, "a"),
            {"table": "notes", "text": "x"},
            {"table": "nowhere"},
            {"text": "no table"},
            {"table": "notes", "text": "y", "op": "delete"},
            person(1, "A", "update"),
        )
    )
    assert (report.lines, report.landed) == (6, 3)
    assert report.rejected == {"no_route": 1, "no_such_table": 1, "no_unique_key": 1}
    assert people(stream) == [(1, "A")]
    (note,) = stream.rows("landing.notes")
    assert (note["text"], note["record_id"]) == ("x", 2)
    told = {row["table"]: row for row in stream.rows("ops.routed")}
    assert told["landing.people"] == {
        "stream": "shop",
        "sequence": 1,
        "table": "landing.people",
        "inserts": 1,
        "updates": 1,
        "deletes": 0,
    }
    assert told["landing.notes"]["inserts"] == 1


def test_routes_by_the_transform(declared: Callable[[str], Stream]) -> None:
    stream = declared(
        TWO_TABLES.replace('table = ".table"\noperation = ".op"', "")
        + '[streams.shop.transform]\npython = "routes:handler"\n'
    )
    (stream.folder / "routes.py").write_text("""
import base64, json
def handler(event):
    return {"records": [route(record) for record in event["records"]]}
def route(record):
    data = json.loads(base64.b64decode(record["data"]))
    table = {"destinationDatabaseName": "landing", "destinationTableName": data.pop("table")}
    if data.get("op"):
        table["operation"] = data.pop("op")
    text = base64.b64encode(json.dumps(data).encode()).decode()
    return {"recordId": record["recordId"], "result": "Ok", "data": text,
            "metadata": {"otfMetadata": table}}
""")
    stream.land(log(stream, person(1, "a"), {"table": "notes", "text": "x"}))
    stream.land(log(stream, person(1, op="delete"), person(2, "b"), name="2"))
    assert people(stream) == [(2, "b")]
    assert len(stream.rows("landing.notes")) == 1
    # What is kept of a record that has no route is the line that was read.
    stream.land(log(stream, {"table": "nowhere", "id": 7}, name="3"))
    (reject,) = stream.rows("landing.rejects")
    assert json.loads(reject["raw"]) == {"table": "nowhere", "id": 7}


OPERATIONS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["insert", "update", "delete"])), max_size=30
)


@settings_of(max_examples=8)
@given(OPERATIONS, st.integers(20, 400))
def test_any_batching_ends_with_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[int, str]], size: int
) -> None:
    stream = Stream.declared(tmp_path_factory.mktemp("home"), "shop", ONE_TABLE)
    expected: list[tuple[int, str]] = []
    for number, (key, operation) in enumerate(operations):
        if operation != "insert":
            expected = [row for row in expected if row[0] != key]
        if operation != "delete":
            expected.append((key, f"n{number}"))
    records = [person(key, f"n{n}", op) for n, (key, op) in enumerate(operations)]
    path = log(stream, *records, person(9, "end"))
    stream.land(path, hints=BufferingHints(block=size, delivery=2 * size))
    assert people(stream) == sorted([*expected, (9, "end")])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (ONE_TABLE.replace('["id"]', '["age"]'), "no declared column 'age'"),
        (ONE_TABLE.replace('id = "long"', 'id = "double"'), "a double is no key"),
        (ONE_TABLE.replace('"json"', '"csv"'), "routing asks records that are JSON"),
        (TWO_TABLES.replace('table = ".table"', ""), "several tables need routing.table"),
        (TWO_TABLES.replace('"string"', '"text!"'), "no type"),
        (TWO_TABLES.replace("unique_keys", "keys"), "no 'keys'"),
        (TWO_TABLES.replace("landing.notes", "Notes"), "namespace.name"),
        (ONE_TABLE.replace("operation", 'table = ".t"\noperation'), "chooses among tables"),
    ],
)
def test_routes_that_can_t_be(declared: Callable[[str], Stream], settings: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        declared(settings).settings  # noqa: B018 - reading them is what fails
