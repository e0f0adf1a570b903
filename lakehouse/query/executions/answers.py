"""What executions need of a dialect: to run a statement, and to tell what it depends on."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from lakehouse.config import Settings
from lakehouse.errors import AccessError
from lakehouse.query.access.viewer import Viewer, narrowed
from lakehouse.query.executions.parameters import as_row
from lakehouse.query.executions.records import TableRead
from lakehouse.query.executions.words import first_word, words_of
from lakehouse.query.planned import Plan
from lakehouse.query.rendering import Rewriting, as_text, unchanged
from lakehouse.query.results import Result
from lakehouse.query.session import Planned, Session
from lakehouse.quoting import identifier

_QUERIES = frozenset({"select", "with", "values", "from", "table", "pivot"})
_FUNCTIONS = "SELECT DISTINCT function_name FROM duckdb_functions() ORDER BY ALL"
_NAMESPACES = """
    SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'lake' ORDER BY ALL"""
# What the name of a file that can be read ends with.
_FILES = frozenset({"parquet", "csv", "tsv", "json", "jsonl", "ndjson"})
# Not functions, but just as volatile.
_SAMPLES = frozenset({"sample", "tablesample"})
_VOLATILE = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"


@dataclass(frozen=True)
class Answer:
    """The result of a statement, how it is shown as text, and how it is stored as values.

    `views` are the views that it read, with a digest of each one's text. It is not `repeatable`
    when it read files that no snapshot tells the state of.
    """

    result: Result
    printed: Rewriting
    readable: Rewriting
    views: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


class Statements(Protocol):
    """A session in one dialect."""

    @property
    def session(self) -> Session:
        """The session under it."""

    def see_as(self, viewer: Viewer | None) -> None:
        """Let the next statements see what `viewer` does. Raises AccessError if they can't."""

    def run(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Begin the one statement in `sql`, with values for its question marks."""

    def repeatable(self, sql: str) -> bool:
        """Whether the statement is a query that answers the same of the same tables."""

    def outside(self, plan: Plan) -> Sequence[TableRead]:
        """What the statement under way, with this plan, reads of tables that are not Iceberg's."""

    def views_now(self, names: Sequence[str]) -> Mapping[str, str]:
        """The digests of those of the views that are there now."""

    def databases(self) -> list[str]:
        """The databases there are."""

    def tables(self, database: str) -> list[str]:
        """The tables and views of a database."""

    def columns(self, table: str) -> list[tuple[str, str]]:
        """The columns of a table, `database.table` or `table`, and their types."""

    def functions(self) -> list[str]:
        """The functions of the dialect."""


class Opener(Protocol):
    """Opens sessions in one dialect."""

    def __call__(
        self, settings: Settings, *, write: bool, folders: Sequence[Path], planned: Planned
    ) -> AbstractContextManager[Statements]:
        """A session, until the block ends."""


class DuckDbStatements:
    """Statements in DuckDB's dialect."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def see_as(self, viewer: Viewer | None) -> None:
        """Refuse everybody from whom rules keep something: this dialect reaches past them."""
        if narrowed(viewer) is not None:
            message = "rules hold for you, and statements in DuckDB's dialect would reach past them"
            raise AccessError(message, hint="ask in Athena's dialect")

    def run(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Begin a statement. Raises what `Session.run` raises."""
        result = self.session.run(sql, as_row(parameters))
        return Answer(result, as_text(result), unchanged(result))

    def repeatable(self, sql: str) -> bool:
        """Whether it is a query of tables without functions that answer otherwise each time."""
        words = words_of(sql)
        files = any(word in _FILES or word.startswith("read_") for word in words)
        return first_word(sql) in _QUERIES and not files and self._volatile.isdisjoint(words)

    def outside(self, plan: Plan) -> Sequence[TableRead]:
        """None: this dialect has no external tables."""
        return ()

    def views_now(self, names: Sequence[str]) -> Mapping[str, str]:
        """There are none."""
        return {}

    def databases(self) -> list[str]:
        """The namespaces of the catalog."""
        return [str(name) for (name,) in self.session.texts(_NAMESPACES)]

    def tables(self, database: str) -> list[str]:
        """The tables of a namespace."""
        found = (name.rpartition(".") for name in self.session.tables())
        return [name for namespace, _, name in found if namespace == database]

    def columns(self, table: str) -> list[tuple[str, str]]:
        """The columns of a table and their types. Raises QueryError."""
        names = ".".join(map(identifier, table.split(".")))
        rows = (
            row
            for page in self.session.run(f"DESCRIBE {names}").pages()
            for row in page.to_pylist()
        )
        return [(row["column_name"], row["column_type"].lower()) for row in rows]

    def functions(self) -> list[str]:
        """The functions of the engine."""
        return [str(name) for (name,) in self.session.texts(_FUNCTIONS)]

    @cached_property
    def _volatile(self) -> set[str]:
        return {str(name) for (name,) in self.session.texts(_VOLATILE)} | _SAMPLES
