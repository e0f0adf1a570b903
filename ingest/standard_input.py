"""The standard input as the source of a stream: read to its end, delivered as it comes.

There is no going back in it, so there are no bookmarks: what was delivered is delivered once, and
what was read but could not be delivered is told.
"""

import fcntl
import os
import select
import struct
import termios
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from threading import Event

from ingest.encodings import LATIN_1, UTF_8, settle
from ingest.landing import Landing
from ingest.log_reader import SNIFFED_BYTES, Batch, Reading
from ingest.reading import line_blocks
from ingest.records import RecordParser, RoutingParser, parse_records, read_records
from ingest.screening import LONGEST_LINE, NEWLINE, Text
from ingest.transforms.contract import FUNCTION_ERROR, Failed, StoppedError
from ingest.transforms.step import refused
from lakehouse.errors import LakehouseError

NAME = "-"  # of its lines' source_file
# What comes without a pause of this length is parsed together.
_PAUSE_SECONDS, _GLANCE_SECONDS = 0.02, 0.2
# No pipe holds more; of a file, that much is read after a stop.
_MOST_WAITING = 1 << 20


def land_input(landing: Landing, descriptor: int, stop: Event) -> None:
    """Land the lines of a pipe or file until its end, or until `stop` is set.

    Delivers by the landing's hints, at the end all. A last line without end is a record too. An
    error's hint tells how many lines were read and not delivered.
    """
    lines = 0

    def idle() -> None:
        if landing.seconds_left <= 0:
            landing.deliver()

    try:
        for batch in _batches(_Patient(descriptor, stop, idle), landing.reading):
            lines = batch.first_line + batch.parsed.count - 1
            landing.take(batch)
        landing.deliver()
    except LakehouseError as e:
        lost = lines - landing.totals.lines
        e.hint = f"up to {lost:,} lines of the standard input are not delivered; {e.hint}"
        raise


class _Patient(BufferedIOBase):
    """Reads what is there, and calls `idle` while there is nothing; its end may be a stop.

    Then what waits is read, to the end of a line, for nobody else can read it.
    """

    def __init__(self, descriptor: int, stop: Event, idle: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._stop = stop
        self._idle = idle
        self._ended = False
        self._rest: int | None = None  # to be read after the stop; below 0, to the line's end

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """How many bytes were read: as many as come without a pause; none at the end."""
        filled = 0
        while filled < len(buffer) and not self._ended:
            if self._ready(_PAUSE_SECONDS if filled else _GLANCE_SECONDS):
                filled += self._read(buffer[filled:])
            elif filled:
                break
            else:
                self._idle()
                self._ended = self._stop.is_set()
        return filled

    def _read(self, space: memoryview) -> int:
        if self._rest is None and self._stop.is_set():
            self._rest = min(_waiting(self._descriptor), _MOST_WAITING)
        if self._rest is not None:
            space = space[: max(self._rest, 1)]
        read = os.readv(self._descriptor, [space])
        self._ended = not read
        if self._rest is not None and read:
            self._rest -= read
            whole = space[read - 1] == NEWLINE or self._rest < -LONGEST_LINE
            self._ended = self._rest <= 0 and whole
        return read

    def _ready(self, seconds: float) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])


def _waiting(descriptor: int) -> int:
    """How many bytes can be read at once."""
    (count,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))
    return int(count)


def _batches(stream: _Patient, reading: Reading) -> Iterator[Batch]:
    """The input's lines, parsed; its first block holds the header, if there is one."""
    parser: RecordParser | RoutingParser | None = None
    line, encoding = 1, ""
    for block in line_blocks(stream, reading.block_bytes):
        text: Text = block.text + b"\n" if block.open else block.text
        if parser is None:
            opening = reading.format.open_log(bytes(text[:SNIFFED_BYTES]), NAME)
            parser, line = opening.parser, opening.header_lines + 1
            text = text[opening.header_bytes :]
        if reading.format.guesses_encoding and not text.isascii():
            encoding = encoding or settle(text, lambda: ())
            text = text.decode(LATIN_1).encode(UTF_8) if encoding == LATIN_1 else text
        if text:
            batch = _batch(text, line, parser, reading)
            line += batch.parsed.count
            yield batch


def _batch(text: Text, line: int, parser: RecordParser | RoutingParser, reading: Reading) -> Batch:
    arrived = reading.now()
    records = read_records(text, arrived, continued=False)
    try:
        for transform in reading.transforms:
            records = transform(records)
    except StoppedError:  # there is no next run that could read them
        message = "no answer before the ingester had to stop"
        records = refused(records, Failed(FUNCTION_ERROR, message, 1, reading.now()))
    parsed = parse_records(records, parser)
    if parsed.drifted:
        parsed = parse_records(records, parser, admit=True)
    return Batch(
        NAME,
        line,
        parsed,
        None,
        None,
        len(text),
        0,
        arrived,
        records.metadata,
        text if reading.keeps_source else b"",
    )
