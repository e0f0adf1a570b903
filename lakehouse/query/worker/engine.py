"""The engine inside a worker: one connection, one statement after the other."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_AS, RLIMIT_CORE, getpagesize, getrlimit, setrlimit

import duckdb
import pyarrow as pa

from lakehouse.errors import CatalogError
from lakehouse.query.containment import contain, no_stray_folder
from lakehouse.query.diagnosis import message_of
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.engine_types import EngineType, engine_type
from lakehouse.query.limits import bytes_of_memory, set_limits, set_spill_limit
from lakehouse.query.planned import Plan, read_plan, together
from lakehouse.query.rendering import LOSSLESS
from lakehouse.query.results import BATCH_ROWS
from lakehouse.query.statements import Statement, admit
from lakehouse.query.worker.messages import Admission, Files, Opening, Reached

CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "errors_as_json": "true",
    **LOSSLESS,
}
# What changes rows of a table, and says how many.
_COUNTED = (
    duckdb.StatementType.INSERT,
    duckdb.StatementType.UPDATE,
    duckdb.StatementType.DELETE,
    duckdb.StatementType.MERGE_INTO,
)
_ANALYZE = re.compile(r"\s*explain\s+analyze\s", re.IGNORECASE)
# What a stream raises for an error of the engine; and how often a query is asked for its error:
# of 150 that failed on 4 threads, 88 said "Interrupted!" the first time, and 2 the second.
_STREAMED = (duckdb.Error, OSError, pa.ArrowException)
_ASKED_AGAIN = 4
# What Python and all libraries have reserved when a worker is ready comes on top of the engine's
# memory; and this, for arenas and the stacks of threads that come later.
_RESERVE = 1 << 30


@dataclass(frozen=True)
class Begun:
    """A statement that runs: its columns' names and types, and the schema of what it streams."""

    columns: tuple[tuple[str, EngineType], ...]
    schema: pa.Schema
    changed: int | None = None
    plan: bool = False


class Engine:
    """Runs statements; each sees the newest snapshot of every table."""

    def __init__(self, opening: Opening) -> None:
        self.spill = Path(opening.spill)
        self._con = duckdb.connect(config=dict(CONFIG))
        set_limits(self._con, opening, self.spill)
        set_spill_limit(self._con, opening.spill_limit, self.spill)
        load_extensions(self._con)
        self._con.execute("SET TimeZone = 'UTC'")
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._write = False
        self._planned = False
        self._running: tuple[str, list[object] | None] = "", None
        self._cancelled = False
        _bound(bytes_of_memory(self._con))

    def reach(self, reached: Reached) -> None:
        """Attach the catalog and close everything else, for good. Raises CatalogError."""
        try:
            attach_lake(
                self._con,
                reached,
                default_namespace=reached.namespace,
                read_only=not reached.write,
            )
            self._con.execute("USE lake")
            # Or a table could be written to a database that ends with the session.
            self._con.execute("DETACH memory")
        except duckdb.Error as e:
            hint = "is the service that [catalog] names running, and its token right?"
            raise CatalogError(f"the catalog can't be used: {message_of(e)}", hint=hint) from e
        if reached.ready:
            module, _, name = reached.ready.partition(":")
            getattr(import_module(module), name)(self._con)
        contain(self._con, reached.allowed, write=reached.write)
        self._write = reached.write

    def plan(self, asked: Admission) -> Plan:
        """What a statement is going to scan; the last one ends.

        For a reading one, `run` finds the tables as they were planned. What is wrong with a
        statement, `run` tells. Raises QueryError and duckdb.InterruptException.
        """
        self._end()
        statement = self._admitted(asked)
        if statement.explains and not _ANALYZE.match(statement.sql):
            return Plan()
        if len(self._con.extract_statements(statement.sql)) > 1:  # PIVOT, which is several
            return Plan(known=False)
        if not statement.writes:
            self._con.execute("BEGIN TRANSACTION")
            self._planned = True
        steps = (*asked.before, *((statement.sql,) if statement.sql else ()), *asked.after)
        plans = [self._explained(_ANALYZE.sub("", step), _values(asked)) for step in steps]
        # What reads what a step before it makes can't be explained by itself, and scans no table.
        return plans[0] if len(plans) == 1 else together([p for p in plans if p.known])

    def _explained(self, sql: str, values: list[object] | None) -> Plan:
        try:
            found = self._con.execute(f"EXPLAIN (FORMAT json) {sql}", values).fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            self._end()
            return Plan(known=False, wrong=True)
        return read_plan(found[0][1])

    def run(self, asked: Admission) -> Begun:
        """Begin a statement; the last one ends. Raises QueryError and duckdb.Error."""
        if not self._planned:
            self._end()
        self._planned = False  # the transaction now is this statement's
        statement = self._admitted(asked)
        if statement.writes:
            with no_stray_folder():
                changed = self._written(statement.sql, asked)
            return Begun((), pa.schema([]), changed=changed)
        self._running = statement.sql, _values(asked)
        with self._cause_told():
            self._con.execute(*self._running)
        columns = tuple((str(name), engine_type(kind)) for name, kind, *_ in self._con.description)
        reader = self._con.to_arrow_reader(BATCH_ROWS)
        self._batches = iter(reader)
        return Begun(columns, reader.schema, plan=statement.explains)

    def _written(self, sql: str, asked: Admission) -> int | None:
        """How many rows a statement has changed; None if it counts none."""
        if not asked.before and not asked.after:
            return self._count(sql, _values(asked))
        self._con.execute("BEGIN TRANSACTION")
        try:
            changed = 0
            for step in (*asked.before, *((sql,) if sql else ()), *asked.after):
                kind = self._con.extract_statements(step)[0].type
                counted = self._count(step)
                changed += (counted or 0) if kind in _COUNTED else 0
            self._con.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):  # a commit that failed has ended the transaction
                self._con.execute("ROLLBACK")
            raise
        return changed

    def _count(self, sql: str, values: list[object] | None = None) -> int | None:
        self._con.execute(sql, values)
        counted = self._con.fetchone()
        return counted[0] if counted else None

    def _admitted(self, asked: Admission) -> Statement:
        if asked.admitted:
            return Statement(asked.sql, writes=asked.writes, explains=asked.explains)
        return admit(self._con, asked.sql, write=self._write)

    def _end(self) -> None:
        """End the statement that was last, and its transaction."""
        self._cancelled = False
        self._batches = iter(())
        self._planned = False
        with suppress(duckdb.Error):  # there may be none
            self._con.execute("ROLLBACK")

    def next(self) -> tuple[pa.RecordBatch | None, bool]:
        """The next rows of the statement, None when there are no more; and whether more may come.

        A batch that is not full is the last one, as a rule: whether it is, costs nothing to see.
        """
        with self._cause_told():
            batch = next(self._batches, None)
            if batch is None or batch.num_rows >= BATCH_ROWS:
                return batch, batch is not None
            following = next(self._batches, None)
            if following is None:
                return batch, False
        self._batches = chain([following], self._batches)
        return batch, True

    @contextmanager
    def _cause_told(self) -> Iterator[None]:
        """Raise what is wrong with the query that runs, where DuckDB says "Interrupted!".

        One of its threads that fails interrupts the others before it tells its error; if one of
        them is faster, the error is lost. Nobody has cancelled then, and the query is asked again.
        """
        try:
            yield
        except _STREAMED as e:
            if not self._lost(e):
                raise
            self._asked_again()
            raise

    def _lost(self, error: Exception) -> bool:
        return not self._cancelled and "Interrupted!" in str(error)

    def _asked_again(self) -> None:
        """Run the query that runs again, for its error; its rows are dropped."""
        for _ in range(_ASKED_AGAIN):
            self._end()
            try:
                for _ in self._con.execute(*self._running).to_arrow_reader(BATCH_ROWS):
                    pass
            except _STREAMED as e:
                if not self._lost(e):
                    raise

    def texts(self, sql: str) -> list[list[str | None]]:
        """The rows of a query of our own about the catalog, every value as text or NULL.

        The statement before it ends.
        """
        self._end()
        rows = self._con.execute(sql).fetchall()
        return [[None if value is None else str(value) for value in row] for row in rows]

    def hold(self, name: str, rows: pa.Table) -> None:
        """Let statements read `rows` as the view `name`; another of that name is replaced."""
        self._con.register(name, rows)

    def files(self, asked: Files) -> int:
        """Let statements read files as the views `name0`, `name1`...; how many there are.

        Raises QueryError.
        """
        from lakehouse.query.worker.files import datasets  # noqa: PLC0415 - few statements need it

        made = datasets(asked)
        for i, dataset in enumerate(made):
            self._con.register(f"{asked.name}{i}", dataset)
        return len(made)

    def interrupt(self) -> None:
        """End what runs now; from another thread."""
        self._cancelled = True
        self._con.interrupt()


def _values(asked: Admission) -> list[object] | None:
    if asked.parameters is None:
        return None
    return [column[0].as_py() for column in asked.parameters.columns]


def _bound(memory: int) -> None:
    """Bound the address space to what the engine may take, and leave no core dumps."""
    setrlimit(RLIMIT_CORE, (0, 0))
    with suppress(FileNotFoundError):  # outside Linux an address space has no bounds
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _, hard = getrlimit(RLIMIT_AS)
        wanted = pages * getpagesize() + memory + _RESERVE
        setrlimit(RLIMIT_AS, (wanted if hard == RLIM_INFINITY else min(wanted, hard), hard))
