"""Parsed lines as rows of the landing tables: where each came from, and when it was delivered."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow

from ingest.log_reader import Batch
from ingest.screening import Numbers
from lakehouse.tables.landing import REJECTS_SCHEMA


def landed_rows(batch: Batch, first_record: int, sequence: int) -> pa.Table:
    """The batch's records, as rows of `landing.order_lines`.

    `first_record` is the record id of the batch's first line, `sequence` that of the delivery.
    """
    lines = batch.parsed.lines
    lines = np.arange(batch.parsed.count) if lines is None else lines
    return with_lineage(batch.parsed.rows, lines, batch, first_record, sequence)


def with_lineage(
    rows: pa.Table, lines: Numbers, batch: Batch, first_record: int, sequence: int
) -> pa.Table:
    """Rows of a batch with the columns that tell where they are from; `lines` are their indices."""
    first_file = pa.array(np.zeros(len(lines), dtype=np.int32))
    lineage = {
        "record_id": pa.array(lines + first_record),
        "source_file": pa.DictionaryArray.from_arrays(first_file, [batch.log]),
        "source_line": pa.array(lines + batch.first_line),
        "ingest_seq": pa.array(np.full(len(lines), sequence)),
    }
    for name, values in lineage.items():
        rows = rows.append_column(name, values)
    return rows


def rejected_rows(
    batches: Sequence[tuple[Batch, int]], stream: str, sequence: int
) -> pa.Table | None:
    """The rejects of batches, each given with its first record id, as rows of `landing.rejects`.

    None when there are none.
    """
    rejects = [
        (batch, first_record, reject)
        for batch, first_record in batches
        for reject in batch.parsed.rejects
    ]
    if not rejects:
        return None
    columns = {
        "stream": [stream] * len(rejects),
        "record_id": [first_record + reject.line for _, first_record, reject in rejects],
        "source_file": [batch.log for batch, _, _ in rejects],
        "source_line": [batch.first_line + reject.line for batch, _, reject in rejects],
        "ingest_seq": [sequence] * len(rejects),
        "reason": [reject.reason.value for _, _, reject in rejects],
        "detail": [reject.detail for _, _, reject in rejects],
        "raw": [reject.raw for _, _, reject in rejects],
    }
    return pa.table(columns, schema=schema_to_pyarrow(REJECTS_SCHEMA))
