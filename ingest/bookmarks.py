"""How far each log has been landed, and how a log is known again.

A log is known by its content, not by its name: it is the one that begins with the same bytes
and has the same bytes before the bookmark. So a renamed, rotated, copied or compressed log goes
on where it was left, and a log that was truncated and written anew begins anew.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import BinaryIO

# The head tells logs apart that differ in their first records; the bytes before the offset catch
# a log that was truncated and begins with the same header again.
HEAD_BYTES = 4096
TAIL_BYTES = 256


@dataclass(frozen=True)
class Bookmark:
    """How far one log has been landed. Offsets count bytes of decompressed text."""

    log: str
    offset: int
    line: int  # lines before the offset, the header among them
    head: str  # fingerprint of the first HEAD_BYTES before the offset
    tail: str  # fingerprint of the last TAIL_BYTES before the offset
    encoding: str = ""  # decided at the first line beyond ASCII
    open_line: int = 0  # the record id of a last line that had no end


@dataclass(frozen=True)
class Checkpoint:
    """How far a stream has been delivered: what the next delivery starts from."""

    sequence: int = 0
    next_record_id: int = 1
    bookmarks: tuple[Bookmark, ...] = ()

    def to_json(self) -> str:
        """The text that is kept in a snapshot summary."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str | None) -> "Checkpoint":
        """The checkpoint in `text`; None is the beginning."""
        if text is None:
            return Checkpoint()
        values = json.loads(text)
        return replace(
            Checkpoint(**values), bookmarks=tuple(Bookmark(**b) for b in values["bookmarks"])
        )

    def after(self, records: int, moves: Iterable["Move"]) -> "Checkpoint":
        """The checkpoint one delivery later."""
        kept = list(self.bookmarks)
        for move in moves:
            # A copy that has grown further does not make us forget the log it was copied from.
            if move.left in kept and move.left.log == move.reached.log:
                kept.remove(move.left)
            kept.append(move.reached)
        return Checkpoint(self.sequence + 1, self.next_record_id + records, tuple(kept))


@dataclass(frozen=True)
class Move:
    """A log's bookmark before a delivery (None: it was never read) and after it."""

    left: Bookmark | None
    reached: Bookmark


def fingerprint(content: bytes) -> str:
    """Sixteen hexadecimal digits that stand for `content`."""
    return blake2b(content, digest_size=8).hexdigest()


def recognise(stream: BinaryIO, bookmarks: Iterable[Bookmark]) -> Bookmark | None:
    """The furthest bookmark that was made in this log, None when it was never read."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    same_head = [b for b in bookmarks if b.head == fingerprint(head[: b.offset])]
    for bookmark in sorted(same_head, key=lambda b: b.offset, reverse=True):
        if fingerprint(_before(stream, bookmark.offset)) == bookmark.tail:
            return bookmark
    return None


def _before(stream: BinaryIO, offset: int) -> bytes:
    start = max(0, offset - TAIL_BYTES)
    stream.seek(start)
    return stream.read(offset - start)
