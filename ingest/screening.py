"""Lines a CSV parser can be trusted with, separated from those that would harm their neighbours.

A quote that is not closed makes pyarrow swallow the next line, makes polars fail the file and
DuckDB return one row of a thousand. So before any parser sees a block of lines, every line in
it must be well-formed by itself. A log line is one record: a quoted field that goes on over
several lines is refused, each of its lines alone.
"""

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.rejects import Reason, Reject, readable

# The largest record Firehose takes (PutRecord: 1,000 KiB). Of a longer line, as much is kept.
LONGEST_LINE = 1_000 * 1024

NEWLINE, RETURN, QUOTE, COMMA = b'\n\r",'

# Text is compared a piece at a time: all at once takes as much memory anew. The pieces are large,
# because threads that parse wait for each other at each of them, for Python's lock.
_PIECE = 1 << 20

Text: TypeAlias = bytes | bytearray
Numbers: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]


def count_lines(text: Text) -> int:
    """How many lines of the text have an end."""
    raw = np.frombuffer(text, dtype=np.uint8)
    return sum(int(np.count_nonzero(found)) for _, found in _pieces(raw, NEWLINE))


def _places(raw: Bytes, byte: int) -> Numbers:
    """The offsets at which the byte is."""
    places = [np.flatnonzero(found) + at for at, found in _pieces(raw, byte)]
    return np.concatenate(places) if places else np.array([], dtype=np.int64)


def _pieces(raw: Bytes, byte: int) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Where the byte is, piece by piece, each with its offset, and only until the next one."""
    found = np.empty(min(len(raw), _PIECE), dtype=np.bool_)
    for at in range(0, len(raw), _PIECE):
        piece = raw[at : at + _PIECE]
        yield at, np.equal(piece, byte, out=found[: len(piece)])


@dataclass
class Block:
    """Whole lines of text, each with its end, and what is found to be wrong with them."""

    text: Text  # a CRLF becomes a newline
    rejects: dict[int, Reject] = field(default_factory=dict)  # by index of the line
    rewritten: dict[int, bytes] = field(default_factory=dict)  # the same fields, quoted properly

    def __post_init__(self) -> None:
        if b"\r" in self.text:
            self.text = self.text.replace(b"\r\n", b"\n")

    @cached_property
    def raw(self) -> Bytes:
        """The text as numbers."""
        return np.frombuffer(self.text, dtype=np.uint8)

    @cached_property
    def count(self) -> int:
        """How many lines there are, good and bad."""
        return count_lines(self.text)

    @cached_property
    def ends(self) -> Numbers:
        """The offset of the newline that ends each line."""
        return _places(self.raw, NEWLINE)

    def line(self, index: int) -> bytes:
        """The line at `index`, without its end."""
        return bytes(self.text[self._start(index) : int(self.ends[index])])

    def reject(self, index: int, reason: Reason, detail: str) -> None:
        """Refuse a line, unless something graver was found before."""
        if index not in self.rejects:
            raw = self.line(index)
            if not raw.strip():
                reason, detail = Reason.BLANK_LINE, f"{len(raw)} spaces"
            self.rejects[index] = Reject(index, reason, detail, readable(raw[:LONGEST_LINE]))

    def sound_lines(self) -> tuple[Text, Numbers | None]:
        """The text of the lines that are left, and their indices (None: all of them)."""
        if not self.rejects and not self.rewritten:
            return self.text, None
        return self.without(self.rejects)

    def without(self, left_out: Collection[int]) -> tuple[Text, Numbers]:
        """The text of all lines but those, and the indices of what it holds."""
        kept = np.ones(self.count, dtype=bool)
        kept[list(left_out)] = False
        pieces, done = [], 0
        for index in sorted({*left_out, *self.rewritten}):
            pieces.append(self.text[done : self._start(index)])
            if kept[index]:
                pieces.append(self.rewritten[index])
            done = int(self.ends[index]) + 1
        pieces.append(self.text[done:])
        return b"".join(pieces), np.flatnonzero(kept)

    def _start(self, index: int) -> int:
        return int(self.ends[index - 1]) + 1 if index else 0


def screen(block: Block) -> None:
    """Refuse the lines that a CSV parser could not take one by one.

    Each check is a search for something rare; only what it finds is looked at line by line.
    """
    screen_text(block)
    text = block.text
    if b'"' in text:
        quotes = _places(block.raw, QUOTE)
        if not _all_regular(block, quotes, COMMA):
            _refuse_bad_quotes(block, quotes)


def irregular_lines(block: Block, delimiter: int) -> list[int]:
    """The indices of lines with quotes that a CSV parser could not take, or not as they are."""
    if b'"' not in block.text:
        return []
    quotes = _places(block.raw, QUOTE)
    if _all_regular(block, quotes, delimiter):
        return []
    lines = np.searchsorted(block.ends, quotes)
    found, first, counts = np.unique(lines, return_index=True, return_counts=True)
    opening = (np.arange(len(quotes)) - np.repeat(first, counts)) % 2 == 0
    irregular = lines[~_regular(block, quotes, opening, delimiter)]
    return [int(n) for n in np.union1d(found[counts % 2 == 1], irregular)]


def screen_text(block: Block) -> None:
    """Refuse the lines that are too long, or no text."""
    text = block.text
    if _any_too_long(text):
        _refuse_too_long(block)
    if b"\0" in text:
        _refuse_byte(block, 0, Reason.NUL_BYTE)
    if b"\r" in text:
        _refuse_byte(block, RETURN, Reason.CARRIAGE_RETURN)
    if not _is_utf8(text):
        _refuse_invalid_utf8(block)


def lines_beyond_ascii(block: Block) -> list[int]:
    """The indices of the lines that hold a byte above 0x7f."""
    found = np.flatnonzero(block.raw > 0x7F)
    return [int(n) for n in np.unique(np.searchsorted(block.ends, found))]


def _any_too_long(text: Text) -> bool:
    at = 0
    while len(text) - at > LONGEST_LINE + 1:
        at = text.rfind(b"\n", at, at + LONGEST_LINE + 1) + 1
        if not at:
            return True
    return False


def _refuse_too_long(block: Block) -> None:
    lengths = np.diff(block.ends, prepend=-1) - 1
    for index in np.flatnonzero(lengths > LONGEST_LINE):
        detail = f"more than {LONGEST_LINE:,} bytes, the rest is left out here"
        block.reject(int(index), Reason.LINE_TOO_LONG, detail)


def _refuse_byte(block: Block, byte: int, reason: Reason) -> None:
    at = np.searchsorted(block.ends, _places(block.raw, byte))
    for index, count in zip(*np.unique(at, return_counts=True), strict=True):
        block.reject(int(index), reason, f"{count} of them")


def _is_utf8(text: Text) -> bool:
    """Ten times as fast as decoding it."""
    if text.isascii():
        return True
    bounds = pa.array([0, len(text)], pa.int64()).buffers()[1]
    whole = pa.Array.from_buffers(pa.large_utf8(), 1, [None, bounds, pa.py_buffer(text)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _refuse_invalid_utf8(block: Block) -> None:
    """Refuse the lines that are not valid UTF-8."""
    for index in lines_beyond_ascii(block):
        try:
            block.line(index).decode("utf-8")
        except UnicodeDecodeError as e:
            detail = f"byte 0x{e.object[e.start]:02x} at {e.start}: {e.reason}"
            block.reject(index, Reason.INVALID_UTF8, detail)


def _regular(
    block: Block, quotes: Numbers, opening: npt.NDArray[np.bool_], delimiter: int
) -> npt.NDArray[np.bool_]:
    """Which quotes are where RFC 4180 has them.

    An opening quote begins a field or follows a closing one (a doubled quote), a closing one
    ends a field or precedes an opening one.
    """
    neighbours = np.where(opening, block.raw[quotes - 1], block.raw[quotes + 1])
    return np.isin(neighbours, np.array([NEWLINE, QUOTE, delimiter], dtype=np.uint8))


def _all_regular(block: Block, quotes: Numbers, delimiter: int) -> bool:
    """Whether all quotes are regular, and no line ends within them."""
    opening = np.arange(len(quotes)) % 2 == 0
    if len(quotes) % 2 or not _regular(block, quotes, opening, delimiter).all():
        return False
    quoted = b"".join(
        [block.text[a:b] for a, b in quotes.reshape(-1, 2).tolist()]  # cheaper than all lines
    )
    return b"\n" not in quoted


def _refuse_bad_quotes(block: Block, quotes: Numbers) -> None:
    """Refuse lines whose quotes don't pair; rewrite those that pair in an irregular way."""
    lines, first, counts = np.unique(
        np.searchsorted(block.ends, quotes), return_index=True, return_counts=True
    )
    for index, count in zip(lines[counts % 2 == 1], counts[counts % 2 == 1], strict=True):
        block.reject(int(index), Reason.UNBALANCED_QUOTES, f"{count} quote(s)")
    opening = (np.arange(len(quotes)) - np.repeat(first, counts)) % 2 == 0
    irregular = ~_regular(block, quotes, opening, COMMA)
    for index in np.unique(np.repeat(lines, counts)[irregular]):
        if int(index) not in block.rejects:
            _rewrite(block, int(index))


def _rewrite(block: Block, index: int) -> None:
    """Quote the line's fields anew: in `5" X 7" FRAME` the quotes are part of the field."""
    text = block.line(index).decode("utf-8")
    try:
        fields = next(csv.reader([text], strict=True))
    except csv.Error as e:
        block.reject(index, Reason.MISPLACED_QUOTE, str(e))
        return
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(fields)
    block.rewritten[index] = line.getvalue().encode("utf-8")
