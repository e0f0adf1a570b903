"""Rows of an earlier snapshot under the bookmarks of today."""

from collections.abc import Mapping

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.manifest import DataFile, ManifestEntry, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import (
    Operation,
    Snapshot,
    Summary,
    UpdateMetrics,
    update_snapshot_summaries,
)
from pyiceberg.table.update.snapshot import _SnapshotProducer
from pyiceberg.typedef import EMPTY_DICT

from lakehouse.tables.checkpoints import carried_checkpoints
from lakehouse.tables.lean_transaction import LeanTransaction


def restore_rows(table: Table, target: Snapshot) -> int:
    """Commit a snapshot that has the rows of an earlier one, and the table's bookmarks as they are.

    Returns its id. Raises CommitFailedException when somebody else commits at the same time: what
    they committed would be taken back unseen.
    """
    transaction = LeanTransaction(table)
    producer = _Restored(transaction, target)
    try:
        producer.commit()
        transaction.commit_transaction()
    except ValidationException as e:
        raise CommitFailedException(str(e)) from e
    return producer.snapshot_id


class _Restored(_SnapshotProducer["_Restored"]):
    """An `overwrite` snapshot made of the manifests of another."""

    def __init__(self, transaction: Transaction, target: Snapshot) -> None:
        super().__init__(
            operation=Operation.OVERWRITE,
            transaction=transaction,
            io=transaction._table.io,
            snapshot_properties={
                **carried_checkpoints(transaction.table_metadata),
                "lakehouse.restored": str(target.snapshot_id),
            },
        )
        self._target = target

    def _validate_concurrency(self) -> None:
        raise ValidationException("somebody else has committed meanwhile")

    def _build_delete_files_partition_predicate(self) -> None:
        """Nothing to prune: all manifests are another snapshot's."""

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []

    def _existing_manifests(self) -> list[ManifestFile]:
        return self._target.manifests(self._io)

    def _summary(self, snapshot_properties: Mapping[str, str] = EMPTY_DICT) -> Summary:
        head = self._transaction.table_metadata.current_snapshot()
        before, after = self._files(head), self._files(self._target)
        metrics = UpdateMetrics()
        for file in after - before:
            metrics.add_file(file)
        for file in before - after:
            metrics.remove_file(file)
        return update_snapshot_summaries(
            Summary(Operation.OVERWRITE, **metrics.to_dict(), **snapshot_properties),
            head.summary if head else None,
        )

    def _files(self, snapshot: Snapshot | None) -> set[DataFile]:
        return {
            entry.data_file
            for manifest in (snapshot.manifests(self._io) if snapshot else ())
            for entry in manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        }
