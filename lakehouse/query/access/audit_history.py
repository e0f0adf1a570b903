"""The journal of who asked what, carried over to the table ops.audit in batches.

An entry is carried over once: one whose process was killed between its commit and the journal's
is found in the table by its id.
"""

import json
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import MonthTransform

from lakehouse.config import Settings
from lakehouse.errors import LockedError
from lakehouse.locks import home_lock
from lakehouse.query.access.audit import AuditJournal, Entry
from lakehouse.tables.access import AUDIT, AUDIT_SCHEMA
from lakehouse.tables.carried_once import append_unknown
from lakehouse.tables.creation import ensure_table

_BATCH = 10_000
_SPEC = PartitionSpec(PartitionField(2, 1000, MonthTransform(), "asked_month"))


def carry_over_audit(settings: Settings, catalog: Catalog) -> int:
    """Carry over what waits, if anybody ever asked; returns how many entries were.

    What is older than `query.retention` is forgotten then by the journal; the table keeps it.
    0 also when another process is at it. Raises CatalogError.
    """
    count = 0
    with closing(AuditJournal(settings.home)) as journal, suppress(LockedError):
        if not journal.exists:
            return 0
        with home_lock(settings.home, "audit", "carrying over the audit of"):
            while batch := journal.to_carry(_BATCH):
                table = ensure_table(catalog, AUDIT, AUDIT_SCHEMA, _SPEC)
                count += append_unknown(table, [_row(each) for each in batch], "asked_at")
                journal.carried(batch)
            journal.forget(datetime.now(UTC) - settings.query.retention)
    return count


def _row(entry: Entry) -> dict[str, object]:
    return {**asdict(entry), "groups": json.dumps(entry.groups), "tables": json.dumps(entry.tables)}
