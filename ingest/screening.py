"""Lines a CSV parser can be trusted with, separated from those that would harm their neighbours.

A quote that is not closed makes pyarrow swallow the next line, makes polars fail the file and
DuckDB return one row of a thousand. So before any parser sees a block of lines, every line in
it must be well-formed by itself. A log line is one record: a quoted field that goes on over
several lines is refused, each of its lines alone.
"""

import csv
import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ingest.rejects import Reason, Reject, readable

# The largest record Firehose takes (PutRecord: 1,000 KiB).
LONGEST_LINE = 1_000 * 1024

NEWLINE, RETURN, QUOTE, COMMA = b'\n\r",'

Numbers = npt.NDArray[np.int64]


@dataclass
class Block:
    """Whole lines of UTF-8 text, each ended by a newline, and what is known of them."""

    text: bytes
    ends: Numbers  # the offset of the newline that ends each line
    rejects: dict[int, Reject] = field(default_factory=dict)  # by index of the line
    rewritten: dict[int, bytes] = field(default_factory=dict)  # the same fields, quoted properly

    @property
    def count(self) -> int:
        """How many lines there are, good and bad."""
        return len(self.ends)

    def line(self, index: int) -> bytes:
        """The line at `index`, without its end."""
        start = int(self.ends[index - 1]) + 1 if index else 0
        return self.text[start : int(self.ends[index])]

    def reject(self, index: int, reason: Reason, detail: str) -> None:
        """Refuse a line, unless something graver was found before."""
        if index not in self.rejects:
            self.rejects[index] = Reject(index, reason, detail, readable(self.line(index)))

    def sound_lines(self) -> tuple[bytes, Numbers | None]:
        """The text of the lines that are left, and their indices (None: all of them)."""
        if not self.rejects and not self.rewritten:
            return self.text, None
        kept = np.ones(self.count, dtype=bool)
        kept[list(self.rejects)] = False
        text = io.BytesIO()
        done = 0
        for index in sorted({*self.rejects, *self.rewritten}):
            start = int(self.ends[index - 1]) + 1 if index else 0
            text.write(self.text[done:start])
            if index not in self.rejects:
                text.write(self.rewritten[index])
            done = int(self.ends[index]) + 1
        text.write(self.text[done:])
        return text.getvalue(), np.flatnonzero(kept)


def screen(text: bytes) -> Block:
    """The lines of `text`, with those refused that can't be parsed by themselves.

    `text` is UTF-8, except in the lines that are not; it ends with a newline.
    """
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    raw = np.frombuffer(text, dtype=np.uint8)
    block = Block(text, np.flatnonzero(raw == NEWLINE))
    _refuse_blank_and_long(block)
    if b"\0" in text:
        _refuse_byte(block, raw == 0, Reason.NUL_BYTE, "NUL")
    if b"\r" in text:
        _refuse_byte(block, raw == RETURN, Reason.CARRIAGE_RETURN, "carriage return")
    if not text.isascii():
        _refuse_invalid_utf8(block, raw)
    if b'"' in text:
        _refuse_bad_quotes(block, raw)
    return block


def _refuse_blank_and_long(block: Block) -> None:
    lengths = np.diff(block.ends, prepend=-1) - 1
    for index in np.flatnonzero(lengths == 0):
        block.reject(int(index), Reason.BLANK_LINE, "nothing in it")
    for index in np.flatnonzero(lengths > LONGEST_LINE):
        detail = f"{int(lengths[index]):,} bytes, at most {LONGEST_LINE:,} are taken"
        block.reject(int(index), Reason.LINE_TOO_LONG, detail)


def _refuse_byte(block: Block, found: npt.NDArray[np.bool_], reason: Reason, name: str) -> None:
    lines, counts = np.unique(
        np.searchsorted(block.ends, np.flatnonzero(found)), return_counts=True
    )
    for index, count in zip(lines, counts, strict=True):
        column = block.line(int(index)).find(b"\0" if reason is Reason.NUL_BYTE else b"\r")
        block.reject(int(index), reason, f"{count} {name} byte(s), the first at {column}")


def _refuse_invalid_utf8(block: Block, raw: npt.NDArray[np.uint8]) -> None:
    try:
        block.text.decode("utf-8")
    except UnicodeDecodeError:
        for index in lines_beyond_ascii(block.ends, raw):
            try:
                block.line(index).decode("utf-8")
            except UnicodeDecodeError as e:
                detail = f"byte 0x{e.object[e.start]:02x} at {e.start}: {e.reason}"
                block.reject(index, Reason.INVALID_UTF8, detail)


def lines_beyond_ascii(ends: Numbers, raw: npt.NDArray[np.uint8]) -> list[int]:
    """The indices of the lines that hold a byte above 0x7f."""
    return [int(n) for n in np.unique(np.searchsorted(ends, np.flatnonzero(raw > 0x7F)))]


def _refuse_bad_quotes(block: Block, raw: npt.NDArray[np.uint8]) -> None:
    """Refuse lines whose quotes don't pair, rewrite those that pair in an irregular way.

    Regular (RFC 4180): an opening quote begins a field or follows a closing one (a doubled
    quote), a closing quote ends a field or precedes an opening one.
    """
    at = np.flatnonzero(raw == QUOTE)
    lines, first, counts = np.unique(
        np.searchsorted(block.ends, at), return_index=True, return_counts=True
    )
    opening = (np.arange(len(at)) - np.repeat(first, counts)) % 2 == 0
    neighbour = np.where(opening, raw[at - 1], raw[at + 1])
    irregular = (neighbour != COMMA) & (neighbour != NEWLINE) & (neighbour != QUOTE)
    for index, count in zip(lines[counts % 2 == 1], counts[counts % 2 == 1], strict=True):
        block.reject(int(index), Reason.UNBALANCED_QUOTES, f"{count} quote(s)")
    for index in np.unique(np.repeat(lines, counts)[irregular]):
        if int(index) not in block.rejects:
            _rewrite(block, int(index))


def _rewrite(block: Block, index: int) -> None:
    """Quote the line's fields anew: `5" X 7" FRAME` is a field, quotes and all."""
    try:
        text = block.line(index).decode("utf-8")
        fields = next(csv.reader([text], strict=True))
    except csv.Error as e:
        block.reject(index, Reason.MISPLACED_QUOTE, str(e))
        return
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(fields)
    block.rewritten[index] = line.getvalue().encode()


def field_counts(text: bytes) -> Numbers:
    """How many fields each line of well-formed CSV text has."""
    raw = np.frombuffer(text, dtype=np.uint8)
    commas = np.flatnonzero(raw == COMMA)
    if b'"' in text:
        # Every line pairs its quotes, so a comma is quoted when an odd number precedes it.
        commas = commas[np.searchsorted(np.flatnonzero(raw == QUOTE), commas) % 2 == 0]
    ends = np.flatnonzero(raw == NEWLINE)
    return np.diff(np.searchsorted(commas, ends), prepend=0) + 1
