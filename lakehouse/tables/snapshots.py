"""Snapshots by name: which one a person means, tags and branches on it, and the way back to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.snapshots import Snapshot, ancestors_of

from lakehouse.errors import CatalogError
from lakehouse.tables.checkpoints import read_checkpoint, streams_of
from lakehouse.tables.restoring import restore_rows

Bookmarks: TypeAlias = Literal["move", "keep"]
"""What becomes of the bookmarks of a table that is rolled back: they go back too, or stay."""


def find_snapshot(table: Table, wanted: str) -> Snapshot:
    """The snapshot of an id, a branch or a tag, or the one that was current at a time (ISO 8601).

    A time without a zone is in UTC. Raises CatalogError when there is none.
    """
    metadata = table.metadata
    if wanted in metadata.refs:
        found = metadata.snapshot_by_id(metadata.refs[wanted].snapshot_id)
    elif wanted.isdecimal():
        found = metadata.snapshot_by_id(int(wanted))
    else:
        found = _at(metadata, _time(wanted))
    if found is None:
        name = ".".join(table.name())
        hint = f"`lakehouse catalog versions {name}` lists what there is"
        raise CatalogError(f"{name} has no snapshot {wanted!r}", hint=hint)
    return found


@dataclass(frozen=True)
class Rollback:
    """What a rollback changes. `streams` are those whose bookmarks lie in the table."""

    table: str
    snapshot_before: int
    snapshot_after: int
    made_at: datetime  # of the snapshot that is gone back to, UTC
    rows_before: int | None
    rows_after: int | None
    streams: tuple[str, ...]


def plan_rollback(table: Table, target: Snapshot) -> Rollback:
    """What it would change. Raises CatalogError when the table can't go back there."""
    head = table.current_snapshot()
    name = ".".join(table.name())
    if head is None or head.snapshot_id == target.snapshot_id:
        raise CatalogError(f"{name} is at that snapshot", hint="there is nothing to roll back")
    known = {each.snapshot_id for each in ancestors_of(head, table.metadata)}
    known |= {entry.snapshot_id for entry in table.metadata.snapshot_log}
    if target.snapshot_id not in known:
        raise CatalogError(
            f"snapshot {target.snapshot_id} was never the current one of {name}",
            hint="it belongs to a branch; read it there",
        )
    return Rollback(
        table=name,
        snapshot_before=head.snapshot_id,
        snapshot_after=target.snapshot_id,
        made_at=_when(target.timestamp_ms),
        rows_before=_rows(head),
        rows_after=_rows(target),
        streams=streams_of(table.metadata),
    )


def roll_back(table: Table, target: Snapshot, bookmarks: Bookmarks | None = None) -> int:
    """Make the content of an earlier snapshot current again; the id of the current snapshot.

    A table that streams deliver to needs to be told what becomes of their `bookmarks`: with
    "move" the table's pointer goes back, and with it the bookmarks, so that the next ingest reads
    again what was delivered since; with "keep" a new snapshot has the old rows and today's
    bookmarks, so that those lines are not landed again.

    Raises CatalogError when it is not told, when a bookmark would be lost, or when somebody else
    commits at the same time.
    """
    plan = plan_rollback(table, target)
    check_bookmarks(table, target, bookmarks)
    try:
        if plan.streams and bookmarks == "keep":
            return restore_rows(table, target)
        table.manage_snapshots().set_current_snapshot(target.snapshot_id).commit()
    except CommitFailedException as e:
        raise CatalogError(
            f"{plan.table} was changed by somebody else: {e}", hint="look again, then try again"
        ) from e
    return target.snapshot_id


def check_bookmarks(table: Table, target: Snapshot, bookmarks: Bookmarks | None) -> None:
    """Raises CatalogError when a rollback is not told about bookmarks, or would lose one."""
    streams = streams_of(table.metadata)
    if streams and bookmarks is None:
        raise CatalogError(
            f"{'.'.join(table.name())} holds the bookmark of {', '.join(streams)}",
            hint="--bookmarks move: the next ingest lands again what was delivered since;"
            " --bookmarks keep: those rows are gone for good",
        )
    if bookmarks == "move":
        at_target = {"current_snapshot_id": target.snapshot_id}
        for stream in streams:
            read_checkpoint(table.metadata.model_copy(update=at_target), stream)


def check_free(table: Table, name: str) -> None:
    """Raises CatalogError when a tag or branch has the name already, or it is blank."""
    if not name.strip():
        raise CatalogError("a tag or branch needs a name", hint="as in `closing-2026-01`")
    if name in table.metadata.refs:
        where = ".".join(table.name())
        raise CatalogError(f"{where} has {name!r} already", hint="delete it first: --delete")


def set_reference(
    table: Table,
    name: str,
    target: Snapshot,
    kind: SnapshotRefType,
    keep: timedelta | None = None,
) -> None:
    """Make a tag or branch that names a snapshot, kept for good or so long.

    Raises CatalogError when the name is taken, or somebody else takes it at the same time.
    """
    check_free(table, name)
    age = keep // timedelta(milliseconds=1) if keep else None
    change = table.manage_snapshots()
    make = change.create_tag if kind == SnapshotRefType.TAG else change.create_branch
    try:
        make(target.snapshot_id, name, max_ref_age_ms=age).commit()
    except CommitFailedException as e:
        raise CatalogError(f"somebody else changed {name!r}: {e}", hint="try again") from e


def named_by(table: Table, name: str, kind: SnapshotRefType) -> int:
    """The id of the snapshot that a tag or branch names.

    Raises CatalogError when it is not there, or is `main`.
    """
    found = table.metadata.refs.get(name)
    where = ".".join(table.name())
    if name == MAIN_BRANCH:
        raise CatalogError(f"{where}: main is the table itself", hint="it can't be deleted")
    if found is None or found.snapshot_ref_type != kind:
        hint = f"it has {', '.join(sorted(table.metadata.refs)) or 'none'}"
        raise CatalogError(f"{where} has no {kind.value} {name!r}", hint=hint)
    return found.snapshot_id


def remove_reference(table: Table, name: str, kind: SnapshotRefType) -> None:
    """Remove a tag or branch; its snapshots expire like any others.

    Raises CatalogError when it is not there, or is `main`.
    """
    named_by(table, name, kind)
    try:
        table.manage_snapshots().remove_tag(name).commit()
    except CommitFailedException as e:
        raise CatalogError(f"somebody else changed {name!r}: {e}", hint="try again") from e


def _at(metadata: TableMetadata, time: datetime) -> Snapshot | None:
    """The snapshot that was current at a time."""
    entries: Sequence[tuple[int, int]] = [
        (entry.timestamp_ms, entry.snapshot_id) for entry in metadata.snapshot_log
    ]
    ids = [snapshot for at, snapshot in entries if _when(at) <= time]
    return metadata.snapshot_by_id(ids[-1]) if ids else None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as e:
        raise CatalogError(
            f"{text!r} is no snapshot id, branch, tag or time",
            hint="a time is written as 2026-01-31T12:00:00, in UTC",
        ) from e
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _when(timestamp_ms: int) -> datetime:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)


def _rows(snapshot: Snapshot) -> int | None:
    total = snapshot.summary["total-records"] if snapshot.summary else None
    return int(total) if total else None
