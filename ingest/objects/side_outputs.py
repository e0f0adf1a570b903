"""What a stream writes beside its destination: all records as received, and those that failed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ingest.error_records import ErrorType, Failure, error_line
from ingest.log_reader import Batch
from ingest.objects.compression import Compression
from ingest.objects.naming import Naming
from ingest.objects.shipments import Shipments
from ingest.screening import Block


class SideOutput(Protocol):
    """Objects made of batches, beside what becomes of their rows."""

    def write(self, batches: Sequence[Batch], shipments: Shipments) -> None:
        """Stage the objects that are made of the batches."""


@dataclass(frozen=True)
class Backup:
    """Every record as it was received, each with a newline."""

    folder: Path
    naming: Naming
    compression: Compression

    def write(self, batches: Sequence[Batch], shipments: Shipments) -> None:
        """Stage one object, if there is any record."""
        texts = [received(batch) for batch in batches]
        if content := b"".join(texts):
            oldest = min(batch.arrived for batch in batches)
            content = self.compression.compress(content)
            shipments.stage(self.folder, self.naming.key(oldest), content)


@dataclass(frozen=True)
class ErrorOutput:
    """Every rejected record, as a line of JSON: an object for each type of error."""

    folder: Path
    naming: Naming
    now: Callable[[], datetime]

    def write(self, batches: Sequence[Batch], shipments: Shipments) -> None:
        """Stage an object for each type of error that there is."""
        lines: dict[ErrorType, list[bytes]] = defaultdict(list)
        oldest: dict[ErrorType, datetime] = {}
        now = self.now()
        for batch in batches:
            if not batch.parsed.rejects:
                continue
            block = Block(received(batch))
            for reject in batch.parsed.rejects:
                failure = reject.failure or Failure(
                    ErrorType.FORMAT, reject.reason.value, reject.detail
                )
                raw = block.line(reject.line)
                lines[failure.kind].append(error_line(failure, raw, batch.arrived, now))
                oldest[failure.kind] = min(oldest.get(failure.kind, batch.arrived), batch.arrived)
        for kind, records in lines.items():
            key = self.naming.key(oldest[kind], error_type=kind.value)
            shipments.stage(self.folder, key, b"".join(records))


@dataclass(frozen=True)
class ObjectOutputs:
    """What a stream writes beside its destination, and the way of all its objects."""

    beside: Sequence[SideOutput]
    shipments: Shipments


def received(batch: Batch) -> bytes:
    """The lines of a batch as they were received; the last one has an end too."""
    text = bytes(batch.source)
    return text + b"\n" if text and not text.endswith(b"\n") else text
