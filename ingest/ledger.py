"""The ledger of deliveries: what each one brought, as rows of `ops.deliveries`.

A delivery is one snapshot of its table, and that snapshot tells everything about it. The ledger is
written after it from what the snapshots say: a delivery that was not entered because the ingester
was killed is entered by the next one.
"""

from collections.abc import Iterator

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table.metadata import TableMetadata

from ingest.bookmarks import Checkpoint
from lakehouse.errors import LockedError
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.checkpoints import checkpoints, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.fenced_append import Append, append_fenced
from lakehouse.tables.growth import conform, grow
from lakehouse.tables.ops import DELIVERIES, DELIVERIES_SCHEMA

_STREAM = "deliveries"
_ATTEMPTS = 20


def enter_deliveries(stream: str, table: tuple[str, str], catalog: Catalog) -> int:
    """Enter what the stream delivered to its table and the ledger does not have; how many.

    A delivery whose snapshot has expired before it was entered stays out. Raises LockedError when
    other processes enter deliveries all the time.
    """
    ledger = ensure_table(catalog, DELIVERIES, DELIVERIES_SCHEMA)
    # Older ones lack what was not counted then.
    grow(ledger, {field.name: field.field_type for field in DELIVERIES_SCHEMA.fields})
    deliveries = list(_deliveries(stream, catalog.load_table(table).metadata))
    for attempt in range(_ATTEMPTS):
        base = read_checkpoint(ledger.metadata, _STREAM)
        entered = set(ledger.scan(selected_fields=("snapshot_id",)).to_arrow()[0].to_pylist())
        new = [row for row in deliveries if row["snapshot_id"] not in entered]
        if not new:
            return 0
        rows = pa.Table.from_pylist(new, schema=schema_to_pyarrow(DELIVERIES_SCHEMA))
        files = write_data_files(ledger, conform(rows, ledger.schema()), _STREAM)
        entry = int(base or 0) + 1
        try:
            append_fenced(Append(ledger, files, _STREAM, base, str(entry), entry))
        except LockedError:
            # Another stream has entered its own meanwhile.
            remove_files(ledger, [file.file_path for file in files])
            ledger.refresh()
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    return len(new)


def _deliveries(stream: str, metadata: TableMetadata) -> Iterator[dict[str, object]]:
    """The deliveries that the table's snapshots tell of, the oldest first."""
    before = Checkpoint()
    for snapshot, text in reversed(list(checkpoints(metadata, stream))):
        checkpoint = Checkpoint.from_json(text)
        # Snapshots that carry a checkpoint on, or claim it, deliver nothing.
        if checkpoint.sequence == before.sequence + 1:
            lines = checkpoint.next_record_id - before.next_record_id
            landed = checkpoint.landed - before.landed
            dropped = checkpoint.dropped - before.dropped
            yield {
                "stream": stream,
                "sequence": checkpoint.sequence,
                "committed_at": snapshot.timestamp_ms * 1000,
                "lines": lines,
                "landed": landed,
                "rejected": lines - landed - dropped,
                "dropped": dropped,
                "snapshot_id": snapshot.snapshot_id,
            }
        before = checkpoint
