"""Reading a log in blocks of whole lines, in bounded memory."""

import sys
from collections.abc import Generator
from dataclasses import dataclass
from io import BufferedIOBase

from ingest.screening import LONGEST_LINE, Text

# Small enough for several to be under way at once, large enough for what each costs in itself.
BLOCK_BYTES = 8 << 20
# Of a line without end this much is held: enough to see that it is too long, and to keep of it
# what is kept of such a line.
_HELD_BYTES = LONGEST_LINE + 1


@dataclass(frozen=True)
class LineBlock:
    """Whole lines, and the bytes of the log they are: `consumed` of them, the last in `end`.

    More is consumed than there is text where the middle of an endless line was passed over.
    Only the last block of a log may be `open`: its last line has no end yet.
    """

    text: Text
    consumed: int
    end: bytes
    open: bool = False


def line_blocks(
    stream: BufferedIOBase, size: int = BLOCK_BYTES, end: int = 0
) -> Generator[LineBlock, None, None]:
    """The rest of the stream in blocks of about `size` bytes, each with its last `end` bytes."""
    pages = _Pages()
    line, length = b"", 0  # the line under way: what is held of it, and how long it is so far
    passed = b""  # the last bytes of it that are not held
    while block := _read_after(line, stream, pages.take(len(line) + size)):
        if passed:
            ended = block.find(b"\n", len(line)) + 1
            passed = _last(passed + block[len(line) : ended or None], max(end, 1))
            length += (ended or len(block)) - len(line)
            if not ended:
                continue
            yield LineBlock(line + b"\n", length, _last(passed, end))
            del block[:ended]
            passed = b""
        cut = block.rfind(b"\n") + 1
        line, length = bytes(block[cut : cut + _HELD_BYTES]), len(block) - cut
        if length > len(line):
            passed = _last(block, max(end, 1))
        del block[cut:]
        if block:
            yield LineBlock(block, len(block), _last(block, end))
    if line:
        yield LineBlock(line, length, _last(line + passed, end), open=True)


class _Pages:
    """Memory for blocks, taken again when nobody holds the block any more.

    To get it anew, and to fill it with zeros, costs a twentieth of the time that parsing takes.
    """

    # To be told from a block in use by its references: the list, the name, and the question.
    _FREE = 3
    _SLACK = 4 << 10  # what begins the next block is usually shorter

    def __init__(self) -> None:
        self._pages: list[bytearray] = []

    def take(self, length: int) -> bytearray:
        """So many bytes, whatever they hold."""
        for place in reversed(range(len(self._pages))):
            page = self._pages[place]
            if sys.getrefcount(page) > self._FREE:
                continue
            if len(page) > length // 2:
                page.extend(bytes(max(0, length - len(page))))
                del page[length:]
                return page
            del self._pages[place]  # of a block that was cut short, nearly nothing is left
        page = bytearray(length + self._SLACK)
        self._pages.append(page)
        del page[length:]
        return page


def _read_after(begin: bytes, stream: BufferedIOBase, block: bytearray) -> bytearray:
    """`block` with `begin` and what comes after it, as far as it goes; empty at the end.

    Read in place: each copy of a block would cost a tenth of the time it takes to parse it.
    """
    block[: len(begin)] = begin
    with memoryview(block) as view, view[len(begin) :] as rest:
        got = stream.readinto(rest)
    del block[len(begin) + got if got else 0 :]
    return block


def _last(text: Text, length: int) -> bytes:
    return bytes(text[max(0, len(text) - length) :])
