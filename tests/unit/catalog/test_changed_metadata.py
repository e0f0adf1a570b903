"""Changes to metadata are those of PyIceberg, which copies it."""

from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.table.update import (
    AssertTableUUID,
    RemovePropertiesUpdate,
    RemoveSnapshotsUpdate,
    SetPropertiesUpdate,
    SetSnapshotRefUpdate,
    TableUpdate,
    update_table_metadata,
)
from pyiceberg.types import LongType, NestedField

from lakehouse.catalog import open_catalog
from lakehouse.catalog.changed_metadata import changed_metadata
from lakehouse.config import load_settings


def test_changes_are_those_of_pyiceberg_and_leave_the_base_alone(tmp_path: Path) -> None:
    with open_catalog(load_settings(folder=tmp_path, environment={})) as catalog:
        catalog.create_namespace("n")
        table = catalog.create_table("n.t", Schema(NestedField(1, "a", LongType())))
        for n in range(3):
            table.append(pa.table({"a": [n]}))
        base, location = table.metadata, table.metadata_location
        oldest = base.snapshots[0].snapshot_id
        updates: tuple[TableUpdate, ...] = (
            SetPropertiesUpdate(updates={"x": "1", "y": "2"}),
            RemovePropertiesUpdate(removals=["x"]),
            SetSnapshotRefUpdate.model_validate(
                {"ref-name": "kept", "type": "tag", "snapshot-id": base.snapshots[1].snapshot_id}
            ),
            RemoveSnapshotsUpdate.model_validate({"snapshot-ids": [oldest]}),
        )
        before = base.model_dump_json()

        ours = changed_metadata(base, updates, location)

        theirs = update_table_metadata(base, updates, metadata_location=location)
        stamped = {"last_updated_ms": ours.last_updated_ms}
        assert ours == theirs.model_copy(update=stamped)
        assert ours.last_updated_ms >= base.last_updated_ms
        assert base.model_dump_json() == before
        assert changed_metadata(base, ()) is base
        with pytest.raises(ValueError, match="does not exist"):
            changed_metadata(ours, (updates[-1],))
        # What is committed is what is read again.
        table.transaction().set_properties(z="3").commit_transaction()
        assert catalog.load_table("n.t").metadata == table.metadata
        with pytest.raises(CommitFailedException):
            catalog.commit_table(table, (AssertTableUUID(uuid=uuid4()),), (updates[0],))
