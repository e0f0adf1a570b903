"""Using a result again: when the same question was asked of the same state of all that it reads.

The same text, parameters, dialect and database, under the same rules of who sees what, by the same
version of this program; and every
table and view that was read then is what it was: the same table at the same snapshot and schema,
the same text of a view. Questions whose answers depend on anything else are never entered.
"""

import hashlib
import json
from datetime import datetime, timedelta

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

from lakehouse import __version__
from lakehouse.query.executions.answers import Statements
from lakehouse.query.executions.journal import Journal
from lakehouse.query.executions.kept import place_of
from lakehouse.query.executions.records import Execution, TableRead
from lakehouse.query.executions.scans import state_of
from lakehouse.query.executions.table_files import KnownTables


def question_of(execution: Execution) -> str:
    """A digest that is equal for executions that ask the same."""
    asked = [
        __version__, execution.dialect, execution.database, execution.sql, execution.parameters,
        execution.rules,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def digest(text: str) -> str:
    """A digest of a view's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def earlier(
    execution: Execution,
    age: timedelta,
    journal: Journal,
    statements: Statements,
    known: KnownTables,
) -> Execution | None:
    """An execution, at most `age` old, whose result answers this one too."""
    catalog = statements.session.catalog
    if catalog is None or age <= timedelta():
        return None
    statements.session.renew()
    for candidate in journal.answered(question_of(execution), _since(execution, age)):
        names = list(candidate.views or {})
        if (
            place_of(candidate).complete
            and statements.views_now(names) == (candidate.views or {})
            and all(_unchanged(table, catalog, known) for table in candidate.tables)
        ):
            return candidate
    return None


def _since(execution: Execution, age: timedelta) -> datetime:
    return execution.submitted_at - age


def _unchanged(then: TableRead, catalog: Catalog, known: KnownTables) -> bool:
    try:
        now = state_of(known.files(catalog, tuple(then.name.split("."))))
    except (NoSuchTableError, NoSuchNamespaceError):
        return False
    return (now.uuid, now.snapshot_id, now.schema_id) == (
        then.uuid,
        then.snapshot_id,
        then.schema_id,
    )
