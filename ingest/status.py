"""How a stream stands: what was delivered, and what waits."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, LessThanOrEqual, Reference
from pyiceberg.expressions.literals import literal

from ingest.bookmarks import Checkpoint
from ingest.opening import stream_settings
from ingest.positions import stream_positions
from lakehouse.config import Settings
from lakehouse.tables.checkpoints import checkpoints, read_checkpoint
from lakehouse.tables.landing import REJECTS


@dataclass(frozen=True)
class StreamStatus:
    """Everything delivered so far, and the bytes of the stream's logs that are not.

    `committed` is when the last delivery was, in UTC; None when there was none, or when its
    snapshot has expired.
    """

    stream: str
    sequence: int
    lines: int
    landed: int
    rejected: dict[str, int]  # by reason
    dropped: int
    lag_bytes: int
    lag_logs: int
    committed: datetime | None


def stream_status(name: str, catalog: Catalog, settings: Settings) -> StreamStatus:
    """How a declared stream stands.

    Raises ConfigError when there is no such stream, CatalogError when its bookmark is lost.
    """
    lags = [each.lag for each in stream_positions(name, catalog, settings) if each.lag]
    checkpoint, committed = Checkpoint(), None
    table = stream_settings(name, settings).identifier
    if catalog.table_exists(table):
        metadata = catalog.load_table(table).metadata
        checkpoint = Checkpoint.from_json(read_checkpoint(metadata, name))
        # Later commits of others carry the checkpoint on: the delivery is the first that has it.
        for snapshot, text in checkpoints(metadata, name):
            if Checkpoint.from_json(text).sequence == checkpoint.sequence:
                committed = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
    lines = checkpoint.next_record_id - 1
    rejected = _rejected(name, checkpoint, catalog)
    dropped = checkpoint.dropped
    landed = lines - sum(rejected.values()) - dropped
    lag, logs = sum(lags), len(lags)
    return StreamStatus(
        name, checkpoint.sequence, lines, landed, rejected, dropped, lag, logs, committed
    )


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
