"""How a stream stands: what was delivered, and what waits."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, LessThanOrEqual, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table.metadata import TableMetadata

from ingest.bookmarks import Checkpoint
from ingest.clocks import utc_now
from ingest.opening import stream_settings
from ingest.positions import Position, stream_positions
from ingest.reading_state import all_read_at
from lakehouse.config import Settings
from lakehouse.tables.checkpoints import checkpoints, paused_key, read_checkpoint
from lakehouse.tables.landing import REJECTS


@dataclass(frozen=True)
class StreamStatus:
    """Everything delivered so far, and the bytes of the stream's logs that are not.

    `committed` is when the last delivery was, in UTC; None when there was none. `lag_seconds` is
    how long the oldest of the bytes that wait may have waited: since the logs had last been read
    to their ends, or since their log was last written, whichever was earlier. `paused` says since
    when.
    """

    stream: str
    sequence: int
    lines: int
    landed: int
    rejected: dict[str, int]  # by reason
    dropped: int
    lag_bytes: int
    lag_logs: int
    lag_seconds: float
    committed: datetime | None
    paused: str | None


def stream_status(
    name: str,
    catalog: Catalog | None,
    settings: Settings,
    now: Callable[[], datetime] = utc_now,
) -> StreamStatus:
    """How a declared stream stands; nothing was delivered where there is no catalog.

    Raises ConfigError when there is no such stream, CatalogError when its bookmark is lost.
    """
    stream = stream_settings(name, settings)
    waiting = [each for each in stream_positions(name, catalog, settings) if each.lag]
    checkpoint, committed, paused, rejected = Checkpoint(), None, None, {}
    if catalog and catalog.table_exists(stream.identifier):
        metadata = catalog.load_table(stream.identifier).metadata
        checkpoint = Checkpoint.from_json(read_checkpoint(metadata, name))
        committed = _committed(name, checkpoint, metadata)
        paused = metadata.properties.get(paused_key(name))
        rejected = _rejected(name, checkpoint, catalog)
    lines = checkpoint.next_record_id - 1
    return StreamStatus(
        stream=name,
        sequence=checkpoint.sequence,
        lines=lines,
        landed=lines - sum(rejected.values()) - checkpoint.dropped,
        rejected=rejected,
        dropped=checkpoint.dropped,
        lag_bytes=sum(each.lag or 0 for each in waiting),
        lag_logs=len(waiting),
        lag_seconds=_waited(waiting, all_read_at(name, settings.home), committed, now()),
        committed=committed,
        paused=paused,
    )


def _waited(
    waiting: Sequence[Position], read: datetime | None, committed: datetime | None, now: datetime
) -> float:
    """For how many seconds what waits may have waited."""
    written = [each.written for each in waiting if each.written]
    if not written:
        return 0.0
    known = [time for time in (read, committed) if time]
    since = min(*written, max(known)) if known else min(written)
    return max(0.0, round((now - since).total_seconds(), 3))


def _committed(name: str, checkpoint: Checkpoint, metadata: TableMetadata) -> datetime | None:
    """When the last delivery was: its receipt tells, or the first snapshot with its checkpoint."""
    if checkpoint.receipt:
        return datetime.fromtimestamp(checkpoint.receipt.committed_ms / 1000, UTC)
    committed = None
    for snapshot, text in checkpoints(metadata, name):
        if Checkpoint.from_json(text).sequence == checkpoint.sequence:
            committed = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
    return committed if checkpoint.sequence else None


def _rejected(name: str, checkpoint: Checkpoint, catalog: Catalog) -> dict[str, int]:
    """The stream's delivered rejects by reason, the most frequent first."""
    if not checkpoint.last_rejects:
        return {}
    delivered = And(
        EqualTo(term=Reference("stream"), value=literal(name)),
        LessThanOrEqual(term=Reference("ingest_seq"), value=literal(checkpoint.last_rejects)),
    )
    scan = catalog.load_table(REJECTS).scan(delivered, selected_fields=("reason",))
    return dict(Counter(scan.to_arrow().column("reason").to_pylist()).most_common())
