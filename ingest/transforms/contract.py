"""What a transform is asked and what it answers: the contract of Firehose's Lambda functions.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
What that page leaves open is as it was observed on AWS: a record that is missing in the answer,
or stands there twice, fails alone; one that nobody asked for is ignored; an answer of another
form fails as a whole.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

# Lambda's limit for a synchronous invocation, in both directions.
LARGEST_PAYLOAD = 6 << 20

# There is no account and no region here; functions made for AWS expect a name of this form.
_STREAM_NAME = "arn:aws:firehose:local:000000000000:deliverystream/"

FUNCTION_ERROR = "Lambda.FunctionError"
NO_JSON = "Lambda.JsonProcessingException"


@dataclass(frozen=True)
class Record:
    """A record as it was received."""

    data: bytes
    arrived: datetime


@dataclass(frozen=True)
class Metadata:
    """What a transform says about a record: its partition keys, and its table (otfMetadata)."""

    partition_keys: Mapping[str, str] = field(default_factory=dict)
    table: Mapping[str, str] = field(default_factory=dict)


NOTHING_SAID = Metadata()


@dataclass(frozen=True)
class Transformed:
    """What became of a record that is Ok."""

    data: bytes
    metadata: Metadata = NOTHING_SAID


@dataclass(frozen=True)
class Dropped:
    """The transform wants nothing to become of the record."""


@dataclass(frozen=True)
class Failed:
    """A record that could not be transformed: Firehose's code for it, and how often it was tried.

    `ended` is when the last attempt was over.
    """

    code: str
    message: str
    attempts: int
    ended: datetime


@dataclass(frozen=True)
class Problem:
    """Why one record of a well-formed answer fails."""

    code: str
    message: str


class InvocationError(Exception):
    """A transform that did not answer, or answered nonsense."""

    def __init__(self, message: str, code: str = FUNCTION_ERROR) -> None:
        super().__init__(message)
        self.code = code


class StoppedError(Exception):
    """A transform that is to end was not waited for: it is open what becomes of its records."""


MISSING = Problem("Lambda.MissingRecordId", "the transform did not return this recordId")
DOUBLED = Problem("Lambda.DuplicatedRecordId", "the transform returned this recordId twice")
REFUSED = Problem("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
DROPPED = Dropped()


@dataclass(frozen=True)
class Invocation:
    """Records that a transform is asked about together; their ids stay when it is asked again."""

    stream: str
    records: Mapping[str, dict[str, object]]  # by recordId, as they are sent

    def payload(self) -> bytes:
        """The question, on one line."""
        event = {
            "invocationId": str(uuid4()),
            "deliveryStreamArn": _STREAM_NAME + self.stream,
            "region": "local",
            "records": list(self.records.values()),
        }
        return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def invocations(stream: str, records: Sequence[Record], hint: int) -> list[Invocation]:
    """The records in the batches that a transform is asked about, about `hint` bytes in each.

    Many short records need more room than they hold: no payload grows beyond Lambda's limit.
    """
    batches: list[Invocation] = []
    batch: dict[str, dict[str, object]] = {}
    run, size, sent = uuid4().hex, 0, 1024
    for number, record in enumerate(records):
        data = base64.b64encode(record.data).decode()
        identity = f"{run}{number:012d}"
        length = len(data) + 160
        if batch and (size + len(record.data) > hint or sent + length > LARGEST_PAYLOAD):
            batches.append(Invocation(stream, batch))
            batch, size, sent = {}, 0, 1024
        batch[identity] = {
            "recordId": identity,
            "approximateArrivalTimestamp": milliseconds(record.arrived),
            "data": data,
        }
        size, sent = size + len(record.data), sent + length
    return [*batches, Invocation(stream, batch)] if batch else batches


def read_answer(invocation: Invocation, answer: bytes) -> list[Transformed | Dropped | Problem]:
    """What the answer says of each record, in the order of the question.

    Raises InvocationError for an answer that is none: all its records fail, or are tried again.
    """
    if len(answer) > LARGEST_PAYLOAD:
        raise InvocationError(f"an answer of {len(answer):,} bytes; {LARGEST_PAYLOAD:,} may be")
    returned = _records(answer)
    times = Counter(record["recordId"] for record in returned)
    found = {record["recordId"]: _outcome(record) for record in returned}
    return [
        DOUBLED if times[identity] > 1 else found.get(identity, MISSING)
        for identity in invocation.records
    ]


def milliseconds(moment: datetime) -> int:
    """The moment as Firehose writes it: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def _records(answer: bytes) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError) as e:
        raise InvocationError(f"the answer is no JSON: {e}", NO_JSON) from e
    records = parsed.get("records") if isinstance(parsed, dict) else None
    if not isinstance(records, list):
        raise InvocationError('the answer has no list of "records"', NO_JSON)
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("recordId"), str):
            raise InvocationError('a record of the answer has no "recordId"', NO_JSON)
    return records


def _outcome(record: Mapping[str, Any]) -> Transformed | Dropped | Problem:
    result = record.get("result")
    if result == "Dropped":
        return DROPPED
    if result == "ProcessingFailed":
        return REFUSED
    if result != "Ok":
        raise InvocationError(f'"result" is {result!r}, not Ok, Dropped or ProcessingFailed')
    data = record.get("data")
    if not isinstance(data, str):
        raise InvocationError('a record that is Ok has no "data"')
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as e:
        raise InvocationError(f'"data" is not base64: {e}') from e
    metadata = record.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InvocationError('"metadata" is no object')
    keys, table = (_texts(metadata, name) for name in ("partitionKeys", "otfMetadata"))
    return Transformed(content, Metadata(keys, table) if keys or table else NOTHING_SAID)


def _texts(metadata: Mapping[str, Any], name: str) -> dict[str, str]:
    found = metadata.get(name) or {}
    if not isinstance(found, dict):
        raise InvocationError(f'"{name}" is no object')
    return {key: _text(name, value) for key, value in found.items()}


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise InvocationError(f'a value of "{name}" is no text: {value!r}')
