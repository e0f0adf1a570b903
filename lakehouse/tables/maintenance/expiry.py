"""Old snapshots go, and with them the files that no other snapshot leads to."""

from collections.abc import Iterator

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import (
    AssertRefSnapshotId,
    RemoveSnapshotRefUpdate,
    RemoveSnapshotsUpdate,
    TableRequirement,
    TableUpdate,
)

from lakehouse.tables.arrow_files import remove_files
from lakehouse.tables.lean_transaction import LeanTransaction
from lakehouse.tables.maintenance.reachability import reached_from
from lakehouse.tables.maintenance.retention import Expired, Retention, expired
from lakehouse.tables.maintenance.site import Action, Heap, Site

_ATTEMPTS = 20


def expire(site: Site) -> Iterator[Action]:
    """Expire what is past its time, then delete the files that only it led to.

    Raises CommitFailedException when others change the references all the time.
    """
    if not site.territory.may_delete:
        return
    for attempt in range(_ATTEMPTS):
        chosen = _chosen(site)
        if not chosen:
            return
        freed = _freed(site, chosen)
        heap = Heap.of(freed.values())
        action = site.planned("expire", _reason(chosen), heap)
        if site.order.dry_run:
            yield action
            return
        site.journal.note("expired", freed, site.now)
        try:
            _commit(site, chosen)
        except CommitFailedException:
            if attempt == _ATTEMPTS - 1:
                raise
            site.table.refresh()
            continue
        # Whatever was committed meanwhile rests on snapshots that are still there.
        remove_files(site.table, list(freed))
        yield site.done(action, heap, Heap())
        return


def _chosen(site: Site) -> Expired:
    settings = site.order.settings
    retention = Retention(settings.snapshot_retention, settings.keep_snapshots)
    return expired(site.table.metadata, retention, site.now)


def _commit(site: Site, chosen: Expired) -> None:
    transaction = LeanTransaction(site.table)
    transaction._stage(tuple(_updates(chosen)), tuple(_requirements(site.table.metadata)))
    transaction.commit_transaction()


def _updates(chosen: Expired) -> Iterator[TableUpdate]:
    for name in chosen.references:
        yield RemoveSnapshotRefUpdate.model_validate({"ref-name": name})
    if chosen.snapshots:
        ids = [snapshot.snapshot_id for snapshot in chosen.snapshots]
        yield RemoveSnapshotsUpdate.model_validate({"snapshot-ids": ids})


def _requirements(metadata: TableMetadata) -> Iterator[TableRequirement]:
    """No reference has moved: what was chosen rests on them."""
    for name, ref in metadata.refs.items():
        yield AssertRefSnapshotId.model_validate({"ref": name, "snapshot-id": ref.snapshot_id})


def _freed(site: Site, gone: Expired) -> dict[str, int]:
    """The table's own files that only those snapshots lead to, with their bytes."""
    io = site.table.io
    ids = {snapshot.snapshot_id for snapshot in gone.snapshots}
    rest = (s for s in site.table.metadata.snapshots if s.snapshot_id not in ids)
    still = reached_from(rest, io)
    lost = reached_from(gone.snapshots, io).without(still)
    files = {**lost.data(io), **lost.metadata()}
    # Every manifest that stays is read only when one that goes names data files.
    live = still.data(io) if lost.manifests else {}
    return {
        location: size
        for location, size in files.items()
        if location not in live and site.territory.owns(location)
    }


def _reason(chosen: Expired) -> str:
    parts = [f"{len(chosen.snapshots):,} snapshots replaced long ago"] if chosen.snapshots else []
    parts += [f"{name} has outlived its age" for name in chosen.references]
    return ", ".join(parts)
