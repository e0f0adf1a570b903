"""The commit that puts rewritten files in the place of old ones, whoever else commits meanwhile.

PyIceberg's overwrite fails against any concurrent append. This producer looks again at every
attempt: as long as the files it replaces are live, and no delete has come to apply to them, it
goes on top of whatever was committed. It works on internals of PyIceberg, which is why PyIceberg
is pinned exactly.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyiceberg.exceptions import ValidationException
from pyiceberg.io import OutputFile
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriter,
    ManifestWriterV2,
    write_manifest,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import (
    Operation,
    Summary,
    UpdateMetrics,
    update_snapshot_summaries,
)
from pyiceberg.table.update import UpdatesAndRequirements
from pyiceberg.table.update.snapshot import _new_manifest_list_file_name, _SnapshotProducer
from pyiceberg.typedef import EMPTY_DICT

from lakehouse.tables.checkpoints import carried_checkpoints
from lakehouse.tables.maintenance.inventory import Inventory, LiveFile, take_inventory

# Entries in a manifest: some 8 MB, Iceberg's own target (commit.manifest.target-size-bytes).
_ENTRIES = 10_000


@dataclass(frozen=True)
class Rewrite:
    """New files that hold the rows of old ones."""

    old: tuple[LiveFile, ...]
    new: tuple[DataFile, ...]


class SupersededError(ValidationException):
    """Nothing is left of what was to be committed: others have changed all of it."""


class RewriteFiles(_SnapshotProducer["RewriteFiles"]):
    """One `replace` snapshot: the same rows in other files, or the same files in other manifests.

    `done` are the rewrites that hold; those of files that others removed, or deleted rows from,
    are left out. `packed` manifests are small ones whose entries are put together. `writing` is
    told the location of each file before it is there.
    """

    def __init__(
        self,
        transaction: Transaction,
        rewrites: Iterable[Rewrite],
        notes: Mapping[str, str],
        packed: Iterable[str],
        writing: Callable[[str], None],
    ) -> None:
        super().__init__(
            operation=Operation.REPLACE,
            transaction=transaction,
            io=transaction._table.io,
            snapshot_properties={},
        )
        self._rewrites = tuple(rewrites)
        self._notes = dict(notes)
        self._packed = frozenset(packed)
        self._writing = writing
        self.done: tuple[Rewrite, ...] = ()
        self._inventory = Inventory((), ())
        self._gone: frozenset[str] = frozenset()
        self._carry_checkpoints()

    @property
    def added(self) -> tuple[DataFile, ...]:
        """The files that came."""
        return tuple(self._added_data_files)

    @property
    def removed(self) -> tuple[DataFile, ...]:
        """The data and delete files that went."""
        return tuple(self._deleted_data_files)

    def discard(self) -> None:
        """Remove the manifests written for a commit that will not be."""
        self._clean_all_uncommitted()

    def _carry_checkpoints(self) -> None:
        carried = carried_checkpoints(self._transaction.table_metadata)
        self.snapshot_properties = {**carried, **self._notes}

    def _refresh_for_retry(self) -> None:
        super()._refresh_for_retry()
        self._carry_checkpoints()

    def _validate_concurrency(self) -> None:
        """Nothing to validate yet: what still holds is found out when the manifests are written."""

    def _build_delete_files_partition_predicate(self) -> None:
        """Look at the head: which rewrites hold, and which deletes have nothing left to delete."""
        metadata = self._transaction.table_metadata
        self._inventory = take_inventory(metadata, self._io, self._inventory)
        present = {live.file.file_path: live.deletes for live in self._inventory.files}
        self.done = tuple(
            rewrite
            for rewrite in self._rewrites
            if all(present.get(old.file.file_path) == old.deletes for old in rewrite.old)
        )
        replaced = {old.file for rewrite in self.done for old in rewrite.old}
        unused = self._inventory.unused_deletes(file.file_path for file in replaced)
        manifests = {manifest.manifest_path for manifest, _ in self._inventory.manifests}
        if not self.done and not unused and not self._packed & manifests:
            raise SupersededError("everything was changed by others")
        self._added_data_files = [file for rewrite in self.done for file in rewrite.new]
        self._deleted_data_files = {*replaced, *unused}
        self._gone = frozenset(file.file_path for file in self._deleted_data_files)

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []  # written below, under a schema that knows the sources of their partitioning

    def _existing_manifests(self) -> list[ManifestFile]:
        """The manifests of the head, without what goes, and with small ones put together."""
        kept: list[ManifestFile] = []
        moved: dict[tuple[int, ManifestContent], list[ManifestEntry]] = defaultdict(list)
        for manifest, entries in self._inventory.manifests:
            touched = any(entry.data_file.file_path in self._gone for entry in entries)
            if entries and not touched and manifest.manifest_path not in self._packed:
                kept.append(manifest)
            else:
                moved[manifest.partition_spec_id, manifest.content] += entries
        for (spec_id, content), held in moved.items():
            kept += self._rewritten(spec_id, content, held)
        return kept

    def _rewritten(
        self, spec_id: int, content: ManifestContent, entries: Sequence[ManifestEntry]
    ) -> list[ManifestFile]:
        """Manifests of what stays, and one of what goes: readers pass it by."""
        gone = [e for e in entries if e.data_file.file_path in self._gone]
        live = [e for e in entries if e.data_file.file_path not in self._gone]
        # Files of a partition stand together, so that a query on it opens few manifests.
        live.sort(key=lambda e: (repr(e.data_file.partition), e.sequence_number or 0))
        parts = [live[n : n + _ENTRIES] for n in range(0, len(live), _ENTRIES)]
        written = [self._write(spec_id, content, p, ManifestEntryStatus.EXISTING) for p in parts]
        if gone:
            written.append(self._write(spec_id, content, gone, ManifestEntryStatus.DELETED))
        return written

    def _write(
        self,
        spec_id: int,
        content: ManifestContent,
        entries: Sequence[ManifestEntry],
        status: ManifestEntryStatus,
    ) -> ManifestFile:
        deleted = status == ManifestEntryStatus.DELETED
        with self.new_manifest_writer(self.spec(spec_id), content) as writer:
            for entry in entries:
                writer.add_entry(
                    ManifestEntry.from_args(
                        status=status,
                        snapshot_id=self._snapshot_id if deleted else entry.snapshot_id,
                        sequence_number=entry.sequence_number,
                        file_sequence_number=entry.file_sequence_number,
                        data_file=entry.data_file,
                    )
                )
        return writer.to_manifest_file()

    def new_manifest_writer(
        self, spec: PartitionSpec, content: ManifestContent = ManifestContent.DATA
    ) -> ManifestWriter:
        """PyIceberg's, for delete files too, and for partitionings by columns that are gone."""
        metadata = self._transaction.table_metadata
        schema = _schema_of(spec, metadata)
        if content == ManifestContent.DATA:
            return write_manifest(
                metadata.format_version,
                spec,
                schema,
                self.new_manifest_output(),
                self._snapshot_id,
                self._compression,
            )
        return _DeletesWriter(
            spec, schema, self.new_manifest_output(), self._snapshot_id, self._compression
        )

    def new_manifest_output(self) -> OutputFile:
        """PyIceberg's, announced."""
        output = super().new_manifest_output()
        self._writing(output.location)
        return output

    def _commit(self) -> UpdatesAndRequirements:
        # The name that PyIceberg gives the manifest list.
        name = _new_manifest_list_file_name(self._snapshot_id, 0, self.commit_uuid)
        provider = self._transaction._table.location_provider()
        self._writing(provider.new_metadata_location(name))
        return super()._commit()

    def _summary(self, snapshot_properties: Mapping[str, str] = EMPTY_DICT) -> Summary:
        """PyIceberg's, which knows no `replace` and no partitionings by columns that are gone."""
        metrics = UpdateMetrics()
        for file in self._added_data_files:
            metrics.add_file(file)
        for file in self._deleted_data_files:
            metrics.remove_file(file)
        parent = self._transaction.table_metadata.current_snapshot()
        summary = update_snapshot_summaries(
            Summary(Operation.OVERWRITE, **metrics.to_dict(), **snapshot_properties),
            parent.summary if parent else None,
        )
        return Summary(Operation.REPLACE, **summary.additional_properties)


class _DeletesWriter(ManifestWriterV2):
    """A manifest of delete files, which PyIceberg does not write."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def _schema_of(spec: PartitionSpec, metadata: TableMetadata) -> Schema:
    """The newest schema that has all the columns the table is partitioned by under `spec`."""
    sources = {field.source_id for field in spec.fields}
    for schema in (metadata.schema(), *reversed(metadata.schemas)):
        if sources <= {*schema.field_ids}:
            return schema
    return metadata.schema()
