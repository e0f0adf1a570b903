"""What maintenance did, as rows of `ops.maintenance`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow

from lakehouse.tables.creation import ensure_table
from lakehouse.tables.maintenance.site import Action
from lakehouse.tables.ops import MAINTENANCE, MAINTENANCE_SCHEMA


def record(catalog: Catalog, run_id: str, actions: Sequence[Action]) -> None:
    """Enter the actions of a run, each of which was done."""
    if not actions:
        return
    rows = [
        asdict(each) | {"run_id": run_id, "started_at": each.started_at.replace(tzinfo=UTC)}
        for each in actions
    ]
    schema = schema_to_pyarrow(MAINTENANCE_SCHEMA, include_field_ids=False)
    table = ensure_table(catalog, MAINTENANCE, MAINTENANCE_SCHEMA)
    table.append(pa.Table.from_pylist(rows, schema=schema))
