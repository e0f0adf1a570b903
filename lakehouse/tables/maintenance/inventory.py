"""What the head of a table consists of: its live files, and which deletes apply to which."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pyiceberg.io import FileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestEntry,
    ManifestFile,
)
from pyiceberg.table.delete_file_index import DeleteFileIndex
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

# The rows of one partition under one partition spec.
Place: TypeAlias = tuple[int, Record]


@dataclass(frozen=True)
class LiveFile:
    """A data file, and the delete files that take rows from it."""

    file: DataFile
    sequence: int
    deletes: frozenset[DataFile]

    @property
    def place(self) -> Place:
        """The partition it belongs to."""
        return place_of(self.file)


@dataclass(frozen=True)
class Inventory:
    """The live entries of a snapshot, by the manifest that holds them."""

    manifests: tuple[tuple[ManifestFile, tuple[ManifestEntry, ...]], ...]
    files: tuple[LiveFile, ...]

    def unused_deletes(self, without: Iterable[str]) -> frozenset[DataFile]:
        """The delete files that take no row from any data file but those named."""
        gone = frozenset(without)
        used = {d for live in self.files if live.file.file_path not in gone for d in live.deletes}
        return frozenset(
            entry.data_file
            for _, entries in self.manifests
            for entry in entries
            if entry.data_file.content != DataFileContent.DATA and entry.data_file not in used
        )


def take_inventory(
    metadata: TableMetadata, io: FileIO, known: Inventory | None = None
) -> Inventory:
    """What the table's current snapshot consists of; nothing when it has none.

    Manifests never change: those of a `known` inventory are not read again.
    """
    snapshot = metadata.current_snapshot()
    read = {manifest.manifest_path: held for manifest, held in known.manifests} if known else {}
    manifests = tuple(
        (
            manifest,
            read.get(manifest.manifest_path)
            or tuple(manifest.fetch_manifest_entry(io, discard_deleted=True)),
        )
        for manifest in (snapshot.manifests(io) if snapshot else ())
    )
    entries = [entry for _, held in manifests for entry in held]
    data = [entry for entry in entries if entry.data_file.content == DataFileContent.DATA]
    deletes = _Deletes(
        metadata, (e for e in entries if e.data_file.content != DataFileContent.DATA)
    )
    return Inventory(
        manifests, tuple(LiveFile(e.data_file, _sequence(e), deletes.of(e)) for e in data)
    )


def place_of(file: DataFile) -> Place:
    """The partition a file belongs to."""
    return file.spec_id, file.partition


class _Deletes:
    """Which delete files apply: https://iceberg.apache.org/spec/#scan-planning."""

    def __init__(self, metadata: TableMetadata, entries: Iterable[ManifestEntry]) -> None:
        self._positions = DeleteFileIndex()
        self._equality: dict[Place | None, list[ManifestEntry]] = defaultdict(list)
        for entry in entries:
            file = entry.data_file
            if file.content == DataFileContent.POSITION_DELETES:
                self._positions.add_delete_file(entry, partition_key=file.partition)
            else:
                # Under a spec without partitions an equality delete holds for the whole table.
                everywhere = metadata.specs()[file.spec_id].is_unpartitioned()
                self._equality[None if everywhere else place_of(file)].append(entry)

    def of(self, entry: ManifestEntry) -> frozenset[DataFile]:
        file, sequence = entry.data_file, _sequence(entry)
        found = self._positions.for_data_file(sequence, file, partition_key=file.partition)
        equality = (*self._equality.get(None, ()), *self._equality.get(place_of(file), ()))
        return frozenset(found) | {e.data_file for e in equality if _sequence(e) > sequence}


def _sequence(entry: ManifestEntry) -> int:
    return entry.sequence_number or 0
