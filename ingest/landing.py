"""Order logs to the landing tables: every line once, landed or rejected."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pyiceberg.catalog import Catalog

from ingest.bookmarks import HEAD_BYTES, TAIL_BYTES, Bookmark, fingerprint, recognise
from ingest.delivery import Batch, Delivered, DeliveryStream
from ingest.headers import read_format
from ingest.locks import ingest_lock
from ingest.logs import Log, find_logs, open_logs
from ingest.order_lines import OrderFormat, parse
from ingest.reading import BLOCK_BYTES, whole_lines
from lakehouse.config import Settings
from lakehouse.progress import SILENT, Progress

STREAM = "orders"

# A delivery holds lines of about this many bytes of text: about 700,000 order lines, and well
# under a gigabyte of memory while it is made.
DELIVERY_BYTES = 64 << 20
_SNIFFED_BYTES = 64 << 10


@dataclass(frozen=True)
class LandingReport:
    """What a run did. Every line read was landed or rejected."""

    lines: int
    landed: int
    rejected: dict[str, int]  # by reason
    deliveries: int
    files: tuple[str, ...]  # read in this run
    skipped: tuple[str, ...]  # nothing new in them: landed by an earlier run
    seconds: float


def land_orders(
    source: Path, catalog: Catalog, settings: Settings, progress: Progress = SILENT
) -> LandingReport:
    """Land what is new in the order logs of `source`, a file or a folder of files.

    Rows go to `landing.order_lines`, lines that can't be held to `landing.rejects`. A run that
    was interrupted, at whatever moment, is finished by the next one.

    Raises SourceError for a log that can't be read, LockedError when another process is
    ingesting, MachineError when the machine refuses, CatalogError when the bookmark is lost.
    """
    started = time.monotonic()
    with ingest_lock(settings.home):
        landing = Landing(DeliveryStream(STREAM, catalog))
        landing.land(source, progress)
    return landing.report(time.monotonic() - started)


class Landing:
    """One run over a source: reads logs, buffers their lines, delivers when the buffer is full."""

    def __init__(self, stream: DeliveryStream, delivery_bytes: int = DELIVERY_BYTES) -> None:
        self._stream = stream
        self._delivery_bytes = delivery_bytes
        self._buffer: list[Batch] = []
        self._buffered = 0
        self._totals = Delivered()
        self._deliveries = 0
        self._files: list[str] = []
        self._skipped: list[str] = []

    def land(self, source: Path, progress: Progress = SILENT) -> None:
        """Deliver what is new in the logs of `source`."""
        files = find_logs(source)
        size = sum(file.stat().st_size for file in files)
        with progress.task("Landing order lines", total=size) as task:
            for file in files:
                for log in open_logs(file, source):
                    with log.open() as stream:
                        self._land_log(log, stream)
                task.advance(file.stat().st_size)
        self._deliver()

    def report(self, seconds: float) -> LandingReport:
        """What was done so far."""
        return LandingReport(
            self._totals.lines,
            self._totals.landed,
            dict(sorted(self._totals.rejected.items())),
            self._deliveries,
            tuple(self._files),
            tuple(self._skipped),
            seconds,
        )

    def _land_log(self, log: Log, stream: BinaryIO) -> None:
        head = stream.read(_SNIFFED_BYTES)
        form, header = read_format(head, str(log.path))
        left = recognise(stream, self._stream.checkpoint.bookmarks)
        new = False
        for batch in _batches(log, stream, form, header, left):
            new = True
            self._buffer.append(batch)
            self._buffered += batch.reached.offset - (batch.left.offset if batch.left else 0)
            if self._buffered >= self._delivery_bytes:
                self._deliver()
        (self._files if new else self._skipped).append(log.name)

    def _deliver(self) -> None:
        if self._buffer:
            self._stream.write(self._buffer)
            delivered = self._stream.commit()
            self._totals.landed += delivered.landed
            self._totals.rejected += delivered.rejected
            self._deliveries += 1
            self._buffer, self._buffered = [], 0


def _batches(
    log: Log, stream: BinaryIO, form: OrderFormat, header: int, left: Bookmark | None
) -> Iterator[Batch]:
    offset, line = (left.offset, left.line) if left else (header, 1)
    stream.seek(0)
    head = stream.read(min(HEAD_BYTES, offset))
    stream.seek(max(0, offset - TAIL_BYTES))
    tail = stream.read(min(TAIL_BYTES, offset))
    for text in whole_lines(stream, BLOCK_BYTES):
        parsed = parse(text if text.endswith(b"\n") else text + b"\n", form)
        head = (head + text)[:HEAD_BYTES] if len(head) < HEAD_BYTES else head
        tail = (tail + text)[-TAIL_BYTES:] if len(text) < TAIL_BYTES else text[-TAIL_BYTES:]
        offset += len(text)
        reached = Bookmark(
            log.name, offset, line + parsed.count, fingerprint(head), fingerprint(tail)
        )
        yield Batch(log.name, line + 1, parsed, left, reached)
        left, line = reached, line + parsed.count
