"""What a stream's other outputs may be configured to be."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lakehouse.output_settings import (
    BackupSettings,
    ErrorOutputSettings,
    ObjectsSettings,
    TransformSettings,
)

FAILURES = "failed/!{firehose:error-output-type}/"
BY_CUSTOMER = "!{partitionKeyFromQuery:customer}/"


@pytest.mark.parametrize(
    ("model", "given", "why"),
    [
        (TransformSettings, {}, "name one of them"),
        (TransformSettings, {"command": [""]}, "name one of them"),
        (TransformSettings, {"python": "a:b", "command": ["c"]}, "name one of them"),
        (TransformSettings, {"python": "module"}, "module:function"),
        (TransformSettings, {"python": "a b:c"}, "module:function"),
        (TransformSettings, {"python": "a:b", "retries": -1}, "greater than or equal to 0"),
        (TransformSettings, {"python": "a:b", "timeout": 301}, "less than or equal to 300"),
        (TransformSettings, {"python": "a:b", "timeout": 0}, "greater than 0"),
        (TransformSettings, {"python": "a:b", "buffer_size": "0.1 MB"}, "greater than or equal"),
        (TransformSettings, {"python": "a:b", "buffer_size": "4 MB"}, "less than or equal"),
        (ErrorOutputSettings, {"prefix": "!{timestamp:yyyy}"}, "must hold"),
        (ErrorOutputSettings, {"time_zone": "Mars"}, "no such time zone"),
        (ErrorOutputSettings, {"time_zone": "../etc"}, "no such time zone"),
        (ErrorOutputSettings, {"time_zone": ""}, "no such time zone"),
        (BackupSettings, {"prefix": BY_CUSTOMER}, "can't hold partition keys"),
        (BackupSettings, {"compression": "snappy"}, "Input should be"),
        (ObjectsSettings, {"prefix": "!{timestamp:yyyy}"}, "needs an error prefix"),
        (ObjectsSettings, {"prefix": "!{timestamp:YYYY}", "error_prefix": ""}, "yyyy"),
        (ObjectsSettings, {"error_prefix": "!{timestamp:yyyy}"}, "must hold"),
        (ObjectsSettings, {"file_extension": "gz"}, "begins with a dot"),
        (ObjectsSettings, {"file_extension": "./x"}, "begins with a dot"),
        (ObjectsSettings, {"partition_keys": {"a": ".a"}}, "the prefix does not hold"),
        (ObjectsSettings, {"partition_keys": {"a b": ".a"}}, "no name of a key"),
        (
            ObjectsSettings,
            {"prefix": BY_CUSTOMER, "error_prefix": FAILURES},
            "partition_keys has no 'customer'",
        ),
        (
            ObjectsSettings,
            {"prefix": BY_CUSTOMER, "partition_keys": {"customer": ".id"}},
            "needs an error prefix",
        ),
    ],
)
def test_what_is_refused(model: type[BaseModel], given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        model.model_validate(given)


def test_partition_keys() -> None:
    found = ObjectsSettings(
        prefix=BY_CUSTOMER, error_prefix=FAILURES, partition_keys={"customer": ".id"}
    )
    assert found.record_prefix.partitioned
    assert not found.failure_prefix.partitioned


def test_the_defaults_are_those_of_firehose() -> None:
    transform = TransformSettings(python="shop:handler")
    assert (transform.retries, transform.timeout, transform.buffer_size) == (3, 300, 1 << 20)
    assert BackupSettings().compression == "gzip"
    assert ObjectsSettings().compression == "none"
