"""What was published when: a row in `ops.publications` for each table of each publication."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier

from lakehouse.catalog.draft_files import Drafted
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.publishing import discard_table, publish
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.ops import PUBLICATIONS, PUBLICATIONS_SCHEMA


@dataclass(frozen=True)
class Publication:
    """What went public together: its number (from 1), when (UTC), and which tables."""

    number: int
    published_at: datetime
    tables: tuple[str, ...]


def publish_draft(
    draft: DraftCatalog, run: str, now: datetime, count: Callable[[Identifier], int]
) -> Publication | None:
    """Publish an open draft, and enter it in the ledger by the same transaction.

    `count` gives the rows of a drafted table, `now` the time with its zone. The draft is closed.
    Returns None when it changed nothing. Raises CatalogError when somebody else changed one of
    the tables meanwhile; then nothing is published.
    """
    tables = [each for each in draft.drafted() if each.identifier != PUBLICATIONS]
    if not tables:
        draft.close()
        return None
    rows = [_row(draft, each, count) for each in tables]
    ledger = _ledger(draft)
    numbers = ledger.scan(selected_fields=("publication_id",)).to_arrow()[0].to_pylist()
    number = max(numbers, default=0) + 1
    entry = {"publication_id": number, "published_at": now, "run": run}
    ledger.append(pa.Table.from_pylist([row | entry for row in rows], ledger.schema().as_arrow()))
    publish(draft)
    return Publication(number, now, tuple(".".join(each.identifier) for each in tables))


def _ledger(draft: DraftCatalog) -> Table:
    """The ledger as it is published now, whatever an attempt before this one drafted."""
    for each in draft.drafted():
        if each.identifier == PUBLICATIONS:
            discard_table(draft, each)
    draft.renew(PUBLICATIONS)
    return ensure_table(draft, PUBLICATIONS, PUBLICATIONS_SCHEMA)


def _row(
    draft: DraftCatalog, table: Drafted, count: Callable[[Identifier], int]
) -> dict[str, str | int | None]:
    return {
        "table_name": ".".join(table.identifier),
        "snapshot_before": _snapshot_at(draft, table.base),
        "snapshot_id": _snapshot_at(draft, table.location),
        "row_count": count(table.identifier) if table.location else None,
    }


def _snapshot_at(draft: DraftCatalog, location: str | None) -> int | None:
    return draft.metadata_at(location).current_snapshot_id if location else None
