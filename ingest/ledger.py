"""The ledger of deliveries: what each one did, as rows of `ops.deliveries`.

A delivery's checkpoint keeps its receipt, whatever becomes of its snapshot. The ledger is written
after the delivery and before the next one: that of an ingester which was killed in between is
entered by the next ingester.
"""

import json

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow

from ingest.bookmarks import Checkpoint, Receipt
from ingest.destinations import Destination
from lakehouse.errors import LockedError
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.checkpoints import highest_sequence, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.expiry import History
from lakehouse.tables.fenced_append import Append, append_fenced
from lakehouse.tables.growth import conform, grow
from lakehouse.tables.ops import DELIVERIES, DELIVERIES_SCHEMA


class Ledger:
    """The rows of `ops.deliveries`; each stream's have a fence of their own."""

    def __init__(self, catalog: Catalog, history: History) -> None:
        self._table = ensure_table(catalog, DELIVERIES, DELIVERIES_SCHEMA)
        self._history = history
        # Older ones lack what was not counted then.
        grow(self._table, {field.name: field.field_type for field in DELIVERIES_SCHEMA.fields})

    def enter(self, stream: str, destination: Destination) -> bool:
        """Enter the stream's last delivery, unless that was done; whether it was to be."""
        checkpoint = destination.checkpoint
        if checkpoint.receipt is None or self._has(stream, checkpoint):
            return False
        row = _row(stream, checkpoint, checkpoint.receipt, destination.snapshot_id)
        rows = pa.Table.from_pylist([row], schema=schema_to_pyarrow(DELIVERIES_SCHEMA))
        files = write_data_files(self._table, conform(rows, self._table.schema()), stream)
        base = read_checkpoint(self._table.metadata, stream)
        number = checkpoint.sequence
        try:
            append_fenced(
                Append(self._table, files, stream, base, str(number), number, history=self._history)
            )
        except LockedError:
            # Another ingester of the stream has just entered it.
            remove_files(self._table, [file.file_path for file in files])
            return False
        return True

    def _has(self, stream: str, checkpoint: Checkpoint) -> bool:
        return highest_sequence(self._table.metadata, stream) >= checkpoint.sequence


def _row(
    stream: str, checkpoint: Checkpoint, receipt: Receipt, snapshot_id: int | None
) -> dict[str, object]:
    return {
        "stream": stream,
        "sequence": checkpoint.sequence,
        "committed_at": receipt.committed_ms * 1000,
        "lines": receipt.lines,
        "landed": receipt.landed,
        "rejected": sum(receipt.rejected.values()),
        "dropped": receipt.dropped,
        "reasons": json.dumps(receipt.rejected),
        "base_sequence": receipt.base,
        "moves": receipt.moves_json(),
        "snapshot_id": snapshot_id,
        "lag_bytes": receipt.lag and receipt.lag.bytes,
        "lag_logs": receipt.lag and receipt.lag.logs,
        "lag_seconds": receipt.lag and receipt.lag.seconds,
    }
