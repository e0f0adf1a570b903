"""Old snapshots go, and with them the files that no other snapshot leads to."""

import random
import time
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

from lakehouse.catalog.commits import TransactionalCatalog
from lakehouse.tables.arrow_files import remove_files
from lakehouse.tables.lean_transaction import LeanTransaction
from lakehouse.tables.maintenance.reachability import reached_from
from lakehouse.tables.maintenance.retention import Expired, Retention, expired
from lakehouse.tables.maintenance.site import Action, Heap, Site

_ATTEMPTS = 20
_WAIT_SECONDS = 0.1


def expire(site: Site) -> Iterator[Action]:
    """Expire what is past its time, then delete the files that only it led to.

    Raises CommitFailedException when others change the references all the time.
    """
    if not site.territory.may_delete:
        return
    for attempt in range(_ATTEMPTS):
        chosen = _chosen(site)
        if not chosen or site.busy():
            return
        freed = _freed(site, chosen)
        heap = Heap.of(freed.values())
        known = site.table.metadata
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
            # Jitter, or two that met once would meet every time.
            time.sleep(_WAIT_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
            site.table.refresh()
            continue
        saved = _saved(site, known)
        remove_files(site.table, [each for each in freed if each not in saved])
        yield site.done(action, heap, Heap())
        return


def _chosen(site: Site) -> Expired:
    settings = site.order.settings
    retention = Retention(settings.snapshot_retention, settings.keep_snapshots)
    return expired(site.table.metadata, retention, site.now)


def _commit(site: Site, chosen: Expired) -> None:
    transaction = LeanTransaction(site.table)
    transaction._stage(tuple(_updates(chosen)), tuple(_requirements(site)))
    transaction.commit_transaction()


def _updates(chosen: Expired) -> Iterator[TableUpdate]:
    for name in chosen.references:
        yield RemoveSnapshotRefUpdate.model_validate({"ref-name": name})
    if chosen.snapshots:
        ids = [snapshot.snapshot_id for snapshot in chosen.snapshots]
        yield RemoveSnapshotsUpdate.model_validate({"snapshot-ids": ids})


def _requirements(site: Site) -> Iterator[TableRequirement]:
    """No branch or tag has moved to what is to go.

    Our own catalogs look to that themselves (lakehouse.catalog.commits); of others all that can
    be asked is that none has moved at all, which fails beside a busy writer.
    """
    if not isinstance(site.table.catalog, TransactionalCatalog):
        for name, ref in site.table.metadata.refs.items():
            yield AssertRefSnapshotId.model_validate({"ref": name, "snapshot-id": ref.snapshot_id})


def _saved(site: Site, known: TableMetadata) -> set[str]:
    """What snapshots that were committed meanwhile lead to.

    They rest on snapshots that are still there, unless one was made of another's files.
    """
    old = {snapshot.snapshot_id for snapshot in known.snapshots}
    new = [s for s in site.table.metadata.snapshots if s.snapshot_id not in old]
    reached = reached_from(new, site.table.io)
    return {*reached.metadata(), *reached.data(site.table.io)}


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
