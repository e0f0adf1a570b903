"""Logs to their destination: every line once, landed or rejected."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.ahead import ahead
from ingest.bookmarks import Bookmark, Checkpoint, file_fingerprint, recognise
from ingest.buffering import AT_ONCE, Buffer, BufferingHints
from ingest.clocks import utc_now
from ingest.destinations import Delivered, Destination
from ingest.ledger import Ledger
from ingest.log_reader import Batch, Reading, has_lines, read_batches
from ingest.logs import Log, LogFile
from ingest.records import RecordFormat, Transform
from ingest.sources import Found
from ingest.stillness import at_rest
from ingest.survey import Forgetting, Survey, may_be_of
from ingest.transforms.contract import StoppedError
from lakehouse.errors import SourceError
from lakehouse.progress import SILENT, Progress, Task

# Blocks that wait, besides those that are being parsed: reading goes on during a delivery. More
# of them take longer, for memory that was not used before is slow.
_AHEAD = 2


@dataclass(frozen=True)
class OpenStream:
    """A stream that can be landed: what its logs are, what is done to them, where they go.

    It is closed when it is landed no more: a transform may have processes running.
    """

    name: str
    format: RecordFormat
    destination: Destination
    transforms: tuple[Transform, ...] = ()
    keeps_source: bool = False
    now: Callable[[], datetime] = utc_now
    end: Callable[[], None] = lambda: None
    hurry: Callable[[], None] = lambda: None  # no transform is waited for any more
    ledger: Ledger | None = None
    forgetting: Forgetting | None = None

    def recover(self) -> None:
        """Finish what an ingester that did not end its delivery has left, if there was one."""
        self.enter()
        self.destination.recover()

    def enter(self) -> None:
        """Enter the last delivery into the ledger."""
        if not self.ledger:
            return
        receipt = self.destination.checkpoint.receipt
        if self.ledger.enter(self.name, self.destination) and receipt and self.forgetting:
            self.forgetting.archive.entered(receipt.moves)

    def known_in(self, log: Log, bookmarks: list[Bookmark]) -> list[Bookmark]:
        """The bookmarks, and those forgotten ones that may be of a log which none of them is of."""
        checkpoint = self.destination.checkpoint
        if not self.forgetting or not checkpoint.forgotten:
            return bookmarks
        with log.open() as stream:
            if recognise(stream, bookmarks):
                return bookmarks
            found = self.forgetting.archive.like(stream, log.name, checkpoint)
        return bookmarks + [mark for mark in found if may_be_of(mark, log.file)]

    def settled(self, checkpoint: Checkpoint, missing: frozenset[Bookmark]) -> Checkpoint:
        """The checkpoint without what may be forgotten of the bookmarks that are in no log."""
        if not self.forgetting:
            return checkpoint
        return self.forgetting.settled(checkpoint, missing)

    def close(self) -> None:
        """Drop what is written and not committed, and end what runs for it."""
        try:
            self.destination.discard()
        finally:
            self.end()


@dataclass(frozen=True)
class LandingReport:
    """What a run did. Every line read was landed, rejected, or dropped by the transform."""

    lines: int
    landed: int
    rejected: dict[str, int]  # by reason
    dropped: int
    deliveries: int
    files: tuple[str, ...]  # with something new in them
    skipped: tuple[str, ...]  # landed before, whatever they were called then
    seconds: float
    sequence: int = 0  # the stream's last delivery

    def plus(self, later: "LandingReport") -> "LandingReport":
        """What this run and a `later` part of it did."""
        return LandingReport(
            self.lines + later.lines,
            self.landed + later.landed,
            dict(sorted((Counter(self.rejected) + Counter(later.rejected)).items())),
            self.dropped + later.dropped,
            self.deliveries + later.deliveries,
            tuple(dict.fromkeys((*self.files, *later.files))),
            tuple(dict.fromkeys((*self.skipped, *later.skipped))),
            later.seconds,
            later.sequence,
        )


NOTHING = LandingReport(0, 0, {}, 0, 0, (), (), 0.0)


@dataclass(frozen=True)
class _Finished:
    """A file was read to its end."""

    file: LogFile
    new: bool


class Landing:
    """One run over a source: buffers what is read, and delivers when the buffer is full."""

    def __init__(
        self,
        stream: OpenStream,
        hints: BufferingHints = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.format = stream.format
        self._stream = stream
        self._destination = stream.destination
        self.reading = Reading(
            stream.format,
            stream.transforms,
            min(hints.block, hints.delivery),
            stream.keeps_source,
            stream.now,
        )
        self.survey = Survey(stream.now)
        self._buffer: Buffer[Batch] = Buffer(hints, clock)
        self._whole = 0  # batches at the beginning of the buffer that may be delivered
        self._reached: list[Bookmark | None] = []  # by the batches in the buffer
        self._unfinished = False  # whether some of a sealed file is written
        self._totals = Delivered()
        self._deliveries = 0
        self._files: dict[str, bool] = {}  # by name: whether it had something new

    def land_files(self, files: Sequence[LogFile], progress: Progress = SILENT) -> None:
        """Deliver what is new in the files.

        Every header is looked at first, so that a foreign file keeps all others from landing.
        What was read whole before an error of the source is delivered. Files with nothing below
        their headers are refused to a stream that never delivered; later they were just rotated.
        """
        self._stream.recover()
        self.look(Found(file.path, file.name) for file in files)
        found = [has_lines(log, self.format) for file in files for log in file.logs(rows=2)]
        if not any(found) and not self._destination.checkpoint.sequence:
            names = ", ".join(file.name for file in files[:3])
            hint = f"{self.format.noun} stand below it"
            raise SourceError(f"{names}: a header and no lines", hint=hint)
        with progress.task(f"Landing {self.format.noun}", total=sum(f.size for f in files)) as task:
            try:
                self._take_all(self._read(files), task, left=self._stream.hurry)
                self.deliver()
            except SourceError:
                self.forget_unfinished()
                self.deliver()
                raise
            except BaseException:
                self._destination.discard()
                raise

    def read(self, file: LogFile, *, stopped: Callable[[], bool]) -> None:
        """Take what is new in a file that may be written to, and deliver what is due.

        The rest may stay in the buffer. When `stopped` says so, the rest of the file is left, and
        so are records that a transform was asked about.
        """
        try:
            with SILENT.task("") as task:
                self._take_all(self._read([file], whole_lines=True), task, stopped)
        except StoppedError:
            self.forget_unfinished()

    def look(self, files: Iterable[Found]) -> None:
        """See which logs are gone; `files` are all of the source."""
        self.survey.list(files)
        self.survey.look(self._destination.checkpoint.bookmarks)

    def forget_unfinished(self) -> None:
        """Drop what was read of a sealed file that was not read to its end."""
        if self._unfinished:
            self._destination.discard()
            self._unfinished = False
        self._buffer.take(self._whole)
        del self._reached[self._whole :]

    @property
    def seconds_left(self) -> float:
        """Until the next delivery is due; infinite when nothing waits for one."""
        return self._buffer.seconds_left

    @property
    def totals(self) -> Delivered:
        """What was delivered so far."""
        return self._totals

    def report(self, seconds: float) -> LandingReport:
        """What was done so far."""
        return LandingReport(
            self._totals.lines,
            self._totals.landed,
            dict(sorted(self._totals.rejected.items())),
            self._totals.dropped,
            self._deliveries,
            tuple(name for name, new in self._files.items() if new),
            tuple(name for name, new in self._files.items() if not new),
            seconds,
            self._destination.checkpoint.sequence,
        )

    def _take_all(
        self,
        events: Generator[Batch | _Finished, None, None],
        task: Task,
        stopped: Callable[[], bool] = lambda: False,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        shown = 0
        for event in ahead(events, _AHEAD, left):
            if isinstance(event, Batch):
                self.take(event)
                read = event.stored
            else:
                self._finish(event)
                read = event.file.size
            task.advance(read - shown)
            shown = read if isinstance(event, Batch) else 0
            if stopped():
                self.forget_unfinished()
                return

    def _read(
        self, files: Iterable[LogFile], *, whole_lines: bool = False
    ) -> Generator[Batch | _Finished, None, None]:
        known = self._known
        for file in files:
            sealed = file_fingerprint(file.path) if file.sealed else ""
            whole = not file.complete and (whole_lines or not at_rest(file.path))
            mine = [bookmark for bookmark in known if may_be_of(bookmark, file)]
            new = []
            if not sealed or sealed not in {bookmark.sealed for bookmark in mine}:
                for log in file.logs():
                    reached = None
                    marks = self._stream.known_in(log, mine)
                    for batch in read_batches(log, self.reading, marks, sealed, whole_lines=whole):
                        yield batch
                        reached = batch.reached
                    if reached:
                        new.append(reached)
            known += new
            yield _Finished(file, bool(new))

    @property
    def _known(self) -> list[Bookmark]:
        """What is landed, and what is reached by the batches in the buffer."""
        return [*self._destination.checkpoint.bookmarks, *filter(None, self._reached)]

    def take(self, batch: Batch) -> None:
        """Hold a batch, and deliver what is due."""
        self.survey.read(batch)
        self._buffer.add(batch, batch.size)
        self._reached.append(batch.reached)
        sealed = batch.reached is not None and bool(batch.reached.sealed)
        if not sealed:
            self._whole = len(self._buffer)
        if self._buffer.due:
            if sealed:
                self._write_unfinished()
            else:
                self.deliver()
        elif self._whole == len(self._buffer) and self._destination.gradual:
            self._destination.write(self._buffer.hand_on())

    def _finish(self, event: _Finished) -> None:
        self._whole = len(self._buffer)
        if self._unfinished:
            self.deliver()
        self.survey.finished(event.file, new=event.new)
        name = event.file.name
        self._files[name] = event.new or self._files.get(name, False)

    def _write_unfinished(self) -> None:
        """Make room while a sealed file is read: its rows are written, but not committed yet."""
        unfinished = self._buffer.take(self._whole)
        if not self._unfinished:
            self.deliver()
        self._destination.write(unfinished)
        self._unfinished = True

    def deliver(self) -> None:
        """Commit what was read, if anything was."""
        if batches := self._buffer.hand_on():
            self._destination.write(batches)
        if self._destination.pending:
            lag = self.survey.lag(self._known)
            missing = self.survey.missing
            delivered = self._destination.commit(
                lag, lambda checkpoint: self._stream.settled(checkpoint, missing)
            )
            self._stream.enter()
            self._totals.landed += delivered.landed
            self._totals.rejected += delivered.rejected
            self._totals.dropped += delivered.dropped
            self._deliveries += 1
        self._buffer.take()
        self._reached.clear()
        self._whole, self._unfinished = 0, False
