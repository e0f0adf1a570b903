"""Order logs to the landing tables: every line once, landed or rejected."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyiceberg.catalog import Catalog

from ingest.ahead import ahead
from ingest.bookmarks import file_fingerprint
from ingest.delivery import Delivered, DeliveryStream
from ingest.log_reader import Batch, has_lines, read_batches
from ingest.logs import LogFile, find_files
from ingest.reading import BLOCK_BYTES
from ingest.refusals import translated
from lakehouse.config import Settings
from lakehouse.errors import SourceError
from lakehouse.locks import home_lock
from lakehouse.progress import SILENT, Progress, Task

STREAM = "orders"


@dataclass(frozen=True)
class LandingReport:
    """What a run did. Every line read was landed or rejected."""

    lines: int
    landed: int
    rejected: dict[str, int]  # by reason
    deliveries: int
    files: tuple[str, ...]  # with something new in them
    skipped: tuple[str, ...]  # landed before, whatever they were called then
    seconds: float


@dataclass(frozen=True)
class BufferingHints:
    """How much text is parsed at once, and how much is delivered at once, in bytes.

    The default delivery is about 700,000 order lines. It takes well under a gigabyte of memory,
    however long the log is.
    """

    block: int = BLOCK_BYTES
    delivery: int = 64 << 20


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
    with translated(), home_lock(settings.home, "ingest", "ingesting into"):
        landing = Landing(DeliveryStream(STREAM, catalog))
        landing.land(source, progress)
    return landing.report(time.monotonic() - started)


@dataclass(frozen=True)
class _Finished:
    """A file was read to its end."""

    file: LogFile
    new: bool


class Landing:
    """One run over a source: buffers what is read, and delivers when the buffer is full."""

    def __init__(self, stream: DeliveryStream, hints: BufferingHints = BufferingHints()) -> None:
        self._stream = stream
        self._hints = hints
        self._buffer: list[Batch] = []
        self._whole = 0  # batches at the beginning of the buffer that may be delivered
        self._totals = Delivered()
        self._deliveries = 0
        self._files: list[str] = []
        self._skipped: list[str] = []

    def land(self, source: Path, progress: Progress = SILENT) -> None:
        """Deliver what is new in the logs of `source`.

        Every header is looked at first, so that a foreign file keeps all others from landing.
        What was read whole before an error of the source is delivered.
        """
        self._stream.recover()
        files = find_files(source)
        lines = [has_lines(log) for file in files for log in file.logs(rows=2)]
        if not any(lines):
            hint = "an order log has a line for each product of an order"
            raise SourceError(f"{source} holds a header and no lines", hint=hint)
        with progress.task("Landing order lines", total=sum(f.size for f in files)) as task:
            try:
                self._take_all(files, task)
            except SourceError:
                self._stream.discard()
                del self._buffer[self._whole :]
                self._deliver()
                raise
            except BaseException:
                self._stream.discard()
                raise

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

    def _take_all(self, files: Sequence[LogFile], task: Task) -> None:
        shown = 0
        for event in ahead(self._read(files)):
            if isinstance(event, Batch):
                self._take(event)
                read = event.stored
            else:
                self._finish(event)
                read = event.file.size
            task.advance(read - shown)
            shown = read if isinstance(event, Batch) else 0
        self._deliver()

    def _read(self, files: Sequence[LogFile]) -> Generator[Batch | _Finished, None, None]:
        known = list(self._stream.checkpoint.bookmarks)
        for file in files:
            sealed = file_fingerprint(file.path) if file.sealed else ""
            new = []
            if not sealed or sealed not in {bookmark.sealed for bookmark in known}:
                for log in file.logs():
                    reached = None
                    for batch in read_batches(log, known, sealed, self._hints.block):
                        yield batch
                        reached = batch.reached
                    if reached:
                        new.append(reached)
            known += new
            yield _Finished(file, bool(new))

    def _take(self, batch: Batch) -> None:
        self._buffer.append(batch)
        sealed = bool(batch.reached.sealed)
        if not sealed:
            self._whole = len(self._buffer)
        if sum(batch.size for batch in self._buffer) >= self._hints.delivery:
            if sealed:
                self._write_unfinished()
            else:
                self._deliver()

    def _finish(self, event: _Finished) -> None:
        self._whole = len(self._buffer)
        if self._stream.pending:
            self._deliver()
        (self._files if event.new else self._skipped).append(event.file.name)

    def _write_unfinished(self) -> None:
        """Make room while a sealed file is read: its rows are written, but not committed yet."""
        unfinished = self._buffer[self._whole :]
        del self._buffer[self._whole :]
        if not self._stream.pending:
            self._deliver()
        self._stream.write(unfinished)

    def _deliver(self) -> None:
        if self._buffer:
            self._stream.write(self._buffer)
        if self._stream.pending:
            delivered = self._stream.commit()
            self._totals.landed += delivered.landed
            self._totals.rejected += delivered.rejected
            self._deliveries += 1
        self._buffer, self._whole = [], 0
