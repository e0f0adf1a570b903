"""What else a delivery stream does: its transform, its objects, its backup and its errors.

The rules are Firehose's: https://docs.aws.amazon.com/firehose/latest/APIReference/Welcome.html
"""

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator, model_validator

from lakehouse.object_keys.prefixes import (
    Namespace,
    Prefix,
    read_error_prefix,
    read_prefix,
)

_EXTENSION = re.compile(r"(\.[0-9a-z!\-_.*'()]{1,127})?")
_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_MOST_KEYS = 50

CompressionName = Literal["none", "gzip", "zstd"]
# Firehose's hints for a batch that a Lambda function is given are 0.2 to 3 MB.
BatchSize = Annotated[ByteSize, Field(ge=200_000, le=3 << 20)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class TransformSettings(_Table):
    """What a stream's records go through before they are parsed.

    Either `python`, a callable named `module:function` that is called as a Lambda handler, or
    `command`, a program that reads Lambda's event on its standard input and writes the answer.
    A batch of about `buffer_size` bytes that is not answered within `timeout` seconds, or badly,
    is asked `retries` times more.
    """

    python: str = ""
    command: tuple[str, ...] = ()
    retries: Annotated[int, Field(ge=0, le=300)] = 3
    timeout: Annotated[float, Field(gt=0, le=300)] = 300.0
    buffer_size: BatchSize = ByteSize(1 << 20)

    @field_validator("python")
    @classmethod
    def _names_a_callable(cls, given: str) -> str:
        if given and not _CALLABLE.fullmatch(given):
            raise ValueError("a callable is named module:function")
        return given

    @model_validator(mode="after")
    def _one_of_them(self) -> "TransformSettings":
        if bool(self.python) == bool(self.command and self.command[0]):
            raise ValueError('name one of them: python = "module:function" or command = ["..."]')
        return self


class RoutingSettings(_Table):
    """Where each record goes, and what it does there: jq programs that its JSON answers.

    What a transform says of a record (otfMetadata) comes first. `operation` is insert, update or
    delete; without one, or where it gives null, a record is inserted.
    """

    database: str = '"landing"'
    table: str = ""
    operation: str = ""

    @property
    def queries(self) -> dict[str, str]:
        """The programs by what they give; none where there is no need to ask a record."""
        asked = {"table": self.table, "operation": self.operation}
        given = {name: program for name, program in asked.items() if program}
        return given | ({"database": self.database} if self.table else {})


class _Folder(_Table):
    """Objects below a folder that stands for a bucket; a relative one lies beside the file.

    By default it is a folder of the stream's name in the home. Times are those of `time_zone`.
    """

    folder: Path | None = Field(default=None, validate_default=False)
    time_zone: str = "UTC"

    @field_validator("time_zone")
    @classmethod
    def _known(cls, given: str) -> str:
        try:
            return ZoneInfo(given).key
        except (KeyError, ValueError, OSError) as e:  # each for another way to be none
            raise ValueError("no such time zone; write one such as Asia/Tokyo") from e

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)


class ErrorOutputSettings(_Folder):
    """Records that are not delivered, as lines of JSON in objects; beside `landing.rejects`."""

    prefix: str = ""

    @field_validator("prefix")
    @classmethod
    def _valid(cls, given: str) -> str:
        read_error_prefix(given, "")
        return given

    @property
    def error_prefix(self) -> Prefix:
        """The prefix, read."""
        return read_error_prefix(self.prefix, "")


class BackupSettings(_Folder):
    """All records of a stream as they were received, before any transform."""

    prefix: str = ""
    compression: CompressionName = "gzip"

    @field_validator("prefix")
    @classmethod
    def _valid(cls, given: str) -> str:
        if read_prefix(given).partitioned:
            raise ValueError("the prefix of a backup can't hold partition keys")
        return given

    @property
    def record_prefix(self) -> Prefix:
        """The prefix, read."""
        return read_prefix(self.prefix)


class ObjectsSettings(_Folder):
    """Objects as the destination of a stream, in place of a table.

    A `prefix` that holds partition keys partitions the records: by `partition_keys`, jq programs
    by the names of keys, or by what the transform says. `delimiter` follows every record. The
    `file_extension` takes the place of that of the `compression`.
    """

    prefix: str = ""
    error_prefix: str | None = None
    compression: CompressionName = "none"
    file_extension: str | None = None
    append_delimiter: bool = True
    partition_keys: dict[str, str] = Field(default_factory=dict)

    @field_validator("prefix")
    @classmethod
    def _valid(cls, given: str) -> str:
        read_prefix(given)
        return given

    @field_validator("file_extension")
    @classmethod
    def _an_extension(cls, given: str | None) -> str | None:
        if given is not None and not _EXTENSION.fullmatch(given):
            raise ValueError("a file extension begins with a dot; lower case, digits, !-_.*'()")
        return given

    @field_validator("partition_keys")
    @classmethod
    def _named(cls, given: dict[str, str]) -> dict[str, str]:
        if wrong := [name for name in given if not _KEY.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is no name of a key: letters, digits, _, . and -")
        if len(given) > _MOST_KEYS:
            raise ValueError(f"at most {_MOST_KEYS} partition keys")
        return given

    @model_validator(mode="after")
    def _together(self) -> "ObjectsSettings":
        read_error_prefix(self.error_prefix, self.prefix)
        queried = self.record_prefix.keys(Namespace.QUERY)
        if missing := [name for name in queried if name not in self.partition_keys]:
            raise ValueError(f"partition_keys has no {missing[0]!r}, which the prefix needs")
        if unused := [name for name in self.partition_keys if name not in queried]:
            raise ValueError(f"the prefix does not hold !{{partitionKeyFromQuery:{unused[0]}}}")
        return self

    @property
    def record_prefix(self) -> Prefix:
        """The prefix, read."""
        return read_prefix(self.prefix)

    @property
    def failure_prefix(self) -> Prefix:
        """The prefix of what can't be delivered, read."""
        return read_error_prefix(self.error_prefix, self.prefix)
