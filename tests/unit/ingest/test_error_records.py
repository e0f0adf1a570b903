"""What could not be delivered, in Firehose's words."""

import base64
import json
from datetime import UTC, datetime

from ingest.error_records import ErrorType, Failure, error_line

ARRIVED = datetime(2019, 11, 29, 9, 28, 38, 303_000, tzinfo=UTC)
NOW = datetime(2019, 11, 29, 9, 29, 41, 231_000, tzinfo=UTC)


def test_a_line() -> None:
    """The times are those of an error record that AWS has written."""
    failure = Failure(ErrorType.PROCESSING, "Lambda.FunctionError", "no é", 4)
    line = error_line(failure, b"\xff\x00", ARRIVED, NOW, transform="shop:handler")
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "attemptsMade": 4,
        "arrivalTimestamp": 1_575_019_718_303,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "no é",
        "attemptEndingTimestamp": 1_575_019_781_231,
        "rawData": base64.b64encode(b"\xff\x00").decode(),
        "transform": "shop:handler",
    }


def test_attempts_that_ended_before() -> None:
    line = error_line(Failure(ErrorType.PROCESSING, "c", "m", 1, ARRIVED), b"", ARRIVED, NOW)
    assert json.loads(line)["attemptEndingTimestamp"] == 1_575_019_718_303
