"""Query executions of a workgroup: the interface of the command line, the shell and programs."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock

import pyarrow as pa

from lakehouse.config import Settings
from lakehouse.query.access.viewer import Viewer
from lakehouse.query.executions.answers import Opener, Statements
from lakehouse.query.executions.history import carry_over_if_many
from lakehouse.query.executions.journal import FOLDER, Journal
from lakehouse.query.executions.kept import place_of
from lakehouse.query.executions.owners import Owner
from lakehouse.query.executions.recording import Recording
from lakehouse.query.executions.records import Execution, State
from lakehouse.query.executions.running import Runner, Running, Site
from lakehouse.query.rendering import rendering
from lakehouse.query.results import Result
from lakehouse.workgroup_settings import PRIMARY


class Handle:
    """An execution that was started: poll it, wait for it, stop it, page through its rows."""

    def __init__(self, recording: Recording) -> None:
        self.id = recording.execution.id
        self._recording = recording
        self._done: Future[Execution] = Future()

    @property
    def execution(self) -> Execution:
        """What is known of it so far: state, times, bytes scanned, rows, error, cost."""
        return self._recording.execution

    @property
    def state(self) -> State:
        """Its state."""
        return self.execution.state

    def wait(self, seconds: float | None = None) -> Execution:
        """Wait until it has ended, at most so long; what is known of it then."""
        try:
            self._done.exception(seconds)
        except NotYetError:
            return self.execution
        return self.execution

    def cancel(self) -> None:
        """Ask to stop it; it has stopped when its state says so."""
        self._recording.given_up.set()

    def result(self) -> Result:
        """Wait for its rows. Raises the error it ended with."""
        return place_of(self.ended()).result()

    def page(self, offset: int = 0, limit: int = 1000) -> pa.Table:
        """Some of its rows, once it has succeeded. Raises the error it ended with."""
        return place_of(self.ended()).page(offset, limit)

    def ended(self) -> Execution:
        """Wait for its end. Raises the error it ended with."""
        return self._done.result()

    def when_ended(self, told: Callable[[Execution], None]) -> None:
        """Have `told` called with what became of it, from whatever thread ends it."""
        self._done.add_done_callback(lambda _: told(self.execution))

    def end(self, error: BaseException | None) -> None:
        """It has ended, well or with an error."""
        if error is None:
            self._done.set_result(self.execution)
        else:
            self._done.set_exception(error)


class Executions:
    """Runs statements in one session of a workgroup, one after the other."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._background = ThreadPoolExecutor(1, thread_name_prefix="executions")
        self._started: set[Handle] = set()
        self._lock = Lock()

    @property
    def statements(self) -> Statements:
        """The session that statements run in, to ask it for names between them."""
        return self._runner.between()

    def run(
        self, sql: str, parameters: Sequence[object] = (), reuse: timedelta | None = None
    ) -> Running:
        """Run a statement here and now; its rows are computed while they are read.

        Raises what `Runner.run` raises.
        """
        return self._runner.run(self._runner.submit(sql, parameters), parameters, reuse)

    def start(
        self,
        sql: str,
        parameters: Sequence[object] = (),
        reuse: timedelta | None = None,
        viewer: Viewer | None = None,
    ) -> Handle:
        """Have a statement run in the background, after those that were started before.

        It sees what `viewer` does; without one, everything.

        Raises QueryError for parameters of no type; every other error is in the execution.
        """
        recording = self._runner.submit(sql, parameters, viewer)
        handle = Handle(recording)
        with self._lock:
            self._started.add(handle)
        self._background.submit(self._complete, handle, recording, parameters, reuse)
        return handle

    def complete(
        self, sql: str, parameters: Sequence[object] = (), reuse: timedelta | None = None
    ) -> Execution:
        """Run a statement to its end, which is awaited; Ctrl-C cancels it.

        Raises the error it ends with.
        """
        handle = self.start(sql, parameters, reuse)
        try:
            return handle.ended()
        except KeyboardInterrupt:
            handle.cancel()
            handle.wait()
            raise

    def close(self) -> None:
        """Cancel what still runs."""
        with self._lock:
            for handle in self._started:
                handle.cancel()
        self._background.shutdown()
        self._runner.close()

    def _complete(
        self,
        handle: Handle,
        recording: Recording,
        parameters: Sequence[object],
        reuse: timedelta | None,
    ) -> None:
        error: BaseException | None = None
        try:
            running = self._runner.run(recording, parameters, reuse)
            for _ in running.stream or ():
                pass
        except BaseException as e:  # noqa: BLE001 - whoever waits is told
            error = e
        with self._lock:
            self._started.discard(handle)
        handle.end(error)


@contextmanager
def open_executions(  # noqa: PLR0913 - one keyword an option
    settings: Settings,
    openers: Mapping[str, Opener],
    *,
    workgroup: str = PRIMARY,
    dialect: str | None = None,
    write: bool = False,
    folders: Sequence[Path] = (),
) -> Iterator[Executions]:
    """Query executions in a workgroup, until the block ends; what still runs then is cancelled.

    `openers` open sessions by dialect. `write` asks for the permission to write, where the
    workgroup leaves that to who asks. In a home that can't be written to, nothing is recorded.

    Raises ConfigError for a workgroup there is none of, QueryError when it may not write, and
    what opening a session raises.
    """
    group = settings.workgroup(workgroup)
    settings = settings.in_workgroup(workgroup)
    write = group.writes(workgroup, asked=write)
    spoken = dialect or settings.query.dialect
    with ExitStack() as held:
        # The runner is told of plans by the session, and the session is opened first.
        runners: list[Runner] = []
        statements = held.enter_context(
            openers[spoken](
                settings,
                write=write,
                folders=folders,
                planned=lambda *plan: runners[0].planned(*plan),  # noqa: PLW0108 - there is none yet
            )
        )
        folder = settings.home / FOLDER
        results = group.result_location or folder / "results"
        recorded = _writable(folder)
        if not recorded:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
            results = folder
        journal = Journal(folder)
        held.callback(journal.close)
        owner = Owner(journal.owners)
        held.callback(owner.close)
        renderer = held.enter_context(rendering())
        site = Site(folder, results, journal, owner)
        database = settings.query.database
        runners.append(Runner(workgroup, group, spoken, site, database=database, renderer=renderer))
        runners[0].use(statements)
        executions = Executions(runners[0])
        held.callback(executions.close)
        yield executions
        if recorded:
            carry_over_if_many(settings, journal)


def _writable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
