"""Rows that a journal hands to a table, each once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.table import Table


def append_unknown(table: Table, rows: Sequence[Mapping[str, object]], moment: str) -> int:
    """Append the rows whose `id` the table does not have; returns how many they were.

    `moment` is the column with a time that a row keeps for ever: it bounds where the others are
    looked for. So a process that is killed between its commit and the journal's doubles nothing.
    """
    times = [time for row in rows if isinstance(time := row[moment], datetime)]
    last = max(times) + timedelta(microseconds=1)
    within = f"{moment} >= '{min(times).isoformat()}' AND {moment} <= '{last.isoformat()}'"
    found = table.scan(row_filter=within, selected_fields=("id",)).to_arrow()
    known = set(found["id"].to_pylist())
    new = [dict(row) for row in rows if row["id"] not in known]
    if new:
        table.append(pa.Table.from_pylist(new, table.schema().as_arrow()))
    return len(new)
