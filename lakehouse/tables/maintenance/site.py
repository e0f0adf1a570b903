"""A table that is being maintained, and what is told of each action."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from pyiceberg.table import Table

from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.maintenance.inventory import LiveFile
from lakehouse.tables.maintenance.journal import Journal
from lakehouse.tables.maintenance.territory import Territory

Kind: TypeAlias = Literal["compact", "manifests", "expire", "orphans"]


@dataclass(frozen=True)
class Heap:
    """A number of files, and the bytes of all of them."""

    files: int = 0
    bytes: int = 0

    @staticmethod
    def of(sizes: Iterable[int]) -> "Heap":
        """Files of these sizes."""
        sizes = list(sizes)
        return Heap(len(sizes), sum(sizes))


@dataclass(frozen=True)
class Action:
    """Something done to a table, or, of a dry run, to be done.

    Files and bytes are those the action deals with: `before` is what it takes, `after` what
    becomes of it, None where it was not done.
    """

    table: str
    action: Kind
    reason: str
    started_at: datetime  # UTC, without a zone
    seconds: float
    files_before: int
    files_after: int | None
    bytes_before: int
    bytes_after: int | None
    snapshots_before: int
    snapshots_after: int | None
    snapshot_before: int | None
    snapshot_after: int | None


@dataclass(frozen=True)
class Order:
    """What is asked for: `full` rewrites whatever could be better; `dry_run` changes nothing.

    `only`, if it is there, says which files may be rewritten. `sort_by` is made the sort order of
    the tables: terms as `lakehouse.tables.maintenance.ordering.parse_order` has them.
    """

    settings: MaintenanceSettings
    dry_run: bool = False
    full: bool = False
    only: Callable[[LiveFile], bool] | None = None
    sort_by: str = ""


@dataclass(frozen=True)
class Site:
    """A table, what may be done to it, and a clock that gives the time in UTC, without a zone.

    `reordered` is the sort order that a dry run would give it, if it has another one.
    """

    table: Table
    territory: Territory
    order: Order
    journal: Journal
    clock: Callable[[], datetime]
    busy: Callable[[], str]  # why the table is to be left alone just now, if it is
    reordered: str = ""

    @property
    def now(self) -> datetime:
        """The time, with its zone."""
        return self.clock().replace(tzinfo=UTC)

    @property
    def file_size(self) -> int:
        """How large a data file should be, in bytes: the table's own wish goes first."""
        own = self.table.properties.get("write.target-file-size-bytes")
        return int(own) if own else self.order.settings.file_size

    def writing(self, location: str) -> None:
        """Note that a file is about to be written."""
        self.journal.note("written", [location], self.now)

    def planned(self, action: Kind, reason: str, before: Heap) -> Action:
        """An action that is about to begin."""
        metadata = self.table.metadata
        return Action(
            table=".".join(self.table.name()),
            action=action,
            reason=reason,
            started_at=self.clock(),
            seconds=0.0,
            files_before=before.files,
            files_after=None,
            bytes_before=before.bytes,
            bytes_after=None,
            snapshots_before=len(metadata.snapshots),
            snapshots_after=None,
            snapshot_before=metadata.current_snapshot_id,
            snapshot_after=None,
        )

    def done(self, action: Action, before: Heap, after: Heap) -> Action:
        """The same action, at its end."""
        metadata = self.table.metadata
        return replace(
            action,
            seconds=(self.clock() - action.started_at).total_seconds(),
            files_before=before.files,
            files_after=after.files,
            bytes_before=before.bytes,
            bytes_after=after.bytes,
            snapshots_after=len(metadata.snapshots),
            snapshot_after=metadata.current_snapshot_id,
        )
