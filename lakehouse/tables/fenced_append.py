"""Appending data files and a stream's checkpoint in one commit, against every other ingester.

PyIceberg repeats an append that lost a race, so a checkpoint in the summary alone is no
compare-and-swap: two ingesters would both land their lines. The fence looks again before
every attempt. It works on internals of PyIceberg, which is why PyIceberg is pinned exactly.
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import AssertTableUUID
from pyiceberg.table.update.snapshot import _MergeAppendFiles, _OverwriteFiles

from lakehouse.catalog.commits import Change, TransactionalCatalog
from lakehouse.catalog.durability import DurableFileIO, SyncedTogether
from lakehouse.errors import LakehouseError, LockedError
from lakehouse.tables.checkpoints import (
    carried_checkpoints,
    checkpoint_key,
    highest_sequence,
    read_checkpoint,
    refuse_paused,
    sequence_key,
)
from lakehouse.tables.expiry import History, expiring
from lakehouse.tables.lean_transaction import LeanTransaction
from lakehouse.tables.removal import Removal, Rewriting

_ATTEMPTS = 20
# A manifest of so many files is not merged with others any more.
_LONG_MANIFEST = 1_000
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.02, 1.0


@dataclass(frozen=True)
class Append:
    """Data files for a table, and the step of a stream from checkpoint `base` to `checkpoint`.

    With a `removal`, rows that the table held before leave it in the same snapshot. The commit
    also lets go of the snapshots that `history` does not keep, and sets table `properties` (None
    removes one). A new `sequence` is a delivery, which a stream that is paused does not take.
    """

    table: Table
    files: Sequence[DataFile]
    stream: str
    base: str | None
    checkpoint: str
    sequence: int
    removal: Removal | None = None
    history: History = field(default_factory=History)
    properties: Mapping[str, str | None] = field(default_factory=dict)


def commits_together(table: Table) -> bool:
    """Whether the table's catalog can commit changes to several tables at once."""
    return isinstance(table.catalog, TransactionalCatalog)


def append_fenced(*appends: Append) -> None:
    """Commit the files and checkpoints of all appends in one step.

    More than one needs a catalog that commits them together. Raises LockedError, with nothing
    committed, when a table's checkpoint is not its append's base any more: another ingester has
    delivered; CommitFailedException when others change the tables all the time.
    """
    for number in range(_ATTEMPTS):
        attempts = _stage_on_what_is_there(appends)
        try:
            _commit(attempts)
        except CommitFailedException:
            landed = [attempt.landed() for attempt in attempts]
            if all(landed):
                for attempt in attempts:
                    attempt.forget_others()
                return  # only the answer was lost
            _remove_manifests(attempts)
            if number == _ATTEMPTS - 1:
                raise
        except BaseException:
            # A remote catalog that did not answer may still commit: its manifests must stay.
            if commits_together(appends[0].table) and not _any_landed(attempts):
                _remove_manifests(attempts)
            raise
        else:
            return
        wait = min(_FIRST_WAIT_SECONDS * 2**number, _LONGEST_WAIT_SECONDS)
        # Jitter, or two that met once would meet every time.
        time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311


class _MergingAppend(_MergeAppendFiles):
    """Adds files, and keeps the manifests few, at a cost that does not grow with the table.

    PyIceberg writes a manifest that it merges others into anew until it has 8 MB: 30,000 entries,
    each of which takes as long as a row of the commit.
    """

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        long = [each for each in manifests if _entries(each) >= _LONG_MANIFEST]
        short = [each for each in manifests if _entries(each) < _LONG_MANIFEST]
        return [*super()._process_manifests(short), *long]


class _MergingOverwrite(_OverwriteFiles, _MergingAppend):
    """Replaces files by others, and keeps the manifests few."""


def _entries(manifest: ManifestFile) -> int:
    return (manifest.added_files_count or 0) + (manifest.existing_files_count or 0)


_NOTHING = Rewriting((), ())


class _Attempt:
    """One append, planned on top of what its table is now; the manifests are written."""

    def __init__(self, append: Append) -> None:
        metadata = append.table.metadata
        if append.sequence > highest_sequence(metadata, append.stream):
            refuse_paused(metadata, append.stream)
        if read_checkpoint(metadata, append.stream) != append.base:
            raise LockedError(
                f"another ingester has delivered to stream {append.stream!r} meanwhile",
                hint="let one ingester run at a time; nothing of this delivery was landed",
            )
        self.table = append.table
        self._transaction = LeanTransaction(append.table)
        self._set({**append.properties, sequence_key(append.stream): str(append.sequence)})
        self._removal = append.removal
        self._rewriting = append.removal.plan(append.table) if append.removal else _NOTHING
        removes = bool(self._rewriting.removed)
        producer = _MergingOverwrite if removes else _MergingAppend
        io = append.table.io
        # Manifests and their list are synced at once, each of which would wait for the disk.
        files = SyncedTogether(io.properties) if isinstance(io, DurableFileIO) else None
        self._producer = producer(
            Operation.OVERWRITE if removes else Operation.APPEND,
            self._transaction,
            files or io,
            snapshot_properties={
                **carried_checkpoints(metadata),
                checkpoint_key(append.stream): append.checkpoint,
            },
        )
        for file in (*append.files, *self._rewriting.added):
            self._producer.append_data_file(file)
        for file in self._rewriting.removed:
            self._producer.delete_data_file(file)
        try:
            self._producer.commit()
            if files:
                files.sync()
            if expiry := expiring(self._transaction.table_metadata, append.history):
                self._transaction._apply((expiry,))
        except BaseException:
            self.remove_manifests()
            raise

    def _set(self, properties: Mapping[str, str | None]) -> None:
        present = self.table.metadata.properties
        self._transaction.set_properties({k: v for k, v in properties.items() if v is not None})
        if gone := [k for k, v in properties.items() if v is None and k in present]:
            self._transaction.remove_properties(*gone)

    @property
    def change(self) -> Change:
        """What the catalog is asked to do."""
        uuid = AssertTableUUID(uuid=self.table.metadata.table_uuid)
        requirements = (*self._transaction._requirements, uuid)
        return Change(self.table.name(), requirements, self._transaction._updates)

    def landed(self) -> bool:
        """Whether the table, looked at anew, has the snapshot."""
        metadata = self.table.refresh().metadata
        return metadata.snapshot_by_id(self._producer.snapshot_id) is not None

    def settle(self, response: CommitTableResponse) -> None:
        """Take what the catalog made of the table, and delete metadata that is too old."""
        table, before = self.table, self.table.metadata
        table.metadata, table.metadata_location = response.metadata, response.metadata_location
        table.catalog._delete_old_metadata(table.io, before, table.metadata)
        self.forget_others()

    def forget_others(self) -> None:
        """Remove what was written for attempts that came to nothing, now that this one has not."""
        if self._removal:
            self._removal.settle(self.table, self._rewriting)

    def remove_manifests(self) -> None:
        """Delete what the snapshot would have been made of."""
        self._producer._clean_all_uncommitted()


def _stage_on_what_is_there(appends: Sequence[Append]) -> list[_Attempt]:
    for _ in range(_ATTEMPTS - 1):
        try:
            return _stage(appends)
        except FileNotFoundError:
            # Maintenance has removed what a table was made of when it was last looked at.
            for append in appends:
                append.table.refresh()
    return _stage(appends)


def _stage(appends: Sequence[Append]) -> list[_Attempt]:
    attempts: list[_Attempt] = []
    try:
        for append in appends:
            attempts.append(_Attempt(append))
    except BaseException:
        _remove_manifests(attempts)
        raise
    return attempts


def _commit(attempts: Sequence[_Attempt]) -> None:
    catalog = attempts[0].table.catalog
    changes = [attempt.change for attempt in attempts]
    if isinstance(catalog, TransactionalCatalog):
        responses = [committed.response for committed in catalog.commit_tables(changes)]
    else:
        ((attempt, change),) = zip(attempts, changes, strict=True)
        responses = [catalog.commit_table(attempt.table, change.requirements, change.updates)]
    for attempt, response in zip(attempts, responses, strict=True):
        attempt.settle(response)


def _any_landed(attempts: Sequence[_Attempt]) -> bool:
    """Whether one has landed, or may have: the catalog can't be asked."""
    try:
        return any(attempt.landed() for attempt in attempts)
    except (LakehouseError, OSError):
        return True


def _remove_manifests(attempts: Sequence[_Attempt]) -> None:
    for attempt in attempts:
        attempt.remove_manifests()
