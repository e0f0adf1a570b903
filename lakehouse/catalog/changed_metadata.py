"""Table metadata with changes applied, as PyIceberg applies them, without its copy.

PyIceberg copies the result deeply, every snapshot with its summary, several times a commit: a
third of what a commit takes. Nothing needs the copy: metadata is frozen, and a change makes new
lists.
"""

import time
from collections.abc import Sequence

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import (
    TableUpdate,
    _apply_table_update,
    _TableMetadataUpdateContext,
    _update_table_metadata_log,
)


def changed_metadata(
    base: TableMetadata, updates: Sequence[TableUpdate], location: str | None = None
) -> TableMetadata:
    """The metadata after the updates; its log tells the `location` of the base, if there is one.

    Raises ValueError for an update that makes no sense. See PyIceberg's `update_table_metadata`.
    """
    context = _TableMetadataUpdateContext()
    changed = base
    for update in updates:
        changed = _apply_table_update(update, changed, context)
    if context.has_changes():
        if location:
            changed = _update_table_metadata_log(changed, location, base.last_updated_ms)
        if base.last_updated_ms == changed.last_updated_ms:
            now = time.time_ns() // 1_000_000
            changed = changed.model_copy(update={"last_updated_ms": now})
    changed.spec().check_compatible(changed.schema())
    changed.sort_order().check_compatible(changed.schema())
    return changed
