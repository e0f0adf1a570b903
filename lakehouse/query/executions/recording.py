"""One execution while it runs: what becomes of it is entered in the journal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Event, Thread
from typing import Any

import pyarrow as pa

from lakehouse.query.access.viewer import Viewer
from lakehouse.query.executions.answers import Answer
from lakehouse.query.executions.errors import CancelledError, ScanCutoffError, code_of
from lakehouse.query.executions.journal import Journal
from lakehouse.query.executions.kept import Keeping
from lakehouse.query.executions.pricing import cost_of
from lakehouse.query.executions.records import Execution, State
from lakehouse.query.executions.watching import Watching
from lakehouse.query.rendering import Renderer

# How often it is looked whether somebody asks to stop.
_LOOK_SECONDS = 0.1


class Recording:
    """What becomes of an execution. `given_up` is set when it is to be stopped."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        execution: Execution,
        journal: Journal,
        clock: Callable[[], datetime],
        given_up: Event,
        price_per_tb: float,
        *,
        viewer: Viewer | None = None,
    ) -> None:
        self.execution = execution
        self.given_up = given_up
        self.viewer = viewer
        self._journal = journal
        self._clock = clock
        self._price = price_per_tb

    @contextmanager
    def stoppable(self, cancel: Callable[[], None]) -> Iterator[None]:
        """`cancel` what runs within the block, again and again, once somebody asks to stop."""
        done = Event()

        def look() -> None:
            while not done.wait(_LOOK_SECONDS):
                if self.given_up.is_set() or self._journal.stop_asked(self.execution.id):
                    self.given_up.set()
                    cancel()

        thread = Thread(target=look, name="query-stop", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def started(self) -> None:
        """It runs. Raises CancelledError when it was given up before."""
        if self.given_up.is_set():
            raise CancelledError
        self._enter(state=State.RUNNING, started_at=self._clock())

    def answered_by(self, earlier: Execution) -> None:
        """It has the result of an earlier one, and has scanned nothing."""
        self._enter(
            state=State.SUCCEEDED,
            ended_at=self._clock(),
            rows=earlier.rows,
            tables=tuple(replace(table, files=0, bytes=0) for table in earlier.tables),
            views=earlier.views,
            result_location=earlier.result_location,
            result_id=earlier.id,
        )

    def succeeded(
        self,
        rows: int | None,
        watching: Watching,
        views: Mapping[str, str],
        question: str | None = None,
        *,
        kept: bool,
    ) -> None:
        """It ended well; `question` is what others may ask whom its result answers, too."""
        self._enter(
            question=question,
            state=State.SUCCEEDED,
            ended_at=self._clock(),
            rows=rows,
            result_id=self.execution.id if kept else None,
            views=views,
            **_scanned(watching),
        )

    def failed(self, error: BaseException, watching: Watching) -> BaseException:
        """It did not end well. Returns the error to raise."""
        left = isinstance(error, KeyboardInterrupt | GeneratorExit)
        refused = isinstance(error, ScanCutoffError)
        if self.given_up.is_set() and not left:
            error = CancelledError()
        cancelled = left or refused or isinstance(error, CancelledError)
        scanned = _scanned(watching) | ({"bytes_scanned": 0, "files_scanned": 0} if refused else {})
        self._enter(
            state=State.CANCELLED if cancelled else State.FAILED,
            ended_at=self._clock(),
            error_code="USER_CANCELED" if left else code_of(error),
            error="Query was cancelled" if left else getattr(error, "message", str(error)),
            **scanned,
        )
        return error

    def _enter(self, **changes: Any) -> None:  # noqa: ANN401 - fields of an execution
        question = changes.pop("question", None)
        made = replace(self.execution, **changes)
        if made.state.ended:
            cost = cost_of(
                made.kind, made.state, made.bytes_scanned, self._price, reused=made.reused
            )
            made = replace(made, cost=cost)
        self.execution = made
        self._journal.update(made, question)


class KeptStream:
    """The rows of an answer as they are stored and as text, each batch kept before it is given."""

    def __init__(
        self,
        answer: Answer,
        keeping: Keeping,
        renderer: Renderer,
        ended: Callable[[int | None, BaseException | None], BaseException | None],
        given_up: Event,
    ) -> None:
        self._answer = answer
        self._keeping = keeping
        self._renderer = renderer
        self._ended = ended
        self._given_up = given_up
        self._rows = 0
        self._open = True

    def form(self, *, as_text: bool) -> Iterator[pa.RecordBatch]:
        """One of the forms of its rows."""
        return (texts if as_text else stored for stored, texts in self)

    def __iter__(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        return self

    def __next__(self) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        if not self._open:
            raise StopIteration
        try:
            batch = next(self._answer.result.stream, None)
            if self._given_up.is_set():
                raise CancelledError  # noqa: TRY301 - ended as any other error
            if batch is not None:
                return self._kept(batch)
            self._keeping.finish()
        except BaseException as e:
            told = self._fail(e)
            if told is e:
                raise
            raise told from e
        self._open = False
        self._ended(self._rows, None)
        raise StopIteration

    def close(self) -> None:
        """End what is unread: it is cancelled."""
        if self._open:
            self._fail(GeneratorExit())

    def _kept(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        stored = self._answer.readable.rewritten(self._renderer, batch)
        texts = self._answer.printed.rewritten(self._renderer, batch)
        self._keeping.add(stored, texts.columns)
        self._rows += batch.num_rows
        return stored, texts

    def _fail(self, error: BaseException) -> BaseException:
        self._open = False
        self._keeping.discard()
        return self._ended(None, error) or error


def _scanned(watching: Watching) -> dict[str, Any]:
    return {
        "bytes_scanned": watching.bytes,
        "files_scanned": watching.files,
        "tables": tuple(watching.tables.values()),
    }
