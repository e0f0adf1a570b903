"""Athena's statements, and DuckDB's, as query executions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from lakehouse.athena.functions.table import FUNCTIONS
from lakehouse.athena.results import as_printed, as_stored
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import Settings
from lakehouse.query.access.viewer import Viewer, narrowed
from lakehouse.query.executions.answers import Answer, DuckDbStatements, Opener
from lakehouse.query.executions.opened import Executions
from lakehouse.query.executions.opened import open_executions as open_with
from lakehouse.query.executions.parameters import written
from lakehouse.query.executions.records import TableRead
from lakehouse.query.executions.reuse import digest
from lakehouse.query.executions.words import first_word, words_of
from lakehouse.query.planned import Plan
from lakehouse.query.session import Planned, Session, open_session
from lakehouse.workgroup_settings import PRIMARY

_QUERIES: Final = frozenset({"select", "with", "values", "table"})
# What gives another answer each time: Trino's functions of chance, of the time and of who asks.
_VOLATILE: Final = frozenset({
    "rand", "random", "uuid", "shuffle", "now", "current_date", "current_time",
    "current_timestamp", "localtime", "localtimestamp", "current_timezone", "current_user",
    "current_catalog", "current_schema", "version", "tablesample",
})  # fmt: skip


class AthenaStatements:
    """Statements in Athena's dialect."""

    def __init__(self, athena: AthenaSession) -> None:
        self._athena = athena

    @property
    def session(self) -> Session:
        """The session under it."""
        return self._athena.session

    def see_as(self, viewer: Viewer | None) -> None:
        """Let the next statements see what `viewer` does."""
        self._athena.see(narrowed(viewer))

    def run(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Begin a statement. Raises what `AthenaSession.run` raises."""
        self._athena.views_read.clear()
        self._athena.files_read.clear()
        result, types = self._athena.run(sql, [written(value) for value in parameters])
        views = {name: digest(text) for name, text in self._athena.views_read.items()}
        forms = as_printed(result, types), as_stored(result, types)
        return Answer(result, *forms, views, repeatable=not self._athena.files_read)

    def outside(self, plan: Plan) -> Sequence[TableRead]:
        """What a statement with this plan reads of the external tables that it named."""
        return self._athena.outside(plan)

    def repeatable(self, sql: str) -> bool:
        """Whether it is a query without functions that answer otherwise each time."""
        return first_word(sql) in _QUERIES and _VOLATILE.isdisjoint(words_of(sql))

    def views_now(self, names: Sequence[str]) -> Mapping[str, str]:
        """The digests of those of the views that are there now and always answer the same."""
        texts = {name: self._athena.view_text(name) for name in names}
        return {
            name: digest(text)
            for name, text in texts.items()
            if text is not None and _VOLATILE.isdisjoint(words_of(text))
        }

    def databases(self) -> list[str]:
        """The databases of the catalog."""
        return [row[0] for row in self._listed("SHOW DATABASES")]

    def tables(self, database: str) -> list[str]:
        """The tables and views of a database."""
        return [row[0] for row in self._listed(f"SHOW TABLES IN {_quoted(database)}")]

    def columns(self, table: str) -> list[tuple[str, str]]:
        """The columns of a table and their types. Raises AthenaError."""
        name = ".".join(map(_quoted, table.split(".")))
        rows = self._listed(f"DESCRIBE {name}")
        return [(row[0], row[1]) for row in rows if row[0] and not row[0].startswith("#")]

    def functions(self) -> list[str]:
        """The functions of the dialect."""
        return sorted(FUNCTIONS)

    def _listed(self, sql: str) -> list[tuple[str, ...]]:
        """The rows of a statement of our own, which is no query execution."""
        pages = self._athena.run(sql)[0].pages()
        return [tuple(row.values()) for page in pages for row in page.to_pylist()]


def _quoted(name: str) -> str:
    return f"`{name}`"


@contextmanager
def _athena(
    settings: Settings, *, write: bool, folders: Sequence[Path], planned: Planned
) -> Iterator[AthenaStatements]:
    with open_athena(settings, write=write, folders=folders, planned=planned) as session:
        yield AthenaStatements(session)


@contextmanager
def _duckdb(
    settings: Settings, *, write: bool, folders: Sequence[Path], planned: Planned
) -> Iterator[DuckDbStatements]:
    with open_session(settings, write=write, folders=folders, planned=planned) as session:
        yield DuckDbStatements(session)


DIALECTS: Final[Mapping[str, Opener]] = {"athena": _athena, "duckdb": _duckdb}


def open_executions(
    settings: Settings,
    *,
    workgroup: str = PRIMARY,
    dialect: str | None = None,
    write: bool = False,
    folders: Sequence[Path] = (),
) -> AbstractContextManager[Executions]:
    """Query executions in a workgroup, in its dialect or the one that is named.

    See `lakehouse.query.executions.opened.open_executions`.
    """
    return open_with(
        settings, DIALECTS, workgroup=workgroup, dialect=dialect, write=write, folders=folders
    )
