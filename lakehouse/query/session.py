"""A session on the catalog, for SQL that people type."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
import pyarrow as pa

from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.query.containment import open_places
from lakehouse.query.diagnosis import explained
from lakehouse.query.engine_types import from_json
from lakehouse.query.interruption import Interruptible
from lakehouse.query.planned import Plan
from lakehouse.query.planned import from_json as from_json_plan
from lakehouse.query.results import Column, Result
from lakehouse.query.worker import Admission, Files, Opening, Reached, Worker
from lakehouse.query.worker.frames import Frame
from lakehouse.query.worker.messages import to_bytes

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from lakehouse.catalog.endpoint import Watched

# Told the plan of a statement, and which tables (namespace and name) it was made of.
Planned = Callable[[Plan, frozenset[tuple[str, ...]]], None]
_TABLES = """
    SELECT schema_name || '.' || table_name
    FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY ALL"""


class Session:
    """Runs statements one after the other; each sees every table as it was when it began."""

    def __init__(
        self,
        worker: Worker,
        run: Interruptible,
        watched: "Watched | None" = None,
        planned: Planned | None = None,
    ) -> None:
        self._worker = worker
        self._run = run
        self._watched = watched
        self._planned = planned
        # What the next statement reads beside the tables: a new worker must be told again.
        self._held: list[Frame] = []

    @property
    def catalog(self) -> "Catalog | None":
        """The catalog as statements see it; None where nobody can."""
        return self._watched.catalog if self._watched else None

    def renew(self) -> None:
        """Let `catalog` be as it is now."""
        if self._watched is not None:
            self._watched.renew()

    def begin(self) -> None:
        """A new statement: it has all its time, and finds the catalog as it is now."""
        self._run.begin(self._worker.start)
        self.renew()

    def cancel(self) -> None:
        """Stop what runs now, from another thread; whoever waits for it is told an error."""
        self._run.stop()

    def run(self, sql: str, parameters: pa.Table | None = None) -> Result:
        """The result of the one statement in `sql`, in DuckDB's dialect.

        `parameters` are the values of its question marks, columns of one row.

        Rows are computed while they are read; the next statement ends what is still unread.

        Raises QueryError for SQL that is wrong or may not run, takes too long or too much memory,
        CatalogError when the catalog does not answer, KeyboardInterrupt on Ctrl-C, which cancels
        the statement.
        """
        self.begin()
        asked = Admission(sql, parameters=parameters)
        return self.answer(asked, partial(explained, sql=sql, tables=self.tables))

    def answer(self, asked: Admission, told: Callable[[Exception], LakehouseError]) -> Result:
        """The result of a statement of the engine; `told` makes a person's error of its errors.

        One that a person asked for, and that began with `begin`, may be several of the engine's.
        Raises what `told` gives, and what `run` raises.
        """
        if self._watched is not None:
            self._watched.loaded.clear()
        self._held.clear()
        if self._planned is not None and self._watched is not None:
            plan = self._asked(asked.frame("plan"), told)
            self._planned(from_json_plan(plan.head), frozenset(self._watched.loaded))
        begun = self._asked(asked.frame(), told)
        columns = tuple(Column(name, from_json(kind)) for name, kind in begun.head["columns"])
        schema = pa.ipc.open_stream(begun.body).schema
        changed, plan = begun.head["changed"], begun.head["plan"]
        if not columns:
            return Result((), schema, iter(()), changed=changed)
        return Result(columns, schema, self._stream(told), plan=plan)

    def tables(self) -> list[str]:
        """Every `namespace.table` of the catalog, in order of name."""
        with suppress(duckdb.Error):
            return [str(name) for (name,) in self.texts(_TABLES)]
        return []

    def texts(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a query of our own about the catalog, every value as text or NULL.

        Raises duckdb.Error.
        """
        answer = self._run(lambda: self._worker.ask(Frame({"ask": "texts", "sql": sql})))
        return [tuple(row) for row in answer.head["rows"]]

    def hold(self, name: str, rows: pa.Table) -> None:
        """Let the next statements read `rows` as `name`; whoever names it so, quotes it."""
        self._keep(Frame({"ask": "hold", "name": name}, to_bytes(rows)))

    def hold_files(self, files: Files) -> int:
        """Let the next statements read files as `name0`, `name1`...; how many there are.

        There is one for each schema the files have, and none where they hold no row. Raises
        QueryError for a file that can't be read.
        """
        return int(self._keep(files.frame()).head["parts"])

    def open_folders(self, folders: Iterable[str]) -> None:
        """Let the next statements read files in these folders, too."""
        reached = self._worker.reached
        more = [folder for folder in folders if reached and folder not in reached.allowed]
        if reached and more:
            wider = replace(reached, allowed=(*reached.allowed, *more))
            self._run(partial(self._worker.reach, wider))
            for frame in self._held:
                self._run(partial(self._worker.ask, frame))

    def _keep(self, frame: Frame) -> Frame:
        answer = self._run(lambda: self._worker.ask(frame))
        self._held.append(frame)
        return answer

    def _asked(self, frame: Frame, told: Callable[[Exception], LakehouseError]) -> Frame:
        try:
            return self._run(lambda: self._worker.ask(frame))
        except duckdb.Error as e:
            raise told(e) from e

    def _stream(self, told: Callable[[Exception], LakehouseError]) -> Iterator[pa.RecordBatch]:
        more = True
        while more:
            answer = self._asked(Frame({"ask": "next"}), told)
            more = answer.head["more"]
            if answer.body:
                yield from pa.ipc.open_stream(answer.body)


@contextmanager
def open_session(
    settings: Settings,
    *,
    write: bool = False,
    folders: Sequence[Path] = (),
    ready: str = "",
    planned: Planned | None = None,
) -> Iterator[Session]:
    """A session on the tables of the catalog, until the block ends.

    It reads, and makes nothing where no lakehouse is yet; `write` also allows statements that
    write to the catalog's tables. Files can be
    read in `folders` and nowhere else. A table is named namespace.table; a bare name means
    the database of the settings.
    `ready` names a function, `module:name`, that adds to the connection what a dialect needs
    before it is closed to the outside. `planned` is told what a statement scans, and of which
    tables, before it runs; what it raises is raised in its stead.

    Statements run in a process of their own, which is killed when it does not stop.

    Raises CatalogError when the catalog can't be used, and what `catalog_endpoint` raises.
    """
    limits = settings.query
    # Two sessions that spill into one folder would take each other's files.
    spill = settings.home / "tmp" / f"sql-{uuid4().hex}"
    worker = Worker(Opening(limits.memory_limit, limits.threads, str(spill), limits.spill_limit))
    with ThreadPoolExecutor(1, thread_name_prefix="query") as thread:
        # The engine and the catalog take about as long to start: each does it meanwhile.
        starting = thread.submit(worker.start)
        try:
            from lakehouse.catalog.endpoint import (  # noqa: PLC0415 - the engine starts meanwhile
                watched_endpoint,
            )

            with watched_endpoint(settings, write=write) as watched:
                endpoint = watched.endpoint
                # DuckDB makes the last folder when it has to spill, and removes it at the end.
                with suppress(OSError):  # where nothing can be written, only spilling fails
                    spill.parent.mkdir(parents=True, exist_ok=True)
                allowed = open_places(settings, folders)
                address = (endpoint.uri, endpoint.token, endpoint.warehouse)
                reached = Reached(*address, limits.database, allowed, write, ready)
                starting.result()
                run = Interruptible(worker, thread, limits.timeout)
                run.begin(partial(worker.reach, reached))
                yield Session(worker, run, watched, planned)
        finally:
            starting.cancel()
            try:
                closing = thread.submit(worker.close)
            except RuntimeError:  # Python is ending, and its threads take nothing new
                worker.close()
            else:
                closing.result()
