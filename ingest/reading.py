"""Reading a log in blocks of whole lines, in bounded memory."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import BinaryIO

from ingest.screening import LONGEST_LINE

BLOCK_BYTES = 16 << 20
# Of a line without end this much is held: enough to see that it is too long, and to keep of it
# what is kept of such a line.
_HELD_BYTES = LONGEST_LINE + 1


@dataclass(frozen=True)
class LineBlock:
    """Whole lines, and the bytes of the log they are: `consumed` of them, the last in `end`.

    More is consumed than there is text where the middle of an endless line was passed over.
    Only the last block of a log may be `open`: its last line has no end yet.
    """

    text: bytes
    consumed: int
    end: bytes
    open: bool = False


def line_blocks(
    stream: BinaryIO, size: int = BLOCK_BYTES, end: int = 0
) -> Generator[LineBlock, None, None]:
    """The rest of the stream in blocks of about `size` bytes, each with its last `end` bytes."""
    pending, passed = b"", b""  # of the bytes passed over the last are kept
    consumed = 0
    while got := stream.read(size):
        cut = got.rfind(b"\n") + 1
        if passed and cut:
            first = got.find(b"\n") + 1
            last = (passed + got[:first])[-end:]
            yield LineBlock(pending + b"\n", consumed + first, last)
            got, cut = got[first:], cut - first
            pending, passed, consumed = b"", b"", 0
        if cut:
            text = pending + got[:cut]
            yield LineBlock(text, len(text), text[-end:])
            pending, consumed = got[cut:], len(got) - cut
        else:
            pending += got
            consumed += len(got)
        if len(pending) > _HELD_BYTES:
            passed = (passed + pending[_HELD_BYTES:])[-max(end, 1) :]
            pending = pending[:_HELD_BYTES]
    if pending:
        yield LineBlock(pending, consumed, (pending + passed)[-end:], open=True)
