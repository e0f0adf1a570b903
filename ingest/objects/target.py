"""Objects as the destination of a stream: records in files below a folder.

Which objects there are is told by `ops.objects`, whose snapshots carry the stream's checkpoint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from ingest.error_records import ErrorType, Failure
from ingest.log_reader import Batch
from ingest.objects.compression import Compression
from ingest.objects.naming import Naming
from ingest.objects.partitions import Keys, PartitionError, Partitioning
from ingest.objects.shipments import Shipments
from ingest.objects.side_outputs import received
from ingest.rejects import Reason, Reject, readable
from ingest.screening import Block
from ingest.targets import Numbered
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.fenced_append import Append
from lakehouse.tables.ops import OBJECTS_SCHEMA

# Firehose's default quota.
MOST_PARTITIONS = 500

Row: TypeAlias = dict[str, object]


@dataclass
class _Object:
    """An object in the making."""

    key: str
    oldest: datetime
    records: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class ObjectLayout:
    """Where a stream's objects lie, what they are called, and how records lie in them."""

    folder: Path
    naming: Naming
    compression: Compression
    delimiter: bytes
    partitioning: Partitioning

    def content(self, records: Sequence[bytes]) -> bytes:
        """The records one after the other; a delimiter follows each that has none."""
        delimiter = self.delimiter
        return b"".join(r if r.endswith(delimiter) else r + delimiter for r in records)


class ObjectTarget:
    """Puts records into objects, one for each partition that a delivery has records of."""

    gradual = False

    def __init__(self, table: Table, layout: ObjectLayout) -> None:
        self._table = table
        self._layout = layout
        self._rows: list[Row] = []
        self._files: list[str] = []
        self._active: set[Keys] = set()

    @property
    def tables(self) -> Sequence[Table]:
        """`ops.objects`."""
        return [self._table]

    def ahead(self, sequence: int) -> Sequence[Table]:
        """None: objects are published after the commit."""
        return []

    def write(
        self, batches: Sequence[Numbered], stream: str, sequence: int, shipments: Shipments
    ) -> Sequence[tuple[Reject, ...]]:
        """Stage the objects of the batches, one a partition."""
        objects: dict[Keys, _Object] = {}
        refused = [tuple(self._place(batch, objects)) for batch, _ in batches]
        layout = self._layout
        for each in objects.values():
            content = layout.compression.compress(layout.content(each.records))
            shipments.stage(layout.folder, each.key, content)
            self._rows.append(_row(each, stream, sequence, layout.folder, len(content)))
        return refused

    def appends(self, stream: str, base: str | None, text: str, sequence: int) -> list[Append]:
        """What objects there are, and the checkpoint."""
        rows = pa.Table.from_pylist(self._rows, schema=schema_to_pyarrow(OBJECTS_SCHEMA))
        files = write_data_files(self._table, rows, f"{stream}-{sequence:08d}") if rows else []
        self._files += [file.file_path for file in files]
        return [Append(self._table, files, stream, base, text, sequence)]

    def forget(self) -> None:
        """Nothing is staged any more; all partitions are delivered."""
        self._rows, self._files = [], []
        self._active = set()

    def discard(self) -> None:
        """Remove what `appends` has written; the objects are the shipment's."""
        remove_files(self._table, self._files)
        self.forget()

    def _place(self, batch: Batch, objects: dict[Keys, _Object]) -> list[Reject]:
        """Put the batch's records into their objects; those that belong to none."""
        lines = batch.parsed.lines
        records: list[bytes] = batch.parsed.rows["record"].to_pylist()
        refused: list[Reject] = []
        source = Block(received(batch))
        for place, record in enumerate(records):
            line = place if lines is None else int(lines[place])
            try:
                keys = self._layout.partitioning.keys(record, batch.metadata.get(line))
                self._object(keys, batch.arrived, objects).records.append(record)
            except PartitionError as e:
                refused.append(_reject(line, source.line(line), e))
        return refused

    def _object(self, keys: Keys, arrived: datetime, objects: dict[Keys, _Object]) -> _Object:
        """The object of a partition. Raises PartitionError when there can't be one."""
        if keys not in objects:
            if keys not in self._active and len(self._active) >= MOST_PARTITIONS:
                message = f"more than {MOST_PARTITIONS} active partitions"
                raise PartitionError(message, ErrorType.PARTITIONS)
            try:
                key = self._layout.naming.key(
                    arrived, from_query=dict(keys.query), from_transform=dict(keys.transform)
                )
            except ValueError as e:
                raise PartitionError(str(e)) from e
            self._active.add(keys)
            objects[keys] = _Object(key, arrived)
        return objects[keys]


def _reject(line: int, record: bytes, error: PartitionError) -> Reject:
    failure = Failure(error.kind, error.code, str(error))
    many = error.kind is ErrorType.PARTITIONS
    reason = Reason.TOO_MANY_PARTITIONS if many else Reason.NO_PARTITION_KEY
    return Reject(line, reason, str(error), readable(record), failure)


def _row(made: _Object, stream: str, sequence: int, folder: Path, size: int) -> Row:
    values: Mapping[str, object] = {
        "stream": stream,
        "sequence": sequence,
        "folder": str(folder),
        "key": made.key,
        "records": len(made.records),
        "bytes": size,
        "oldest_at": made.oldest,
    }
    return dict(values)
