"""Records delivered as objects: keys, contents, partitions, backups and errors."""

import json
import re
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import pytest

from ingest.buffering import BufferingHints
from lakehouse.errors import ConfigError
from tests.object_streams import NOON, Stream, error_records, hidden

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
FAILURES = 'error_prefix = "failed/!{firehose:error-output-type}/"'


@pytest.fixture
def declared(tmp_path: Path) -> Callable[[str], Stream]:
    return lambda settings: Stream.declared(tmp_path, "clicks", settings)


def log(stream: Stream, *lines: str, name: str = "clicks.log", end: str = "\n") -> Path:
    path = stream.folder / name
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def test_an_object_as_firehose_names_it(declared: Callable[[str], Stream]) -> None:
    stream = declared("[streams.clicks.objects]")
    report = stream.land(log(stream, "one", "", "träs", "four"))
    assert (report.lines, report.landed) == (4, 4)
    ((key, content),) = stream.objects().items()
    assert re.fullmatch(rf"2026/01/02/12/clicks-1-2026-01-02-12-30-15-{UUID}", key)
    assert content == "one\n\nträs\nfour\n".encode()
    assert hidden(stream.settings.home / "objects") == []
    (row,) = stream.rows("ops.objects")
    assert row == {
        "stream": "clicks",
        "sequence": 1,
        "folder": str(stream.settings.home / "objects" / "clicks"),
        "key": key,
        "records": 4,
        "bytes": len(content),
        "oldest_at": NOON,
    }


def test_what_is_new_is_delivered_once(declared: Callable[[str], Stream]) -> None:
    stream = declared("[streams.clicks.objects]")
    path = log(stream, "one")
    stream.land(path)
    stream.clock.pass_by(hours=13)
    assert stream.land(path).lines == 0
    log(stream, "one", "two")
    assert stream.land(path).landed == 1
    contents = [content for _, content in sorted(stream.objects().items())]
    assert contents == [b"one\n", b"two\n"]
    assert sorted(stream.objects())[1].startswith("2026/01/03/01/clicks-1-2026-01-03-01-30-15-")


def test_a_changed_configuration_is_the_next_version(declared: Callable[[str], Stream]) -> None:
    for number, settings in enumerate(["", "", 'prefix = "a/"', 'prefix = "b/"'], 1):
        stream = declared(f"[streams.clicks.objects]\n{settings}")
        stream.land(log(stream, f"line {number}", name=f"{number}.log"))
    versions = {content: key.split("clicks-")[1][0] for key, content in stream.objects().items()}
    assert versions == {b"line 1\n": "1", b"line 2\n": "1", b"line 3\n": "2", b"line 4\n": "3"}


@pytest.mark.parametrize(
    ("settings", "ending", "content"),
    [
        ('compression = "gzip"', ".gz", b"a\nb\n"),
        ('compression = "gzip"\nfile_extension = ".json.gz"', ".json.gz", b"a\nb\n"),
        ('file_extension = ".log"', ".log", b"a\nb\n"),
        ("append_delimiter = false", "", b"ab"),
    ],
)
def test_forms_of_objects(
    declared: Callable[[str], Stream], settings: str, ending: str, content: bytes
) -> None:
    stream = declared(f"[streams.clicks.objects]\n{settings}")
    stream.land(log(stream, "a", "b"))
    ((key, found),) = stream.objects().items()
    assert re.search(rf"{UUID}{re.escape(ending)}$", key)
    assert found == content


def test_the_time_is_that_of_the_oldest_record_in_the_zone(
    declared: Callable[[str], Stream],
) -> None:
    """Two logs are read with two hours between them; they are delivered together."""
    stream = declared('[streams.clicks.objects]\ntime_zone = "Asia/Tokyo"\nprefix = "p/"')
    logs = [log(stream, "first", name="1.log"), log(stream, "second", name="2.log")]
    ticks = chain([NOON], repeat(NOON.replace(hour=14)))
    stream.now = lambda: next(ticks)
    stream.land(*logs)
    ((key, content),) = stream.objects().items()
    assert key.startswith("p/2026/01/02/21/clicks-1-2026-01-02-21-30-15-")
    assert content == b"first\nsecond\n"


def test_a_full_buffer_is_an_object(declared: Callable[[str], Stream]) -> None:
    """Counted before compression: of 40 bytes each, though compressed they are all of a size."""
    stream = declared('[streams.clicks.objects]\ncompression = "gzip"')
    path = log(stream, *["x" * 19] * 10)
    report = stream.land(path, hints=BufferingHints(block=20, delivery=40))
    assert report.deliveries == 5
    assert [len(content) for content in stream.objects().values()] == [40] * 5


# --- dynamic partitioning

BY_CUSTOMER = f"""
[streams.clicks.objects]
prefix = "customer=!{{partitionKeyFromQuery:customer}}/!{{timestamp:yyyy}}/"
{FAILURES}
[streams.clicks.objects.partition_keys]
customer = ".customer.id"
"""


def click(customer: object, number: int = 0) -> str:
    return json.dumps({"customer": {"id": customer}, "n": number})


def test_partitions_by_queries(declared: Callable[[str], Stream]) -> None:
    stream = declared(BY_CUSTOMER)
    lines = [click("a", 1), click(7, 2), click("a", 3)]
    stream.land(log(stream, *lines))
    found = {key.rsplit("/", 1)[0]: content for key, content in stream.objects().items()}
    assert found == {
        "customer=a/2026": f"{lines[0]}\n{lines[2]}\n".encode(),
        "customer=7/2026": f"{lines[1]}\n".encode(),
    }


def test_records_without_a_key_go_to_the_error_output(declared: Callable[[str], Stream]) -> None:
    stream = declared(BY_CUSTOMER)
    bad = ["{}", "no json", click(""), click("../../etc"), click("x" * 600), click(["a"])]
    report = stream.land(log(stream, click("a"), *bad))
    assert (report.landed, report.rejected) == (1, {"no_partition_key": 6})
    errors = {k: c for k, c in stream.objects().items() if k.startswith("failed/")}
    ((key, content),) = errors.items()
    assert re.fullmatch(
        rf"failed/metadata-extraction-failed/clicks-1-2026-01-02-12-30-15-{UUID}", key
    )
    records = error_records(content)
    assert [record["rawData"].decode() for record in records] == bad
    assert {record["errorCode"] for record in records} == {
        "DynamicPartitioning.MetadataExtractionFailed"
    }
    assert records[0] | {"rawData": ""} == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1767357015000,
        "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
        "errorMessage": "partitionKeys values must not be null or empty: customer",
        "attemptEndingTimestamp": 1767357015000,
        "rawData": "",
    }
    rejects = stream.rows("landing.rejects")
    assert sorted(row["raw"] for row in rejects) == sorted(bad)


def test_more_partitions_than_may_be_active(declared: Callable[[str], Stream]) -> None:
    stream = declared(BY_CUSTOMER)
    lines = [click(n) for n in range(502)] + [click(0, 1)]
    report = stream.land(log(stream, *lines))
    assert (report.landed, report.rejected) == (501, {"too_many_partitions": 2})
    errors = [c for k, c in stream.objects().items() if k.startswith("failed/activePartition")]
    assert [record["rawData"].decode() for record in error_records(errors[0])] == lines[500:502]
    # The next delivery has its own 500.
    assert stream.land(log(stream, click(500), name="more.log")).landed == 1


def test_partitions_by_the_transform(declared: Callable[[str], Stream]) -> None:
    stream = declared(f"""
        [streams.clicks.transform]
        python = "shop:handler"
        [streams.clicks.objects]
        prefix = "!{{partitionKeyFromLambda:shop}}/"
        {FAILURES}
    """)
    (stream.folder / "shop.py").write_text("""
import base64
def handler(event):
    return {"records": [change(record) for record in event["records"]]}
def change(record):
    shop, _, text = base64.b64decode(record["data"]).decode().partition(" ")
    return {
        "recordId": record["recordId"], "result": "Ok" if text else "ProcessingFailed",
        "data": base64.b64encode(text.encode()).decode(),
        "metadata": {"partitionKeys": {"shop": shop}},
    }
""")
    report = stream.land(log(stream, "north a", "south b", "north c", "bad"))
    assert (report.landed, report.rejected) == (3, {"processing_failed": 1})
    found = {key.split("clicks-")[0]: content for key, content in stream.objects().items()}
    failed = found.pop("failed/processing-failed/")
    assert found == {"north/": b"a\nc\n", "south/": b"b\n"}
    (record,) = error_records(failed)
    assert (record["rawData"], record["errorCode"]) == (b"bad", "Lambda.ProcessingFailedStatus")


# --- backup and errors beside a table

BESIDE = """
[streams.orders.backup]
[streams.orders.error_output]
prefix = "!{firehose:error-output-type}/!{timestamp:yyyy}/"
"""
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "536365,P1,THING,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def test_a_backup_is_what_was_received(tmp_path: Path) -> None:
    stream = Stream.declared(tmp_path, "orders", BESIDE)
    content = f"{HEADER}\n{GOOD}\nb\xe4d\r\n{GOOD}".encode("latin-1")
    (tmp_path / "orders.csv").write_bytes(content)
    report = stream.land(tmp_path / "orders.csv")
    assert (report.landed, report.rejected) == (2, {"wrong_column_count": 1})
    ((key, backup),) = stream.objects("backup").items()
    assert re.fullmatch(rf"2026/01/02/12/orders-1-2026-01-02-12-30-15-{UUID}\.gz", key)
    assert backup == content.split(b"\n", 1)[1] + b"\n"
    ((key, errors),) = stream.objects("errors").items()
    assert key.startswith("format-conversion-failed/2026/orders-1-2026-01-02-12-30-15-")
    (record,) = error_records(errors)
    assert record["rawData"] == b"b\xe4d"
    assert record["errorCode"] == "wrong_column_count"
    assert record["errorMessage"] == stream.rows("landing.rejects")[0]["detail"]


def test_a_backup_has_what_the_transform_drops_and_fails(tmp_path: Path) -> None:
    stream = Stream.declared(
        tmp_path, "orders", f'[streams.orders.transform]\npython = "shop:handler"\n{BESIDE}'
    )
    (tmp_path / "shop.py").write_text(
        "def handler(event):\n"
        "    results = ['Dropped', 'ProcessingFailed']\n"
        "    return {'records': [{'recordId': r['recordId'], 'result': result}\n"
        "                        for r, result in zip(event['records'], results)]}\n"
    )
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{GOOD}\n{GOOD}\n")
    report = stream.land(path)
    assert (report.landed, report.dropped, report.rejected) == (0, 1, {"processing_failed": 2})
    (backup,) = stream.objects("backup").values()
    assert backup.decode() == f"{GOOD}\n" * 3
    (errors,) = stream.objects("errors").values()
    codes = [record["errorCode"] for record in error_records(errors)]
    assert codes == ["Lambda.ProcessingFailedStatus", "Lambda.MissingRecordId"]


# --- configuration


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ('format = "orders"\n[streams.clicks.objects]', "objects take lines as they are"),
        ('table = "landing.clicks"\n[streams.clicks.objects]', "go to objects, to no table"),
        ('format = "text"', "objects take lines as they are"),
        ("[streams.clicks.objects]\n[streams.clicks.error_output]", "objects.error_prefix"),
        (
            f'[streams.clicks.objects]\nprefix = "!{{partitionKeyFromLambda:a}}/"\n{FAILURES}',
            "needs a transform",
        ),
        ('[streams.clicks.objects]\nprefix = "!{timestamp:YYYY}"', "did you mean yyyy"),
    ],
)
def test_streams_that_can_t_be(declared: Callable[[str], Stream], settings: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        declared(settings).settings  # noqa: B018 - reading them is what fails


def test_a_query_that_is_none_is_told_before_anything_is_read(
    declared: Callable[[str], Stream],
) -> None:
    stream = declared(BY_CUSTOMER.replace(".customer.id", ".customer |"))
    with pytest.raises(ConfigError, match="the query of 'customer' is no jq"):
        stream.land(log(stream, click("a")))


def test_what_a_transform_makes_of_a_record_stays_as_it_is(
    declared: Callable[[str], Stream],
) -> None:
    """Several lines, none, backslashes and all bytes; and a delimiter where there is none."""
    stream = declared(f"""
        [streams.clicks.transform]
        python = "shop:handler"
        [streams.clicks.objects]
        append_delimiter = true
        {FAILURES}
    """)
    made = [b"a\nb", b"c\n", b"", b"\\n\\", b"\r\n", bytes(range(256)), b"x" * 2_000_000]
    (stream.folder / "shop.py").write_text(f"""
import base64
MADE = {made!r}
def handler(event):
    return {{"records": [
        {{"recordId": r["recordId"], "result": "Ok", "data": base64.b64encode(m).decode()}}
        for r, m in zip(event["records"], MADE)
    ]}}
""")
    report = stream.land(log(stream, *(str(n) for n in range(len(made)))))
    assert report.landed == len(made)
    (content,) = stream.objects().values()
    assert content == b"".join(each if each.endswith(b"\n") else each + b"\n" for each in made)
