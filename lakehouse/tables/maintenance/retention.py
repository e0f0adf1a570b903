"""Which snapshots of a table are past their time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRef, SnapshotRefType
from pyiceberg.table.snapshots import Snapshot, ancestors_of

from lakehouse.tables.checkpoints import checkpoint_holders


@dataclass(frozen=True)
class Retention:
    """How long snapshots stay after they were replaced, and how many of a branch at least."""

    age: timedelta
    keep: int


@dataclass(frozen=True)
class Expired:
    """Snapshots and references (tags, branches) that are past their time."""

    snapshots: tuple[Snapshot, ...]
    references: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.snapshots or self.references)


def expired(metadata: TableMetadata, retention: Retention, now: datetime) -> Expired:
    """What is past its time at `now` (UTC).

    A snapshot counts from when it was replaced: until then queries began on it. The table's and
    its references' own properties go before `retention`, as the specification has them. The
    snapshots from the head to the newest checkpoint of a stream always stay.
    """
    policy = _Policy(metadata, retention, now)
    references = tuple(name for name, ref in metadata.refs.items() if policy.outlived(name, ref))
    kept = {snapshot.snapshot_id for snapshot in checkpoint_holders(metadata)}
    for name, ref in metadata.refs.items():
        if name not in references:
            kept.update(policy.kept_by(ref))
    snapshots = (s for s in metadata.snapshots if s.snapshot_id not in kept)
    return Expired(tuple(s for s in snapshots if policy.is_old(s)), references)


class _Policy:
    def __init__(self, metadata: TableMetadata, retention: Retention, now: datetime) -> None:
        self._metadata = metadata
        self._now_ms = int(now.timestamp() * 1000)
        own = metadata.properties
        age = own.get("history.expire.max-snapshot-age-ms")
        self._age_ms = int(age) if age else retention.age // timedelta(milliseconds=1)
        self._keep = int(own.get("history.expire.min-snapshots-to-keep") or retention.keep)
        self._reference_age = own.get("history.expire.max-ref-age-ms")
        self._replaced_ms = _replaced(metadata)

    def outlived(self, name: str, ref: SnapshotRef) -> bool:
        """Whether a tag or branch is older than it was meant to become."""
        most = ref.max_ref_age_ms or self._reference_age
        snapshot = self._metadata.snapshot_by_id(ref.snapshot_id)
        if name == MAIN_BRANCH or most is None or snapshot is None:
            return False
        return self._now_ms - snapshot.timestamp_ms > int(most)

    def kept_by(self, ref: SnapshotRef) -> Iterator[int]:
        """The snapshots that stay because of a reference."""
        head = self._metadata.snapshot_by_id(ref.snapshot_id)
        if head is None:
            return
        yield head.snapshot_id
        if ref.snapshot_ref_type == SnapshotRefType.TAG:
            return
        least = ref.min_snapshots_to_keep or self._keep
        age = self._age_ms if ref.max_snapshot_age_ms is None else ref.max_snapshot_age_ms
        for number, snapshot in enumerate(ancestors_of(head, self._metadata)):
            if number and number >= least and self._is_older(snapshot, age):
                return
            yield snapshot.snapshot_id

    def is_old(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot that nothing refers to may go."""
        return self._is_older(snapshot, self._age_ms)

    def _is_older(self, snapshot: Snapshot, age_ms: int) -> bool:
        since = self._replaced_ms.get(snapshot.snapshot_id, snapshot.timestamp_ms)
        return self._now_ms - since >= age_ms


def _replaced(metadata: TableMetadata) -> dict[int, int]:
    """When each snapshot was last replaced: by the next head of main, or by a child of its own."""
    replaced: dict[int, int] = {}
    for snapshot in metadata.snapshots:
        if snapshot.parent_snapshot_id is not None:
            parent = snapshot.parent_snapshot_id
            replaced[parent] = max(replaced.get(parent, 0), snapshot.timestamp_ms)
    for entry, following in zip(metadata.snapshot_log, metadata.snapshot_log[1:], strict=False):
        replaced[entry.snapshot_id] = max(
            replaced.get(entry.snapshot_id, 0), following.timestamp_ms
        )
    return replaced
