"""Records that were not delivered, as Firehose writes them: lines of JSON in objects.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ingest.transforms.contract import milliseconds


class ErrorType(StrEnum):
    """What `!{firehose:error-output-type}` stands for."""

    PROCESSING = "processing-failed"  # the transform failed
    FORMAT = "format-conversion-failed"  # the record is no row of its table
    ICEBERG = "iceberg-failed"  # the row can't be put where it belongs
    QUERY = "metadata-extraction-failed"  # the record has no partition keys
    PARTITIONS = "activePartitionExceeded"  # there are too many partitions


@dataclass(frozen=True)
class Failure:
    """Why a record was not delivered: Firehose's words where it has some, else ours.

    `ended` is when it was given up, None for when its delivery was made.
    """

    kind: ErrorType
    code: str
    message: str
    attempts: int = 1
    ended: datetime | None = None


def error_line(
    failure: Failure, raw: bytes, arrived: datetime, now: datetime, **more: str
) -> bytes:
    """A line of an error object. `raw` is the record as it was received; `more` fields follow."""
    fields = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": milliseconds(arrived),
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": milliseconds(failure.ended or now),
        "rawData": base64.b64encode(raw).decode(),
        **more,
    }
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
