"""Athena's statements on the contained session: what `lakehouse sql` runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lakehouse.athena import listings
from lakehouse.athena.attached import AttachedSchema
from lakehouse.athena.errors import AthenaError, error_of_kind, not_supported
from lakehouse.athena.statements import parse_statement
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import Translation, check_size, translate
from lakehouse.athena.types import VARCHAR, Type
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.query.diagnosis import no_answer, taken_apart
from lakehouse.query.results import Column, Result
from lakehouse.query.session import NAMESPACE, Session, open_session
from lakehouse.query.worker import Admission

_LAKE = "lake"
_READY = "lakehouse.athena.engine:prepare"
_DATABASES = """
    SELECT schema_name, '' FROM duckdb_schemas() WHERE database_name = 'lake' UNION ALL
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake'"""
_ANSWERED = "SELECT, WITH, VALUES, SHOW DATABASES, TABLES and COLUMNS, DESCRIBE and EXPLAIN"


class AthenaSession:
    """Answers Athena's reading statements; each sees the newest snapshot of every table."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._schema = AttachedSchema(session.texts, _LAKE, NAMESPACE)

    def run(self, sql: str) -> tuple[Result, tuple[Type, ...]]:
        """The result of the one statement in `sql`, and its columns' types in Athena.

        Rows are computed while they are read; the next statement ends what is still unread.

        Raises AthenaError for SQL that is wrong, or that Athena or this dialect refuses,
        CatalogError when the catalog does not answer, KeyboardInterrupt on Ctrl-C.
        """
        check_size(sql)
        if not sql.strip().strip(";").strip():
            raise AthenaError("SYNTAX_ERROR", "there is no statement to run")
        statement = parse_statement(sql)
        explains = isinstance(statement, v.Explain)
        made = self._translated(statement, sql)
        result = self._session.answer(Admission(made.sql, True, explains=explains), _told)
        if explains:
            return result, (VARCHAR,) * len(result.columns)
        columns = tuple(
            Column(name, column.type, str(kind))
            for name, column, kind in zip(made.names, result.columns, made.types, strict=True)
        )
        return replace(result, columns=columns), made.types

    def _translated(self, statement: v.Statement, sql: str) -> Translation:
        if isinstance(statement, v.Select):
            return translate(sql, self._schema)
        if isinstance(statement, v.Explain):
            return self._explained(statement)
        if isinstance(statement, v.Show):
            listed = [(str(of), str(name)) for of, name in self._session.texts(_DATABASES)]
            return listings.show(statement, self._schema, listed, NAMESPACE)
        if isinstance(statement, v.Describe):
            return listings.describe(statement, self._schema)
        raise _refused(statement, sql)

    def _explained(self, explain: v.Explain) -> Translation:
        if explain.options:
            raise not_supported("EXPLAIN with options")
        if not isinstance(explain.statement, v.Select):
            raise not_supported("EXPLAIN of anything but a query")
        made = translate(explain.statement.text, self._schema)
        analyze = "ANALYZE " if explain.analyze else ""
        return replace(made, sql=f"EXPLAIN {analyze}{made.sql}")


@contextmanager
def open_athena(settings: Settings, *, folders: Sequence[Path] = ()) -> Iterator[AthenaSession]:
    """A reading session in Athena's dialect, until the block ends.

    Raises CatalogError when the catalog can't be used.
    """
    with open_session(settings, folders=folders, ready=_READY) as session:
        yield AthenaSession(session)


def _refused(statement: v.Statement, sql: str) -> AthenaError:
    first = sql.split(maxsplit=1)[0].upper()
    hint = f"this dialect answers {_ANSWERED}"
    if statement.writes:
        hint += "; `lakehouse sql --dialect duckdb --write` writes in DuckDB's SQL"
    return AthenaError("NOT_SUPPORTED", f"{first} is not supported", hint=hint)


def _told(error: Exception) -> LakehouseError:
    failure = taken_apart(error)
    if failure.kind == "HTTP":
        return no_answer(failure)
    return error_of_kind(failure.kind, failure.message)
