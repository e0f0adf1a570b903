"""The deliveries of a stream that count, back to its beginning: what a rewind goes along."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo, Reference
from pyiceberg.expressions.literals import literal

from ingest.bookmarks import Checkpoint, Move, Receipt, moves_from_json
from lakehouse.errors import CatalogError, ConfigError
from lakehouse.tables.ops import DELIVERIES


@dataclass(frozen=True)
class Goal:
    """Where a stream is to be rewound: to a delivery, or to the last one before a time (UTC)."""

    sequence: int | None = None
    time: datetime | None = None

    def reached(self, sequence: int, committed_at: datetime | None) -> bool:
        """Whether a delivery is not after it."""
        if self.sequence is not None:
            return sequence <= self.sequence
        return committed_at is None or (self.time is not None and committed_at <= self.time)


@dataclass(frozen=True)
class Rewound:
    """A checkpoint of the past, and the moves that were undone to reach it, the last one first."""

    checkpoint: Checkpoint
    undone: tuple[Move, ...]


def rewound(stream: str, checkpoint: Checkpoint, goal: Goal, catalog: Catalog) -> Rewound:
    """The stream's checkpoint as it was at the goal, as its ledger tells.

    Raises ConfigError for a delivery that there is not, or that was taken back before,
    CatalogError when the ledger lacks one on the way.
    """
    undone: list[Move] = []
    entered = _entered(stream, catalog)
    while checkpoint.sequence:
        found = entered.get(checkpoint.sequence)
        if goal.reached(checkpoint.sequence, found[1] if found else None):
            break
        if found is None:
            raise CatalogError(
                f"ops.deliveries does not tell what delivery {checkpoint.sequence} was made of",
                hint=f"`lakehouse bookmarks reset {stream}` takes everything back",
            )
        undone += reversed(found[0].moves)
        checkpoint = checkpoint.before(found[0])
    if goal.sequence is not None and checkpoint.sequence != goal.sequence:
        raise ConfigError(
            f"stream {stream!r} has no delivery {goal.sequence}",
            hint=f"those that count are in ops.deliveries; the one before is {checkpoint.sequence}",
        )
    return Rewound(checkpoint, tuple(undone))


def moves_back(stream: str, checkpoint: Checkpoint, catalog: Catalog) -> Iterator[Move]:
    """The moves of the deliveries that count, the last one first, as far as the ledger tells."""
    sequence = checkpoint.sequence
    if checkpoint.receipt:
        yield from reversed(checkpoint.receipt.moves)
        sequence = checkpoint.receipt.base
    if not sequence or not catalog.table_exists(DELIVERIES):
        return
    columns = ("sequence", "base_sequence", "moves")
    rows = catalog.load_table(DELIVERIES).scan(_of(stream), selected_fields=columns).to_arrow()
    for batch in rows.sort_by([("sequence", "descending")]).to_batches():
        for row in batch.to_pylist():
            if row["sequence"] > sequence:
                continue  # taken back, or told by the receipt
            if row["sequence"] < sequence or row["moves"] is None:
                return
            yield from reversed(moves_from_json(row["moves"]))
            sequence = row["base_sequence"]


def _of(stream: str) -> EqualTo:
    return EqualTo(term=Reference("stream"), value=literal(stream))


def _entered(stream: str, catalog: Catalog) -> dict[int, tuple[Receipt, datetime]]:
    """The receipts that the ledger has of the stream, and when they were given, by sequence."""
    rows = catalog.load_table(DELIVERIES).scan(_of(stream)).to_arrow().to_pylist()
    return dict(_receipts(rows))


def _receipts(
    rows: list[dict[str, object]],
) -> Iterator[tuple[int, tuple[Receipt, datetime]]]:
    for row in rows:
        if row["moves"] is None:
            continue  # of a version that did not tell
        at = row["committed_at"]
        assert isinstance(at, datetime)  # noqa: S101 - the column's type
        receipt = Receipt(
            base=int(str(row["base_sequence"])),
            committed_ms=int(at.timestamp() * 1000),
            landed=int(str(row["landed"])),
            dropped=int(str(row["dropped"] or 0)),
            rejected=json.loads(str(row["reasons"])),
            moves=moves_from_json(str(row["moves"])),
        )
        yield int(str(row["sequence"])), (receipt, at)
