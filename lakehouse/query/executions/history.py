"""The history of executions: carried over from the journal to ops.query_executions, in batches.

A commit to an Iceberg table costs a hundred times what the journal's does, so it is made for many
executions at once: by a build, by maintenance, by `lakehouse queries sync`, and by a session that
ends and finds many waiting. An execution is carried over once: one that was killed between its
commit and the journal's is found in the table by its id.
"""

import json
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import MonthTransform

from lakehouse.config import Settings
from lakehouse.errors import LakehouseError, LockedError
from lakehouse.locks import home_lock
from lakehouse.query.executions.journal import FILE, FOLDER, Journal
from lakehouse.query.executions.kept import place_of
from lakehouse.query.executions.records import Execution
from lakehouse.tables.carried_once import append_unknown
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.ops import QUERY_EXECUTIONS, QUERY_EXECUTIONS_SCHEMA

# So many waiting are carried over by the session that ends.
MANY = 500
_BATCH = 10_000
_SPEC = PartitionSpec(PartitionField(2, 1000, MonthTransform(), "submitted_month"))


def carry_over(settings: Settings, catalog: Catalog, journal: Journal) -> int:
    """Carry over what has ended; returns how many executions were.

    What is older than `query.retention` is forgotten then by the journal, with its result; the
    table keeps it. Raises LockedError when another process is at it, and CatalogError.
    """
    journal.bury()
    count = 0
    with home_lock(settings.home, "queries", "carrying over the query executions of"):
        while batch := journal.to_carry(_BATCH):
            table = ensure_table(catalog, QUERY_EXECUTIONS, QUERY_EXECUTIONS_SCHEMA, _SPEC)
            count += append_unknown(table, [_row(each) for each in batch], "submitted_at")
            journal.carried(batch)
        for forgotten in journal.forget(datetime.now(UTC) - settings.query.retention):
            if not forgotten.reused:
                place_of(forgotten).remove()
    return count


def carry_over_waiting(settings: Settings, catalog: Catalog) -> int:
    """Carry over what waits, if anything was ever executed in the home.

    Returns how many executions were; 0 also when another process is at it. Raises CatalogError.
    """
    if not (settings.home / FOLDER / FILE).exists():
        return 0
    with closing(Journal(settings.home / FOLDER)) as journal, suppress(LockedError):
        return carry_over(settings, catalog, journal)
    return 0


def carry_over_if_many(settings: Settings, journal: Journal) -> None:
    """The same if many wait, for a session that ends: what can't be done now waits on."""
    if journal.waiting() < MANY:
        return
    from lakehouse.catalog import open_catalog  # noqa: PLC0415 - only now it is needed

    with suppress(LockedError, LakehouseError), open_catalog(settings, create=False) as catalog:
        carry_over(settings, catalog, journal)


def _row(execution: Execution) -> dict[str, object]:
    tables = [asdict(table) for table in execution.tables]
    names = (
        "id", "submitted_at", "started_at", "ended_at", "workgroup", "dialect", "database", "kind",
        "sql", "bytes_scanned", "files_scanned", "error_code", "error", "result_id", "cost",
    )  # fmt: skip
    return {
        **{name: getattr(execution, name) for name in names},
        "state": execution.state.value,
        "parameters": json.dumps(execution.parameters),
        "row_count": execution.rows,
        "tables": json.dumps(tables),
        "views": json.dumps(sorted(execution.views or {})),
    }
