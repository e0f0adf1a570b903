"""One log, from its bookmark on, as batches of parsed lines."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BufferedIOBase

from ingest.ahead import in_parallel
from ingest.bookmarks import (
    HEAD_BYTES,
    TAIL_BYTES,
    Bookmark,
    altered,
    fingerprint,
    recognise,
    tail_fingerprint,
)
from ingest.clocks import utc_now
from ingest.encodings import LATIN_1, UTF_8, settle
from ingest.logs import Log, stored_position
from ingest.reading import BLOCK_BYTES, LineBlock, line_blocks
from ingest.records import (
    Opening,
    Parsed,
    RecordFormat,
    Records,
    Transform,
    parse_records,
    read_records,
)
from ingest.screening import Text
from ingest.transforms.contract import Metadata
from lakehouse.errors import SourceError

SNIFFED_BYTES = 64 << 10


@dataclass(frozen=True)
class Reading:
    """How the logs of a stream are read: their format, and what is done to each record first.

    When it `keeps_source`, batches have their lines as they were received. `now` tells the time.
    """

    format: RecordFormat
    transforms: Sequence[Transform] = ()
    block_bytes: int = BLOCK_BYTES
    keeps_source: bool = False
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True)
class Batch:
    """Consecutive lines of one log, parsed, and the log's bookmark before and after them.

    What can't be read again, such as the standard input, has no bookmarks.
    """

    log: str
    first_line: int
    parsed: Parsed
    left: Bookmark | None
    reached: Bookmark | None
    size: int  # bytes of text
    stored: int  # bytes of the file read so far, about
    arrived: datetime
    metadata: Mapping[int, Metadata]  # by the indices of lines
    source: Text = b""  # the lines as they were received, where that is wanted


def has_lines(log: Log, format_: RecordFormat) -> bool:
    """Whether there is more than a header. Raises SourceError when it is not of the format."""
    with log.open() as stream:
        head = stream.read(SNIFFED_BYTES)
        return len(head) > format_.open_log(head, log.name).header_bytes


def read_batches(
    log: Log,
    reading: Reading,
    known: Iterable[Bookmark],
    sealed: str = "",
    *,
    whole_lines: bool = False,
) -> Generator[Batch, None, None]:
    """What is new in the log since the bookmarks in `known` were made.

    `sealed` is the fingerprint of a file that counts only as a whole; with `whole_lines`, a last
    line without end is left to whoever is still writing it. Raises SourceError for a
    log that was changed where it has been landed, is not of the format, or is damaged.
    """
    with log.open() as stream:
        opening = reading.format.open_log(stream.read(SNIFFED_BYTES), log.name)
        left = recognise(stream, known)
        if left is None and (landed := altered(stream, log.name, known)):
            raise SourceError(
                f"{log.name} has been changed before line {landed.line:,}, up to which it was "
                f"landed as {landed.log}",
                hint="put new lines into a new file, or land everything into a new --home",
            )
        reader = _Reader(log, reading, opening, left, sealed)
        if reader.begin(stream, opening.header_bytes):
            blocks = line_blocks(stream, reading.block_bytes, TAIL_BYTES)
            pieces = reader.pieces(stream, (b for b in blocks if not (b.open and whole_lines)))
            for piece, (records, parsed) in in_parallel(reader.parse, pieces):
                yield reader.batch(piece, records, parsed)


@dataclass(frozen=True)
class _Piece:
    """A block that was read, as UTF-8, and what was known of its log by then."""

    block: LineBlock
    text: Text
    arrived: datetime
    continued: bool
    encoding: str
    stored: int


class _Reader:
    """Where the reading of a log stands: what its next bookmark is made of."""

    def __init__(
        self, log: Log, reading: Reading, opening: Opening, left: Bookmark | None, sealed: str
    ) -> None:
        self._log = log
        self._reading = reading
        self._parser = opening.parser
        self._sealed = sealed
        self._bookmark = left
        self._offset = left.offset if left else 0
        self._line = left.line if left else opening.header_lines
        self._open = left.open if left else False
        self._encoding = left.encoding if left else ""
        self._head = b""
        self._tail = b""

    def begin(self, stream: BufferedIOBase, header: int) -> bool:
        """Go to the bookmark, or behind the header; whether there may be something new."""
        stream.seek(0)
        content = stream.read(max(HEAD_BYTES, header))
        if self._bookmark is None:
            self._pass(content[:header], content[:header])
            stream.seek(header)
            return True
        self._head = content[: min(HEAD_BYTES, self._offset)]
        stream.seek(max(0, self._offset - TAIL_BYTES))
        self._tail = stream.read(min(TAIL_BYTES, self._offset))
        return not self._open or self._close_line(stream)

    def pieces(self, stream: BufferedIOBase, blocks: Iterable[LineBlock]) -> Iterator[_Piece]:
        """What there is to parse; runs ahead of `batch`."""
        offset, encoding, continued = self._offset, self._encoding, self._open
        for block in blocks:
            offset += block.consumed
            text = block.text + b"\n" if block.open else block.text
            if self._reading.format.guesses_encoding and not text.isascii():
                encoding = encoding or settle(text, partial(self._rest, offset))
                if encoding == LATIN_1:
                    text = text.decode(LATIN_1).encode(UTF_8)
            now = self._reading.now()
            yield _Piece(block, text, now, continued, encoding, stored_position(stream))
            continued = block.open

    def parse(self, piece: _Piece) -> tuple[Records, Parsed]:
        """The lines of a piece, as they came out of the transforms; may run in any thread."""
        records = read_records(piece.text, piece.arrived, continued=piece.continued)
        for transform in self._reading.transforms:
            records = transform(records)
        return records, parse_records(records, self._parser)

    def batch(self, piece: _Piece, records: Records, parsed: Parsed) -> Batch:
        """A piece's lines with the bookmark after them."""
        if parsed.drifted:
            parsed = parse_records(records, self._parser, admit=True)
        block = piece.block
        first_line = self._line if piece.continued else self._line + 1
        self._line = first_line + parsed.count - 1
        self._open, self._encoding = block.open, piece.encoding
        self._pass(block.text, block.end, block.consumed)
        left, self._bookmark = self._bookmark, self._bookmark_here()
        name, reached = self._log.name, self._bookmark
        return Batch(
            name,
            first_line,
            parsed,
            left,
            reached,
            block.consumed,
            piece.stored,
            piece.arrived,
            records.metadata,
            block.text if self._reading.keeps_source else b"",
        )

    def _close_line(self, stream: BufferedIOBase) -> bool:
        """Read the end that the last line got since; False when it still has none."""
        after = stream.read(2)
        if after in {b"", b"\r"}:
            return False
        end = 1 if after.startswith(b"\n") else 2 if after == b"\r\n" else 0
        if end:
            self._open = False
            self._pass(after[:end], after[:end])
        stream.seek(self._offset)
        return True

    def _pass(self, text: Text, end: bytes, consumed: int | None = None) -> None:
        self._offset += len(text) if consumed is None else consumed
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + text[:HEAD_BYTES])[:HEAD_BYTES]
        self._tail = (self._tail + end)[-TAIL_BYTES:]

    def _bookmark_here(self) -> Bookmark:
        return Bookmark(
            log=self._log.name,
            offset=self._offset,
            line=self._line,
            head=fingerprint(self._head),
            tail=tail_fingerprint(self._tail),
            open=self._open,
            encoding=self._encoding,
            sealed=self._sealed,
        )

    def _rest(self, offset: int) -> Iterator[Text]:
        with self._log.open() as stream:
            stream.seek(offset)
            for block in line_blocks(stream):
                yield block.text
