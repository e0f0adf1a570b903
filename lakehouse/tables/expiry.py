"""Which snapshots a commit lets go of, so that the next one costs what this one did.

A commit writes the whole table metadata anew, every snapshot that is kept included: 16 ms at 10
snapshots, 587 ms at 1,000. So a stream's table expires as it grows. No file is deleted here: who
reads an expired snapshot goes on reading; the files are the maintenance's work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import RemoveSnapshotsUpdate

from lakehouse.delivery_settings import DeliverySettings

# To look up a thousand at once would take PyIceberg a second; the next commits do the rest.
_AT_ONCE = 100


@dataclass(frozen=True)
class History:
    """How far back a stream's table tells.

    The newest `count` snapshots stay, and those that are not `seconds` old yet, but no more than
    `most`: that is what keeps the cost of a commit flat when many
    come in a short time. Branches and tags keep what they name. `clock` tells Unix seconds.
    """

    count: int = 20
    seconds: float = 60.0
    most: int = 50
    clock: Callable[[], float] = time.time


def delivery_history(kept: DeliverySettings) -> History:
    """What deliveries leave, by the settings."""
    seconds = kept.snapshot_retention.total_seconds()
    return History(kept.keep_snapshots, seconds, kept.most_snapshots)


def expiring(metadata: TableMetadata, history: History) -> RemoveSnapshotsUpdate | None:
    """What removes the snapshots that are to go, the oldest first; None when all of them stay."""
    # A snapshot's parent is older in number, whatever the clocks of the writers said.
    newest = sorted(metadata.snapshots, key=lambda each: -(each.sequence_number or 0))
    named = {reference.snapshot_id for reference in metadata.refs.values()}
    young = (history.clock() - history.seconds) * 1000
    gone = [
        snapshot.snapshot_id
        for place, snapshot in enumerate(newest)
        if place >= history.count
        and (place >= history.most or snapshot.timestamp_ms < young)
        and snapshot.snapshot_id not in named
    ]
    if not gone:
        return None
    return RemoveSnapshotsUpdate.model_validate({"snapshot-ids": gone[: -_AT_ONCE - 1 : -1]})
