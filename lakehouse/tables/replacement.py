"""A snapshot whose content replaces everything the table held: data and delete files alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    write_manifest,
)
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _SnapshotProducer


class Replacement(_SnapshotProducer["Replacement"]):
    """One `overwrite` snapshot: the given files are added, all others are marked as deleted.

    PyIceberg's own ways are `delete` then `append`, which is two snapshots (the first one empty,
    and visible to time travel) and keeps the position deletes that a MERGE left behind; and
    `overwrite`, which keeps them too. The retry after a conflict is PyIceberg's: a replacement
    does not depend on what it replaces, so it is repeated on whatever is there by then.
    """

    def __init__(
        self,
        transaction: Transaction,
        files: Iterable[DataFile],
        properties: Mapping[str, str],
    ) -> None:
        super().__init__(
            operation=Operation.OVERWRITE,
            transaction=transaction,
            io=transaction._table.io,
            snapshot_properties=dict(properties),
        )
        for file in files:
            self.append_data_file(file)

    @property
    def file_count(self) -> int:
        """How many files the table has after this."""
        return len(self._added_data_files)

    @property
    def row_count(self) -> int:
        """How many rows the table has after this."""
        return sum(file.record_count for file in self._added_data_files)

    def discard(self) -> None:
        """Remove the manifests written for a commit that did not happen."""
        self._clean_all_uncommitted()

    def _validate_concurrency(self) -> None:
        """Nothing to validate: no row of the old content is carried over."""

    def _build_delete_files_partition_predicate(self) -> None:
        """Nothing to prune: every manifest of the old content goes."""

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []  # they are written below, under the schema they were written with

    def _existing_manifests(self) -> list[ManifestFile]:
        """Manifests that record the end of every data file of the old content.

        Position deletes go with the manifests that named them, which are left out.
        """
        self._deleted_data_files = set()
        buried: dict[int, list[ManifestEntry]] = defaultdict(list)
        for entry in self._live_entries():
            self._deleted_data_files.add(entry.data_file)
            if entry.data_file.content == DataFileContent.DATA:
                buried[entry.data_file.spec_id].append(entry)
        return [self._bury(spec_id, entries) for spec_id, entries in buried.items()]

    def _live_entries(self) -> Iterable[ManifestEntry]:
        metadata = self._transaction.table_metadata
        old = self._parent_snapshot_id and metadata.snapshot_by_id(self._parent_snapshot_id)
        for manifest in old.manifests(self._io) if old else ():
            yield from manifest.fetch_manifest_entry(self._io, discard_deleted=True)

    def _bury(self, spec_id: int, entries: Iterable[ManifestEntry]) -> ManifestFile:
        metadata = self._transaction.table_metadata
        # The schema the table has without this transaction: a column that is the source of an
        # old partitioning may be gone from the new one.
        with write_manifest(
            format_version=metadata.format_version,
            spec=metadata.specs()[spec_id],
            schema=self._transaction._table.metadata.schema(),
            output_file=self.new_manifest_output(),
            snapshot_id=self._snapshot_id,
            avro_compression=self._compression,
        ) as writer:
            for entry in entries:
                writer.add_entry(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.DELETED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=entry.sequence_number,
                        file_sequence_number=entry.file_sequence_number,
                        data_file=entry.data_file,
                    )
                )
        return writer.to_manifest_file()
