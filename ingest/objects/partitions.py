"""Which partition a record belongs to: Firehose's dynamic partitioning.

https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
"""

from dataclasses import dataclass

from ingest.error_records import ErrorType
from ingest.queries import Queries, QueryError, as_text
from ingest.transforms.contract import Metadata

_CODES = {
    ErrorType.QUERY: "DynamicPartitioning.MetadataExtractionFailed",
    ErrorType.PARTITIONS: "DynamicPartitioning.ActivePartitionsLimitExceeded",
}


class PartitionError(Exception):
    """A record that belongs to no partition."""

    def __init__(self, message: str, kind: ErrorType = ErrorType.QUERY) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def code(self) -> str:
        """Firehose's name for what went wrong."""
        return _CODES[self.kind]


@dataclass(frozen=True)
class Keys:
    """A partition: the keys and values that its prefix is evaluated with."""

    query: tuple[tuple[str, str], ...] = ()
    transform: tuple[tuple[str, str], ...] = ()


UNPARTITIONED = Keys()


@dataclass(frozen=True)
class Partitioning:
    """What makes the partitions: queries of records, and names of keys that a transform gives."""

    queries: Queries | None = None
    transform: tuple[str, ...] = ()

    def keys(self, record: bytes, metadata: Metadata | None) -> Keys:
        """The partition of a record. Raises PartitionError when it lacks a key."""
        if self.queries is None and not self.transform:
            return UNPARTITIONED
        given = metadata.partition_keys if metadata else {}
        return Keys(
            tuple((name, _text(name, value)) for name, value in self._asked(record).items()),
            tuple((name, _text(name, given.get(name))) for name in self.transform),
        )

    def _asked(self, record: bytes) -> dict[str, object]:
        if self.queries is None:
            return {}
        try:
            return self.queries.ask(record)
        except QueryError as e:
            raise PartitionError(f"no keys from the record: {e}") from e


def _text(name: str, value: object) -> str:
    text = as_text(value)
    if text is None:
        raise PartitionError(f"partitionKeys values must not be null or empty: {name}")
    return text
