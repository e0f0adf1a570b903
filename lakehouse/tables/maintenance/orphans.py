"""Files that belong to a table by their place, and that nothing leads to any more."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table

from lakehouse.catalog.commits import TransactionalCatalog
from lakehouse.catalog.drafts import drafts_of
from lakehouse.catalog.locations import path_of
from lakehouse.tables.arrow_files import remove_files
from lakehouse.tables.maintenance.journal import Note, Why
from lakehouse.tables.maintenance.listing import Listed, list_files
from lakehouse.tables.maintenance.reachability import reachable
from lakehouse.tables.maintenance.site import Action, Heap, Site

_REASONS: Mapping[Why, str] = {
    "written": "of a run that did not end",
    "replaced": "replaced long ago",
    "expired": "of expired snapshots",
}
# To look through every folder is not for every run: a third of the age that files must have.
_SWEEPS = 3


def remove_orphans(site: Site) -> Iterator[Action]:
    """Delete what killed runs and failed commits left, and what was replaced long ago.

    Files that the journal does not know are taken only when they are older than `orphan_age`:
    younger ones may be of a delivery or a build that is under way.
    """
    if not site.territory.may_delete:
        return
    now = site.now
    # Listed first: what is committed from here on is in the metadata that is read afterwards.
    old = {each.location: each for each in _old_files(site, now)}
    notes = site.journal.notes()
    if not notes and not old:
        return
    site.table.refresh()
    belongs = _Belongings(site)
    sizes = {k: old[k].bytes if k in old else _size(site, k) for k in {**old, **notes}}
    lost = [k for k, size in sizes.items() if size is not None and k not in belongs]
    due = {k: why for k in lost if (why := _due(site, notes.get(k), now))}
    heap = Heap.of(sizes[k] or 0 for k in due)
    action = site.planned("orphans", _told(due.values()), heap)
    if site.order.dry_run:
        if due:
            yield action
        return
    remove_files(site.table, list(due))
    wait = {
        k: note
        for k, note in notes.items()
        if sizes[k] is not None and k not in due and _waits(note, k in belongs)
    }
    site.journal.keep(wait)
    site.journal.sweep(now)
    if due:
        yield site.done(action, heap, Heap())


def _old_files(site: Site, now: datetime) -> Iterator[Listed]:
    age = site.order.settings.orphan_age
    swept = site.journal.swept_at
    if swept and now - swept < age / _SWEEPS:
        return
    for folder in site.territory.roots:
        for listed in list_files(site.table.io, folder):
            hint = listed.location.endswith("/version-hint.text")
            if now - listed.written_at >= age and not hint:
                yield listed


def _due(site: Site, note: Note | None, now: datetime) -> str:
    """Why a file that nothing leads to may go now; nothing when it has to wait."""
    if note is None:
        return "that nothing leads to"
    settings = site.order.settings
    wait = settings.orphan_age
    if note.why == "replaced":
        wait = settings.snapshot_retention  # it may be read by who began before
    elif note.why == "expired" or isinstance(site.table.catalog, TransactionalCatalog):
        return _REASONS[note.why]
    # A remote catalog that was asked by a killed run may commit after all.
    return _REASONS[note.why] if now - note.at >= wait else ""


def _waits(note: Note, belongs: bool) -> bool:
    """Whether the next run needs the note: not of files that were committed, or are gone."""
    return note.why == "replaced" or not belongs


class _Belongings:
    """The files that a snapshot, a draft or another table leads to."""

    def __init__(self, site: Site) -> None:
        table: Table = site.table
        found = reachable(table.metadata, table.metadata_location, table.io)
        for draft in drafts_of(table.catalog, table.name()):
            if draft.location:
                found |= _drafted(table, draft.location)
        self._territory = site.territory
        self._real = {_real(location) for location in found}

    def __contains__(self, location: str) -> bool:
        # Two paths may lead to one file, and a file may be another table's too.
        return not self._territory.owns(location) or _real(location) in self._real


def _drafted(table: Table, location: str) -> set[str]:
    try:
        metadata = FromInputFile.table_metadata(table.io.new_input(location))
    except FileNotFoundError:  # published or discarded meanwhile
        return set()
    return reachable(metadata, location, table.io)


def _real(location: str) -> str:
    if not path_of(location):
        return location
    folder, name = os.path.split(location)
    return f"{_real_folder(folder)}/{name}"


@lru_cache(maxsize=4096)
def _real_folder(folder: str) -> str:
    return str(Path(folder).resolve())


def _size(site: Site, location: str) -> int | None:
    """The bytes of a file; None when it is gone already."""
    try:
        if path := path_of(location):
            return path.stat().st_size
        return len(site.table.io.new_input(location))
    except FileNotFoundError:
        return None


def _told(reasons: Iterable[str]) -> str:
    return ", ".join(f"{count:,} files {why}" for why, count in Counter(reasons).items())
