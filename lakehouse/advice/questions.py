"""What is asked of a table: conditions of recorded queries, or those that are stated or typical."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import BooleanExpression
from pyiceberg.expressions.parser import parse
from pyiceberg.expressions.visitors import bind, extract_field_ids
from pyiceberg.schema import Schema

from lakehouse.athena.session import open_athena
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError, QueryError
from lakehouse.query import Result, open_session
from lakehouse.query.executions.conditions import condition
from lakehouse.query.executions.journal import FILE, FOLDER, Journal
from lakehouse.query.executions.records import State
from lakehouse.query.executions.scans import assigned, columns_of
from lakehouse.query.executions.table_files import KnownTables, TableFiles
from lakehouse.query.planned import Scan, read_plan
from lakehouse.tables.ops import QUERY_EXECUTIONS

# Different statements that are planned again, the most frequent first.
MOST = 40


@dataclass(frozen=True)
class Question:
    """A scan of the table: its condition and columns, and how often it was asked."""

    where: BooleanExpression
    columns: frozenset[str]
    times: int
    text: str


@dataclass(frozen=True)
class _Asked:
    """A statement as it was recorded."""

    sql: str
    dialect: str
    database: str
    parameters: tuple[str, ...]
    tables: tuple[str, ...]


def recorded(settings: Settings, catalog: Catalog, table: TableFiles) -> list[Question]:
    """The scans of the table by the statements in the history, planned as they would be now.

    A statement that can't be planned any more, because another table of it is gone, is left out.
    """
    counts: Counter[_Asked] = Counter()
    for asked in _history(settings, catalog):
        if table.name in asked.tables:
            counts[asked] += 1
    sessions: dict[tuple[str, str], list[_Asked]] = defaultdict(list)
    for asked, _ in counts.most_common(MOST):
        sessions[asked.dialect, asked.database].append(asked)
    known = KnownTables()
    return [
        Question(
            condition(scan.filters, table.schema),
            frozenset(columns_of(scan, table)),
            counts[asked],
            " ".join(asked.sql.split()),
        )
        for (dialect, database), statements in sessions.items()
        for asked, plan in _planned(settings, dialect, database, statements)
        for scan in _scans(plan, asked, catalog, known, table.name)
    ]


def stated(conditions: Iterable[str], table: TableFiles) -> list[Question]:
    """The questions whose conditions are stated. Raises QueryError for none of the table's."""
    every = frozenset(field.name for field in table.schema.fields)
    made = []
    for text in conditions:
        try:
            where = parse(text)
            bind(table.schema, where, True)
        except Exception as e:
            # The parser's own class, or whatever a value fails with that is none of the column.
            hint = "write it as in --where \"country = 'UK' and sold_at >= '2024-01-01'\""
            raise QueryError(f"no condition on {table.name}: {text!r}", hint=hint) from e
        made.append(Question(where, every, 1, text))
    return made


def filtered(questions: Iterable[Question], schema: Schema) -> list[str]:
    """The columns that conditions are about, those asked most often first."""
    counts: Counter[str] = Counter()
    for question in questions:
        for field_id in extract_field_ids(bind(schema, question.where, True)):
            name = schema.find_column_name(field_id)
            if name and "." not in name:  # a member of a struct is no column
                counts[name] += question.times
    return [name for name, _ in counts.most_common()]


def _history(settings: Settings, catalog: Catalog) -> Iterator[_Asked]:
    """Queries that succeeded: those of the journal, and older ones, or of other homes."""
    seen = set()
    if (settings.home / FOLDER / FILE).exists():
        with closing(Journal(settings.home / FOLDER)) as journal:
            for each in journal.listed(state=State.SUCCEEDED):
                seen.add(each.id)
                if each.kind == "DML":
                    names = tuple(table.name for table in each.tables)
                    yield _Asked(each.sql, each.dialect, each.database, each.parameters, names)
    with suppress(NoSuchTableError):
        since = (datetime.now(UTC) - settings.query.retention).isoformat()
        scan = catalog.load_table(QUERY_EXECUTIONS).scan(
            f"state = 'SUCCEEDED' AND kind = 'DML' AND submitted_at >= '{since}'",
            selected_fields=("id", "sql", "dialect", "database", "parameters", "tables"),
        )
        for row in scan.to_arrow().to_pylist():
            if row["id"] not in seen:
                names = tuple(table["name"] for table in json.loads(row["tables"]))
                values = tuple(json.loads(row["parameters"]))
                yield _Asked(row["sql"], row["dialect"], row["database"], values, names)


def _planned(
    settings: Settings, dialect: str, database: str, statements: Sequence[_Asked]
) -> Iterator[tuple[_Asked, str]]:
    query = settings.query.model_copy(update={"database": database})
    opened = open_athena if dialect == "athena" else open_session
    with opened(settings.model_copy(update={"query": query})) as session:
        for asked in statements:
            with suppress(LakehouseError):
                yield asked, _plan(session, asked)


def _plan(session: Any, asked: _Asked) -> str:  # noqa: ANN401 - of either dialect
    explain = f"EXPLAIN (FORMAT JSON) {asked.sql}"
    if asked.dialect != "athena":
        return _told(session.run(explain))
    result, _ = session.run(explain, asked.parameters)
    return json.dumps(json.loads(_told(result))["plan"])


def _told(result: Result) -> str:
    """The plan, which stands behind its name."""
    return "".join(str(page.column(1)[0].as_py()) for page in result.pages())


def _scans(
    plan: str, asked: _Asked, catalog: Catalog, known: KnownTables, name: str
) -> Iterator[Scan]:
    tables = []
    for each in asked.tables:
        with suppress(NoSuchTableError):
            tables.append(known.files(catalog, tuple(each.split("."))))
    for scan, table in assigned(read_plan(plan).scans, tables):
        if table.name == name:
            yield scan
