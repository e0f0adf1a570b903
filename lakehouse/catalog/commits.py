"""Changes to tables, committed together: compare-and-swap of metadata locations in one transaction.

A metadata file is written for every changed table first; then one database transaction swaps
the locations of all of them, provided that each is still the one the change was based on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataV1
from pyiceberg.table.update import (
    AddSnapshotUpdate,
    RemoveSnapshotRefUpdate,
    RemoveSnapshotsUpdate,
    SetSnapshotRefUpdate,
    TableRequirement,
    TableUpdate,
)
from pyiceberg.typedef import Identifier
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lakehouse.catalog.sqlite_file import rolled_back
from lakehouse.errors import MachineError

if TYPE_CHECKING:
    from pyiceberg.io import FileIO

# How often a change is put on top of somebody else's commit, as long as its requirements hold.
ATTEMPTS = 5


@dataclass(frozen=True)
class Change:
    """What is to become of one table, and what must hold for it."""

    identifier: Identifier
    requirements: tuple[TableRequirement, ...]
    updates: tuple[TableUpdate, ...]

    @property
    def creates(self) -> bool:
        """Whether the change makes a new table (its requirements say so)."""
        return any(requirement.type == "assert-create" for requirement in self.requirements)

    @property
    def table(self) -> str:
        """The table's name, for messages."""
        return ".".join(self.identifier)


@dataclass(frozen=True)
class Committed:
    """A table after a change, and the metadata it had before (None: the change made it)."""

    metadata: TableMetadata
    metadata_location: str
    base: TableMetadata | None

    @property
    def response(self) -> CommitTableResponse:
        """The same, as PyIceberg's catalogs answer it."""
        return CommitTableResponse.model_validate(
            {"metadata": self.metadata, "metadata-location": self.metadata_location}
        )


@runtime_checkable
class TransactionalCatalog(Protocol):
    """A catalog that commits changes to several tables together."""

    def commit_tables(self, changes: Sequence[Change]) -> list[Committed]:
        """Apply every change, or none. Raises CommitFailedException when one conflicts."""


class PointerCatalog(Protocol):
    """A catalog that is rows of a database, each pointing at the metadata of a table."""

    @property
    def engine(self) -> Engine:
        """Where the rows lie."""

    def load_if_exists(self, identifier: Identifier) -> Table | None:
        """The table, or None."""

    def move_pointer(
        self, session: Session, identifier: Identifier, old: str | None, new: str | None
    ) -> None:
        """Point at other metadata, in the session's transaction; None: there is no such table.

        Raises RaceLostError when the pointer is not `old`, TableAlreadyExistsError when a table
        that is new has come already.
        """

    def _update_and_stage_table(
        self,
        current_table: Table | None,
        table_identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable: ...

    @staticmethod
    def _write_metadata(metadata: TableMetadata, io: "FileIO", metadata_path: str) -> None: ...


@dataclass(frozen=True)
class _Staged:
    change: Change
    base: Table | None
    new: StagedTable

    @property
    def changed(self) -> bool:
        return self.base is None or self.new.metadata != self.base.metadata

    @property
    def committed(self) -> Committed:
        at = self.new if self.changed or self.base is None else self.base
        before = None if self.base is None else self.base.metadata
        return Committed(at.metadata, at.metadata_location, before)


class RaceLostError(CommitFailedException):
    """Somebody else's commit came in between; the requirements may still hold on top of it."""


def commit_together(catalog: PointerCatalog, changes: Sequence[Change]) -> list[Committed]:
    """Apply every change, or none; what comes back is in the order of the changes.

    Raises CommitFailedException when a requirement does not hold or the race is lost too often,
    NoSuchTableError for a change to a table that is not there, ValueError for an update that
    makes no sense or two changes to one table.
    """
    if len({change.identifier for change in changes}) < len(changes):
        raise ValueError("a transaction holds at most one change for each table")
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(catalog, changes)
        except RaceLostError:
            continue
    return _attempt(catalog, changes)


def _attempt(catalog: PointerCatalog, changes: Sequence[Change]) -> list[Committed]:
    staged: list[_Staged] = []
    with Session(catalog.engine) as session:
        try:
            for change in changes:
                staged.append(_stage(catalog, change))
            for each in staged:
                if each.changed:
                    new = each.new
                    catalog._write_metadata(new.metadata, new.io, new.metadata_location)
            for each in sorted(staged, key=lambda each: each.change.identifier):
                if each.changed:
                    at = each.base.metadata_location if each.base else None
                    catalog.move_pointer(
                        session, each.change.identifier, at, each.new.metadata_location
                    )
        except BaseException:
            session.rollback()
            _discard(staged)
            raise
        # From here on the outcome is the database's: unless it tells that it has failed, nothing
        # is discarded.
        try:
            session.commit()
        except MachineError as e:
            if rolled_back(e):
                session.rollback()
                _discard(staged)
            raise
    return [each.committed for each in staged]


def _stage(catalog: PointerCatalog, change: Change) -> _Staged:
    base = catalog.load_if_exists(change.identifier)
    if base is None and not change.creates:
        raise NoSuchTableError(f"Table does not exist: {change.table}")
    _refuse_stale_snapshots(base, change)
    refuse_stale_expiry(base, change.updates)
    new = catalog._update_and_stage_table(
        base, change.identifier, change.requirements, change.updates
    )
    return _Staged(change, base, new)


def _refuse_stale_snapshots(base: Table | None, change: Change) -> None:
    # PyIceberg takes a stale sequence number for a malformed update, though it only says that
    # another branch got a commit first: a conflict, which the client solves by trying again.
    if base is None or isinstance(base.metadata, TableMetadataV1):
        return
    for each in change.updates:
        number = each.snapshot.sequence_number if isinstance(each, AddSnapshotUpdate) else None
        if number is not None and number <= base.metadata.last_sequence_number:
            raise CommitFailedException(
                f"Requirement failed: {change.table} is at sequence number"
                f" {base.metadata.last_sequence_number}, the new snapshot says {number}"
            )


def refuse_stale_expiry(base: Table | None, updates: Sequence[TableUpdate]) -> None:
    """Raises CommitFailedException where a snapshot is to expire that is gone, or that is named.

    PyIceberg would fail for good over the first, and remove the branch or tag with the second:
    one that was made since the client looked.
    """
    removals = [each for each in updates if isinstance(each, RemoveSnapshotsUpdate)]
    going = {snapshot for each in removals for snapshot in each.snapshot_ids}
    if base is None or not going:
        return
    if missing := going - {snapshot.snapshot_id for snapshot in base.metadata.snapshots}:
        raise CommitFailedException(f"Requirement failed: snapshot {min(missing)} is gone")
    gone = {each.ref_name for each in updates if isinstance(each, RemoveSnapshotRefUpdate)}
    moved = {each.ref_name for each in updates if isinstance(each, SetSnapshotRefUpdate)}
    for name, reference in base.metadata.refs.items():
        if reference.snapshot_id in going and name not in gone | moved:
            raise CommitFailedException(
                f"Requirement failed: snapshot {reference.snapshot_id} is named by {name}"
            )


def _discard(staged: Sequence[_Staged]) -> None:
    for each in staged:
        if each.changed:
            try:
                each.new.io.delete(each.new.metadata_location)
            except OSError:  # never written, or out of reach: the orphan sweep's work then
                continue
