"""How far each log has been landed, and how a log is known again.

A log is known by its content, not by its name: it is the one that begins with the same bytes
and has the same bytes before the bookmark. So a renamed, rotated, copied or compressed log goes
on where it was left, and one that was truncated and written anew begins anew.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from hashlib import blake2b
from io import BufferedIOBase
from pathlib import Path
from typing import Any

# The head tells logs apart by their first records; the lines before the offset catch a log that
# was truncated and begins with the same header again.
HEAD_BYTES = 4096
TAIL_BYTES = 512
_VERSION = 1


@dataclass(frozen=True)
class Bookmark:
    """How far one log has been landed. Offsets count bytes of decompressed text."""

    log: str
    offset: int
    line: int  # lines before the offset, the header and a last line without end among them
    head: str  # fingerprint of the first bytes, HEAD_BYTES at most, none after the offset
    tail: str  # fingerprint of the last lines before the offset
    open: bool = False  # whether the last of them had no end
    encoding: str = ""  # settled at the first line beyond ASCII
    sealed: str = ""  # fingerprint of the file, when it counts only as a whole


@dataclass(frozen=True)
class Move:
    """A log's bookmark before a delivery (None: it was never read) and after it."""

    left: Bookmark | None
    reached: Bookmark


@dataclass(frozen=True)
class Lag:
    """What waits in a stream's logs: bytes of so many files, the oldest written so long ago."""

    bytes: int
    logs: int
    seconds: float


@dataclass(frozen=True)
class Receipt:
    """What a delivery did; its checkpoint keeps it until the ledger has it.

    `base` is the delivery that it was made on top of: not always the number before its own, for
    those in between may have been taken back.
    """

    base: int
    committed_ms: int  # Unix milliseconds
    landed: int
    dropped: int
    rejected: Mapping[str, int]  # by reason
    moves: tuple[Move, ...]
    lag: Lag | None = None  # when it was committed; None: nobody knows

    @property
    def lines(self) -> int:
        """Lines read, each of them landed, rejected or dropped."""
        return self.landed + self.dropped + sum(self.rejected.values())

    def moves_json(self) -> str:
        """The bookmarks that were left and reached, as text."""
        return json.dumps([[_fields(m.left), _fields(m.reached)] for m in self.moves])


@dataclass(frozen=True)
class Checkpoint:
    """How far a stream has been delivered: what the next delivery starts from.

    `highest` is the highest number that any delivery ever had. It is more than `sequence` when
    deliveries were taken back: no number is used again. `gone` has the bookmarks of logs that are
    in no source, with the Unix milliseconds since when; so many of them were `forgotten`: only
    the ledger has those.
    """

    sequence: int = 0
    next_record_id: int = 1
    bookmarks: tuple[Bookmark, ...] = ()
    last_rejects: int = 0  # the sequence of the last delivery that had rejects
    claims: int = 0  # how often an ingester had to clear up after another one
    landed: int = 0  # records, of all that were read
    dropped: int = 0  # by a transform
    shipment: str = ""  # the objects of the last delivery, "" when it had none
    version: int = 0  # of the stream's configuration
    settings: str = ""  # fingerprint of that
    receipt: Receipt | None = None
    highest: int = 0
    gone: Mapping[Bookmark, int] = field(default_factory=dict)
    forgotten: int = 0

    @property
    def next_sequence(self) -> int:
        """The number of the next delivery."""
        return max(self.sequence, self.highest) + 1

    def to_json(self) -> str:
        """The text that is kept in a snapshot summary."""
        logs = [astuple(bookmark) for bookmark in self.bookmarks]
        fields = {
            "v": _VERSION,
            "seq": self.sequence,
            "next": self.next_record_id,
            "rejects": self.last_rejects,
            "claims": self.claims,
            "landed": self.landed,
            "dropped": self.dropped,
            "shipment": self.shipment,
            "version": self.version,
            "settings": self.settings,
            "receipt": _receipt_fields(self.receipt),
            "logs": logs,
            "gone": [[n, at] for n, m in enumerate(self.bookmarks) if (at := self.gone.get(m))],
            "forgotten": self.forgotten,
        }
        return json.dumps(fields, separators=(",", ":"))

    @staticmethod
    def from_json(text: str | None, highest: int = 0) -> "Checkpoint":
        """The checkpoint in `text`; None is the beginning."""
        if text is None:
            return Checkpoint(highest=highest)
        fields = json.loads(text)
        logs = tuple(Bookmark(*log) for log in fields["logs"])
        return Checkpoint(
            fields["seq"],
            fields["next"],
            logs,
            fields["rejects"],
            fields["claims"],
            # Checkpoints from before these were counted tell how many lines there were.
            fields.get("landed", fields["next"] - 1),
            fields.get("dropped", 0),
            fields.get("shipment", ""),
            fields.get("version", 0),
            fields.get("settings", ""),
            _receipt(fields.get("receipt")),
            highest,
            {logs[n]: at for n, at in fields.get("gone", ())},
            fields.get("forgotten", 0),
        )

    def after(self, receipt: Receipt) -> "Checkpoint":
        """The checkpoint one delivery later."""
        kept = list(self.bookmarks)
        for move in receipt.moves:
            # A copy that has grown further does not make us forget the log it was copied from.
            if move.left in kept and move.left.log == move.reached.log:
                kept.remove(move.left)
            kept.append(move.reached)
        sequence = self.next_sequence
        return replace(
            self,
            sequence=sequence,
            next_record_id=self.next_record_id + receipt.lines,
            bookmarks=tuple(kept),
            last_rejects=sequence if receipt.rejected else self.last_rejects,
            landed=self.landed + receipt.landed,
            dropped=self.dropped + receipt.dropped,
            receipt=receipt,
            highest=sequence,
        )

    def before(self, receipt: Receipt) -> "Checkpoint":
        """The checkpoint one delivery earlier, `receipt` being that of the last one."""
        kept = list(self.bookmarks)
        for move in reversed(receipt.moves):
            if move.reached in kept:
                kept.remove(move.reached)
            if move.left and move.left.log == move.reached.log and move.left not in kept:
                kept.append(move.left)
        return replace(
            self,
            sequence=receipt.base,
            next_record_id=self.next_record_id - receipt.lines,
            bookmarks=tuple(kept),
            last_rejects=min(self.last_rejects, receipt.base),
            landed=self.landed - receipt.landed,
            dropped=self.dropped - receipt.dropped,
            receipt=None,
            shipment="",
            gone={},
        )

    def configured(self, settings: str) -> "Checkpoint":
        """The same place, read with a configuration: a changed one has the next version."""
        if settings == self.settings:
            return self
        return replace(self, version=self.version + 1, settings=settings)

    def claimed(self) -> "Checkpoint":
        """The same place in the stream, but no base for a delivery that is still under way."""
        return replace(self, claims=self.claims + 1)


def moves_from_json(text: str) -> tuple[Move, ...]:
    """The moves of a receipt, from the text that `Receipt.moves_json` made of them."""
    return _moves(json.loads(text))


def _moves(pairs: Iterable[Any]) -> tuple[Move, ...]:
    return tuple(Move(Bookmark(*left) if left else None, Bookmark(*to)) for left, to in pairs)


def _fields(bookmark: Bookmark | None) -> tuple[Any, ...] | None:
    return astuple(bookmark) if bookmark else None


def _receipt_fields(receipt: Receipt | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    moves = [[_fields(move.left), _fields(move.reached)] for move in receipt.moves]
    lag = astuple(receipt.lag) if receipt.lag else None
    return {**vars(receipt), "moves": moves, "lag": lag}


def _receipt(fields: dict[str, Any] | None) -> Receipt | None:
    if fields is None:
        return None
    lag = Lag(*fields["lag"]) if fields.get("lag") else None
    return Receipt(**{**fields, "moves": _moves(fields["moves"]), "lag": lag})


def fingerprint(content: bytes) -> str:
    """Sixteen hexadecimal digits that stand for `content`."""
    return blake2b(content, digest_size=8).hexdigest()


def file_fingerprint(file: Path) -> str:
    """Stands for a gzip file or a workbook: both end with checksums of all they hold."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        size = stream.seek(0, 2)
        stream.seek(max(0, size - HEAD_BYTES))
        return fingerprint(head + stream.read() + str(size).encode())


def tail_fingerprint(before: bytes) -> str:
    """Stands for the whole lines among the last TAIL_BYTES of `before`."""
    tail = before[-TAIL_BYTES:]
    begin = tail.find(b"\n", 0, -1) + 1
    return fingerprint(tail[begin:])


def recognise(stream: BufferedIOBase, bookmarks: Iterable[Bookmark]) -> Bookmark | None:
    """The furthest bookmark that was made in this log, None when it was never read."""
    return next(made_in(stream, bookmarks), None)


def made_in(stream: BufferedIOBase, bookmarks: Iterable[Bookmark]) -> Iterator[Bookmark]:
    """The bookmarks that were made in this log, the furthest first."""
    for bookmark in same_head(stream, bookmarks):
        start = max(0, bookmark.offset - TAIL_BYTES)
        stream.seek(start)
        if tail_fingerprint(stream.read(bookmark.offset - start)) == bookmark.tail:
            yield bookmark


def altered(stream: BufferedIOBase, name: str, bookmarks: Iterable[Bookmark]) -> Bookmark | None:
    """The bookmark of a landed log that this one, which was not recognised, is a changed copy of.

    It is one when a full head is the same, or when it has the name of a landed log and still
    holds its last landed lines. To land it would land lines twice.
    """
    bookmarks = list(bookmarks)
    for bookmark in same_head(stream, bookmarks):
        if bookmark.offset >= HEAD_BYTES:
            return bookmark
    tails = {bookmark.tail: bookmark for bookmark in bookmarks if bookmark.log == name}
    stream.seek(0)
    before = b""
    for line in stream if tails else ():
        before = (before + line)[-TAIL_BYTES:]
        if found := tails.get(tail_fingerprint(before)):
            return found
    return None


def same_head(stream: BufferedIOBase, bookmarks: Iterable[Bookmark]) -> list[Bookmark]:
    """The bookmarks of logs that begin like this one, the furthest first."""
    stream.seek(0)
    content = stream.read(HEAD_BYTES)
    heads: dict[int, str] = {}
    same = []
    for bookmark in bookmarks:
        length = min(bookmark.offset, HEAD_BYTES)
        if length not in heads:
            heads[length] = fingerprint(content[:length])
        if bookmark.head == heads[length]:
            same.append(bookmark)
    return sorted(same, key=lambda bookmark: bookmark.offset, reverse=True)
