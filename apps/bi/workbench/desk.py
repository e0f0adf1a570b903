"""Where the app's people run statements: sessions that are shared, and what they executed."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock, Timer

from lakehouse.athena.executing import open_executions
from lakehouse.config import Settings
from lakehouse.errors import AccessError, LakehouseError, QueryError
from lakehouse.query.access.audit import AuditJournal, entry
from lakehouse.query.access.viewer import Viewer, narrowed
from lakehouse.query.executions import Execution, Executions, Handle, State, open_archive
from lakehouse.query.executions.parameters import Literal
from lakehouse.workgroup_settings import PRIMARY

# Each is a process with an engine of its own; statements beyond that wait for one another.
SESSIONS = 3
# How long one is held that nobody asks anything.
IDLE_SECONDS = 300.0
_REMEMBERED = 200


@dataclass
class _Seat:
    executions: Executions
    held: ExitStack
    handles: list[Handle] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many statements have not ended."""
        self.handles = [handle for handle in self.handles if not handle.state.ended]
        return len(self.handles)


class Desk:
    """Runs statements of Athena's dialect, which may only read, whatever the workgroup allows.

    Any thread may use it. Sessions are opened when they are needed.
    """

    def __init__(
        self, settings: Settings, viewer: Callable[[], Viewer | None], audit: AuditJournal
    ) -> None:
        self.settings = settings
        self._viewer = viewer
        self._audit = audit
        self._reading = _only_reading(settings)
        self._seats: list[_Seat] = []
        self._handles: OrderedDict[str, Handle] = OrderedDict()
        self._lock = Lock()
        self._timer: Timer | None = None

    @classmethod
    def of_owner(cls, settings: Settings) -> "Desk":
        """A desk for whoever owns the home, and sees everything."""
        return cls(settings, lambda: None, AuditJournal(settings.home))

    def start(
        self, sql: str, parameters: Sequence[str] = (), reuse: timedelta | None = None
    ) -> Handle:
        """Have a statement run; `parameters` are the values of its `?`, as SQL writes them.

        It sees what who asks does. A session that has to be opened first is waited for. Raises
        CatalogError when none can be, AccessError.
        """
        viewer = self._viewer()
        values = [Literal(value) for value in parameters]
        with self._lock:
            seat = self._seat()
            handle = seat.executions.start(sql, values, reuse, viewer)
            seat.handles.append(handle)
            self._handles[handle.id] = handle
            while len(self._handles) > _REMEMBERED:
                self._handles.popitem(last=False)
            self._close_later()
        if viewer is not None:
            asked = entry(viewer, "statement", page="sql", statement=sql, execution_id=handle.id)
            self._audit.enter(asked, ended=False)
            handle.when_ended(self._note_end)
        return handle

    def _note_end(self, ended: Execution) -> None:
        """Enter in the audit what became of a statement."""
        tables = [table.name for table in ended.tables]
        with suppress(LakehouseError):  # nobody waits for it here
            self._audit.complete(ended.id, tables, ended.rows, ended.error)

    def execution(self, execution_id: str) -> Execution:
        """What is known of an execution of the home. Raises QueryError when there is none.

        One of somebody else is none for who is narrowed by rules. Raises AccessError for one that
        was answered under other rules.
        """
        viewer = self._viewer()
        handle = self._handles.get(execution_id)
        if handle is not None:
            return of_viewer(handle.execution, viewer)
        with open_archive(self.settings) as archive:
            return of_viewer(archive.execution(execution_id), viewer)

    def error(self, execution: Execution) -> LakehouseError:
        """Why an execution failed."""
        handle = self._handles.get(execution.id)
        if handle is not None:
            try:
                handle.ended()
            except LakehouseError as e:
                return e
        return QueryError(execution.error or f"the query is {execution.state}")

    def stop(self, execution_id: str) -> None:
        """Ask for the end of an execution, whichever process runs it."""
        try:
            self.execution(execution_id)
        except QueryError:
            return
        handle = self._handles.get(execution_id)
        if handle is not None:
            handle.cancel()
            return
        with suppress(QueryError), open_archive(self.settings) as archive:
            archive.stop(execution_id, seconds=1)

    def history(self, limit: int, state: State | None = None) -> list[Execution]:
        """The newest executions of the home; one's own alone for who is narrowed by rules."""
        viewer = self._viewer()
        person = viewer.person.name if viewer and narrowed(viewer) else None
        try:
            with open_archive(self.settings) as archive:
                return archive.listed(limit=limit, state=state, person=person)
        except QueryError:  # nothing was ever executed
            return []

    def close(self) -> None:
        """Cancel what still runs, and end all sessions."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            for seat in self._seats:
                seat.held.close()
            self._seats.clear()

    def _seat(self) -> _Seat:
        free = min(self._seats, key=lambda seat: seat.waiting, default=None)
        if free is not None and (free.waiting == 0 or len(self._seats) == SESSIONS):
            return free
        with ExitStack() as held:
            opened = open_executions(self._reading, dialect="athena")
            executions = held.enter_context(opened)
            self._seats.append(_Seat(executions, held.pop_all()))
        return self._seats[-1]

    def _close_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = Timer(IDLE_SECONDS, self._close_idle)
        self._timer.daemon = True
        self._timer.start()

    def _close_idle(self) -> None:
        with self._lock:
            idle = [seat for seat in self._seats if not seat.waiting]
            for seat in idle:
                seat.held.close()
                self._seats.remove(seat)
            if self._seats:
                self._close_later()


def of_viewer(execution: Execution, viewer: Viewer | None) -> Execution:
    """An execution that a viewer may look at.

    Raises QueryError for somebody else's, AccessError for one that other rules answered.
    """
    if viewer is None or narrowed(viewer) is None:
        return execution
    if execution.person != viewer.person.name:
        message = f"there is no query execution {execution.id!r} of yours"
        raise QueryError(message, hint="run the statement yourself")
    if execution.rules != viewer.scope.digest:
        message = "the rules for you have changed since this was answered"
        raise AccessError(message, hint="run the statement again")
    return execution


def _only_reading(settings: Settings) -> Settings:
    group = settings.workgroup(PRIMARY).model_copy(update={"write": False})
    return settings.model_copy(update={"workgroups": {**settings.workgroups, PRIMARY: group}})
