"""Athena's statements on the contained session: what `lakehouse sql` runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from lakehouse.athena import seen
from lakehouse.athena.errors import AthenaError, error_of_kind, not_supported
from lakehouse.athena.prepared import PreparedStatements
from lakehouse.athena.statements import parse_statement
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.parser import StatementParser
from lakehouse.athena.translation import Translation, check_size, translate
from lakehouse.athena.types import BOOLEAN, VARCHAR, Type, text
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.query.access.scope import Scope
from lakehouse.query.diagnosis import no_answer, taken_apart
from lakehouse.query.planned import Plan
from lakehouse.query.results import Column, Result
from lakehouse.query.session import Planned, Session, open_session
from lakehouse.query.worker import Admission

if TYPE_CHECKING:
    from lakehouse.athena.lake import Lake
    from lakehouse.query.executions.records import TableRead

_READY = "lakehouse.athena.engine:prepare"
Answer = tuple[Result, tuple[Type, ...]]


class AthenaSession:
    """Answers Athena's statements; each sees the newest snapshot of every table."""

    def __init__(self, session: Session, settings: Settings, *, write: bool = False) -> None:
        self._session = session
        self._settings = settings
        self._write = write
        self._prepared = PreparedStatements(settings.home / "prepared")
        self._scope: Scope | None = None

    @property
    def session(self) -> Session:
        """The session that the engine's statements run in."""
        return self._session

    def see(self, scope: Scope | None) -> None:
        """Let the next statements see what a scope shows; None: everything."""
        self._scope = scope

    @property
    def views_read(self) -> dict[str, str]:
        """The views that were looked at, by name, with their texts; whoever asks may empty it."""
        return self._lake.views_read

    @property
    def files_read(self) -> set[str]:
        """The external tables that were looked at; whoever asks may empty it."""
        return self._lake.files_read

    def outside(self, plan: Plan) -> "list[TableRead]":
        """What a query with this plan reads of the external tables that were looked at."""
        return self._lake.outside(plan)

    def view_text(self, name: str) -> str | None:
        """The text of the view `database.name`, or None if there is none."""
        return self._lake.view_text(name)

    def run(self, sql: str, parameters: Sequence[str] = ()) -> Answer:
        """The result of the one statement in `sql`, and its columns' types in Athena.

        `parameters` are the values of its question marks, as they are written in SQL.

        Rows are computed while they are read; the next statement ends what is still unread.

        Raises AthenaError for SQL that is wrong, or that Athena or this dialect refuses,
        CatalogError when the catalog does not answer, KeyboardInterrupt on Ctrl-C.
        """
        check_size(sql)
        if not sql.strip().strip(";").strip():
            raise AthenaError("SYNTAX_ERROR", "there is no statement to run")
        statement = parse_statement(sql)
        values = [StatementParser(text).expression() for text in parameters]
        if not isinstance(statement, v.Prepare):
            _check_count(statement, values)
        self._session.begin()
        if "_lake" in vars(self):
            self._lake.looked.clear()
        try:
            return self._answer(statement, sql, values)
        except duckdb.Error as e:  # of a question of ours about the catalog
            raise told(e) from e

    def close(self) -> None:
        """Close what was opened for a statement."""
        if "_lake" in vars(self):
            self._lake.close()

    def _answer(
        self, statement: v.Statement, sql: str, parameters: Sequence[object] = ()
    ) -> Answer:
        if self._scope is not None:
            seen.refuse(statement)
        if statement.writes:
            self._refuse_unless_writing(sql)
            return self._lake.router.run(statement, parameters), ()
        if isinstance(statement, v.Select):
            text = statement.text if parameters else sql
            return self._query(translate(text, self._lake.schema, parameters))
        if isinstance(statement, v.Explain):
            return self._explained(statement, parameters)
        if isinstance(statement, v.Execute):
            return self._executed(statement)
        if isinstance(statement, v.Prepare):
            self._prepared.keep(statement.name, statement.text)
            return Result.nothing(), ()
        if isinstance(statement, v.Deallocate):
            self._prepared.drop(statement.name)
            return Result.nothing(), ()
        return self._query(self._lake.listing(statement))

    def _query(self, made: Translation) -> Answer:
        result = self._session.answer(Admission(made.sql, True), told)
        columns = tuple(
            Column(name, column.type, str(kind))
            for name, column, kind in zip(made.names, result.columns, made.types, strict=True)
        )
        return replace(result, columns=columns), made.types

    def _explained(self, explain: v.Explain, parameters: Sequence[object]) -> Answer:
        from lakehouse.athena import explaining  # noqa: PLC0415 - brings pyiceberg

        options = explaining.Options.of(explain)
        if not isinstance(explain.statement, v.Select):
            raise not_supported("EXPLAIN of anything but a query")
        made = translate(explain.statement.text, self._lake.schema, parameters)
        if options.kind == "validate":
            return self._query(Translation("SELECT true", ("Valid",), (BOOLEAN,)))
        plan = self._planned(made.sql)
        tables = self._lake.explained(plan)
        if options.kind == "io":
            sql = f"SELECT {text(explaining.io_plan(tables))}"
            return self._query(Translation(sql, ("Query Plan",), (VARCHAR,)))
        words = (*(("ANALYZE",) if explain.analyze else ()), f"FORMAT {options.format}")
        asked = Admission(f"EXPLAIN ({', '.join(words)}) {made.sql}", True, explains=True)
        result = explaining.with_tables(self._session.answer(asked, told), options.format, tables)
        return result, (VARCHAR,) * len(result.columns)

    def _planned(self, sql: str) -> str:
        try:
            return str(self._session.texts(f"EXPLAIN (FORMAT json) {sql}")[0][1])
        except duckdb.Error as e:
            raise told(e) from e

    def _executed(self, statement: v.Execute) -> Answer:
        """EXECUTE: the statement that was kept, or IMMEDIATE's, with values for its `?`."""
        text = statement.immediate
        if text is None:
            text = self._prepared.text(statement.name)
        prepared = parse_statement(text)
        if isinstance(prepared, v.Prepare | v.Execute | v.Deallocate):
            raise not_supported("EXECUTE of a statement about prepared statements")
        _check_count(prepared, statement.values)
        return self._answer(prepared, text, statement.values)

    def _refuse_unless_writing(self, sql: str) -> None:
        if not self._write:
            first = sql.split(maxsplit=1)[0].upper()
            message = f"{first} writes, and this session only reads"
            hint = "allow one write statement with `lakehouse sql --write`"
            raise AthenaError("PERMISSION_DENIED", message, hint=hint)

    @cached_property
    def _lake(self) -> "Lake":
        # Brings pyiceberg, which was imported while the engine started.
        from lakehouse.athena.lake import Lake  # noqa: PLC0415

        return Lake(
            self._session, self._settings, told, write=self._write, scope=lambda: self._scope
        )


@contextmanager
def open_athena(
    settings: Settings,
    *,
    write: bool = False,
    folders: Sequence[Path] = (),
    planned: Planned | None = None,
) -> Iterator[AthenaSession]:
    """A session in Athena's dialect, until the block ends; it writes when `write` allows it.

    `planned` is told what statements scan, as `open_session` says.

    Raises CatalogError when the catalog can't be used.
    """
    with open_session(
        settings, write=write, folders=folders, ready=_READY, planned=planned
    ) as session:
        made = AthenaSession(session, settings, write=write)
        try:
            yield made
        finally:
            made.close()


def _check_count(statement: v.Statement, values: Sequence[object]) -> None:
    wanted = getattr(statement, "parameters", 0)
    if wanted != len(values):
        message = f"Incorrect number of parameters: expected {wanted} but found {len(values)}"
        raise AthenaError("INVALID_PARAMETER_USAGE", message)


def told(error: Exception) -> LakehouseError:
    """Athena's error for one of the engine's."""
    failure = taken_apart(error)
    if failure.kind == "HTTP":
        return no_answer(failure)
    return error_of_kind(failure.kind, failure.message)
