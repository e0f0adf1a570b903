"""The executions of a home, from whatever process: to look at, fetch and stop them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from lakehouse.config import Settings
from lakehouse.errors import QueryError
from lakehouse.query.executions.journal import FILE, FOLDER, Journal
from lakehouse.query.executions.kept import Place, place_of
from lakehouse.query.executions.records import Execution, State
from lakehouse.query.results import Result

_LOOK_SECONDS = 0.05


class Archive:
    """Finds executions by id, or by as much of its beginning as no other id has."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def execution(self, execution_id: str) -> Execution:
        """What is known of it. Raises QueryError when there is none of that id."""
        self._journal.bury()
        found = self._journal.find(execution_id)
        if found is None:
            hint = "`lakehouse queries list` lists them; older ones are in ops.query_executions"
            raise QueryError(f"there is no query execution {execution_id!r}", hint=hint)
        return found

    def listed(  # noqa: PLR0913 - one keyword a filter
        self,
        *,
        state: State | None = None,
        workgroup: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        containing: str | None = None,
        person: str | None = None,
        limit: int | None = None,
    ) -> list[Execution]:
        """Executions that pass all filters, the newest first."""
        return self._journal.listed(
            state=state,
            workgroup=workgroup,
            since=since,
            until=until,
            containing=containing,
            person=person,
            limit=limit,
        )

    def result(self, execution_id: str) -> Result:
        """Its rows, to be read once. Raises QueryError when it has none, or none any more."""
        return self.place(execution_id).result()

    def page(self, execution_id: str, offset: int = 0, limit: int = 1000) -> pa.Table:
        """Some of its rows. Raises QueryError as `result` does."""
        return self.place(execution_id).page(offset, limit)

    def place(self, execution_id: str) -> Place:
        """Where its result lies. Raises QueryError when it has none."""
        found = self.execution(execution_id)
        if found.state is not State.SUCCEEDED or found.result_id is None:
            why = "answers nothing" if found.state is State.SUCCEEDED else f"is {found.state}"
            hint = found.error or "only a query that has SUCCEEDED has a result"
            raise QueryError(f"{found.id} has no result: it {why}", hint=hint)
        return place_of(found)

    def stop(self, execution_id: str, seconds: float = 10.0) -> Execution:
        """Ask whoever runs it to cancel it, and wait at most so long; what is known of it then.

        Raises QueryError when there is none, or it has ended already.
        """
        found = self.execution(execution_id)
        if found.state.ended:
            message = f"{found.id} has ended already: it is {found.state}"
            raise QueryError(message, hint="only what is QUEUED or RUNNING can be stopped")
        self._journal.ask_to_stop(found.id)
        until = time.monotonic() + seconds
        while not found.state.ended and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            found = self.execution(found.id)
        return found


@contextmanager
def open_archive(settings: Settings) -> Iterator[Archive]:
    """The executions of the home, until the block ends.

    Raises QueryError where none was ever recorded, CatalogError for a damaged journal.
    """
    with open_journal(settings) as journal:
        yield Archive(journal)


@contextmanager
def open_journal(settings: Settings) -> Iterator[Journal]:
    """The journal of the home, until the block ends. Raises as `open_archive` does."""
    folder: Path = settings.home / FOLDER
    if not (folder / FILE).exists():
        hint = "run one with `lakehouse sql`"
        raise QueryError(f"no query was executed in {settings.home} yet", hint=hint)
    journal = Journal(folder)
    try:
        yield journal
    finally:
        journal.close()
