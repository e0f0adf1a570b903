"""Many small manifests become few: a query opens each of them before it reads a row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyiceberg.manifest import ManifestContent, ManifestFile

from lakehouse.tables.maintenance.compaction import commit
from lakehouse.tables.maintenance.site import Action, Heap, Site

# Iceberg's own target (commit.manifest.target-size-bytes) is 8 MB.
_SMALL_BYTES = 6 << 20
_MOST = 8


def pack_manifests(site: Site) -> Iterator[Action]:
    """Put small manifests together, where a partitioning has more than a few of them."""
    if site.table.metadata.format_version > 2:
        return  # PyIceberg can't write them
    head = site.table.current_snapshot()
    crowded = _crowded(head.manifests(site.table.io) if head else ())
    if not crowded:
        return
    before = Heap.of(manifest.manifest_length for manifest in crowded)
    action = site.planned("manifests", f"{len(crowded):,} small manifests", before)
    if site.order.dry_run:
        yield action
        return
    paths = [manifest.manifest_path for manifest in crowded]
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
