"""The files that a draft added to a table, removed when the draft is not published."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.typedef import Identifier

from lakehouse.catalog.locations import path_of
from lakehouse.catalog.purging import prune_folders
from lakehouse.catalog.sql import LakeSqlCatalog


@dataclass(frozen=True)
class Drafted:
    """A table of a draft: its metadata (None: dropped), and the base's (None: new)."""

    identifier: Identifier
    location: str | None
    base: str | None


def remove_draft_files(catalog: LakeSqlCatalog, table: Drafted) -> None:
    """Remove what was written since the base. Killed half-way, it goes on when it is called again.

    Where the base's own metadata is gone, nothing tells its files from the draft's: all of them
    stay, for the orphan sweep.
    """
    if table.location is None:
        return
    try:
        metadata = catalog.metadata_at(table.location)
        base = catalog.metadata_at(table.base) if table.base else None
    except FileNotFoundError:
        return
    io = catalog._load_file_io(metadata.properties, table.location)
    files = _content_of(io, metadata, base)
    _delete(io, [*files, *_metadata_of(table, metadata)])
    if root := path_of(metadata.location):
        if base is None:
            prune_folders(root)
        for folder in {path.parent for each in files if (path := path_of(each))}:
            _prune_upwards(folder, root)


def _content_of(io: FileIO, metadata: TableMetadata, base: TableMetadata | None) -> list[str]:
    """Data files, manifests and manifest lists that the base lacks, those that name others last."""
    known = {snapshot.snapshot_id for snapshot in base.snapshots} if base else set()
    fresh = {each.snapshot_id: each for each in metadata.snapshots if each.snapshot_id not in known}
    data: list[str] = []
    manifests: list[str] = []
    for snapshot in fresh.values():
        with suppress(FileNotFoundError):  # removed before the removal was killed
            for manifest, added in _manifests_of(io, snapshot, set(fresh)):
                manifests.append(manifest)
                data += added
    return [*data, *manifests, *(snapshot.manifest_list for snapshot in fresh.values())]


def _manifests_of(
    io: FileIO, snapshot: Snapshot, fresh: set[int]
) -> Iterable[tuple[str, list[str]]]:
    """The manifests of a snapshot that fresh ones wrote, with the data files each of them added."""
    for manifest in snapshot.manifests(io):
        if not manifest.added_snapshot_id or manifest.added_snapshot_id not in fresh:
            continue
        with suppress(FileNotFoundError):
            entries = manifest.fetch_manifest_entry(io, discard_deleted=True)
            added = [e.data_file for e in entries if e.status == ManifestEntryStatus.ADDED]
            yield manifest.manifest_path, [file.file_path for file in added]


def _metadata_of(table: Drafted, metadata: TableMetadata) -> list[str]:
    """The metadata files that came after the base's, the newest last."""
    log = [entry.metadata_file for entry in metadata.metadata_log]
    if table.base in log:
        log = log[log.index(table.base) + 1 :]
    return [*log, str(table.location)]


def _delete(io: FileIO, files: Iterable[str]) -> None:
    for file in files:
        with suppress(FileNotFoundError):
            io.delete(file)


def _prune_upwards(folder: Path, root: Path) -> None:
    while folder.parent != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:  # not empty, or gone already
            return
        folder = folder.parent
