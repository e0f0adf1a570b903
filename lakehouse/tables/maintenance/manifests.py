"""Many small manifests become few, and spent ones go: a query opens each before it reads a row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyiceberg.manifest import ManifestContent, ManifestFile

from lakehouse.tables.maintenance.compaction import commit
from lakehouse.tables.maintenance.site import Action, Heap, Site

# Iceberg's own target (commit.manifest.target-size-bytes) is 8 MB.
_SMALL_BYTES = 6 << 20
_MOST = 8
# Entries of files that are gone which may stay: a query reads them all, to pass them by.
_MOST_SPENT = 100


def pack_manifests(site: Site) -> Iterator[Action]:
    """Put small manifests together where there are many, and let go of those of gone files."""
    if site.table.metadata.format_version > 2:
        return  # PyIceberg can't write them
    head = site.table.current_snapshot()
    manifests = head.manifests(site.table.io) if head else []
    spent = _spent(manifests)
    crowded = _crowded(manifest for manifest in manifests if manifest not in spent)
    if not crowded and not spent:
        return
    counts = {"small manifests": len(crowded), "manifests of files that are gone": len(spent)}
    reason = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    before = Heap.of(manifest.manifest_length for manifest in (*crowded, *spent))
    action = site.planned("manifests", reason, before)
    if site.order.dry_run:
        yield action
        return
    paths = [manifest.manifest_path for manifest in (*crowded, *spent)]
    committed = commit(site, "manifests", packed=paths)
    snapshot = committed and site.table.metadata.snapshot_by_id(committed.snapshot_id)
    if snapshot:
        lengths = (
            manifest.manifest_length
            for manifest in snapshot.manifests(site.table.io)
            if manifest.added_snapshot_id == snapshot.snapshot_id
        )
        yield site.done(action, before, Heap.of(lengths))


def _crowded(manifests: Iterable[ManifestFile]) -> list[ManifestFile]:
    small: dict[tuple[int, ManifestContent], list[ManifestFile]] = defaultdict(list)
    for manifest in manifests:
        if manifest.manifest_length < _SMALL_BYTES:
            small[manifest.partition_spec_id, manifest.content].append(manifest)
    return [manifest for each in small.values() if len(each) > _MOST for manifest in each]


def _spent(manifests: Iterable[ManifestFile]) -> list[ManifestFile]:
    """The manifests without a live file, when they list many that are gone.

    A snapshot tells which files it removed, and the ones after it need not. PyIceberg's appends
    leave such manifests out; a table that is only read keeps them until it is put in order.
    """
    spent = [
        manifest
        for manifest in manifests
        if manifest.added_files_count == 0 and manifest.existing_files_count == 0
    ]
    gone = sum(manifest.deleted_files_count or 0 for manifest in spent)
    return spent if gone > _MOST_SPENT else []
