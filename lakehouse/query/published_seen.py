"""A published state as somebody sees it whom rules keep from some rows and columns.

Its tables are views, in a database of their own, over those of the state: a query finds no others.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from lakehouse.errors import AccessError
from lakehouse.query.access.scope import Scope
from lakehouse.query.published import HERE, Marts, tables_named
from lakehouse.query.published_moment import Moment
from lakehouse.quoting import identifier


class Views:
    """The views that a state has for one scope; those who see the same share them."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.made: set[str] = set()
        self.making = threading.Lock()


class SeenMarts:
    """A published state, narrowed to a scope. Many threads may ask it at once."""

    def __init__(self, marts: Marts, scope: Scope) -> None:
        self._marts = marts
        self._scope = scope
        self.key = marts.views.setdefault(scope.digest, Views(f"seen_{scope.digest}"))
        with self.key.making:
            if not self.key.made:
                marts.execute(f"attach if not exists ':memory:' as {identifier(self.key.database)}")

    @property
    def moment(self) -> Moment:
        """What the tables of the state are read at."""
        return self._marts.moment

    @property
    def version(self) -> str:
        """That of the state."""
        return self._marts.version

    @property
    def published_at(self) -> datetime:
        """When the state became the current one (UTC)."""
        return self._marts.published_at

    def require(self, tables: Iterable[str]) -> None:
        """Raise AccessError when nothing of one of the tables is seen, UnpublishedError."""
        for table in tables:
            self._define(table)

    def last_order_on(self, day: date) -> datetime | None:
        """When the last order of a day that is seen was placed. Raises what `query` raises."""
        lines = "select max(ordered_at) as at from core.fct_order_lines where order_date = $day"
        last: datetime | None = self.query(lines, {"day": day})["at"][0].as_py()
        return last

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one SELECT over tables of the lake, of the rows and columns that are seen.

        Raises AccessError for a table or column that is not, and what `Marts.query` raises.
        """
        named = tables_named(sql)
        self.require(named)
        try:
            return self._marts.asked(sql, parameters, self.key.database)
        except duckdb.BinderException as e:
            hidden = sorted({column for _, column in self._scope.hidden})
            message = f"this needs a column that is hidden from you: {', '.join(hidden)}"
            raise AccessError(message, hint="ask whoever keeps the rules") from e

    def _define(self, table: str) -> None:
        with self.key.making:
            if table in self.key.made:
                return
            columns = self._columns(table)
            sight = self._scope.sight(table, columns, self._find)
            namespace, name = table.split(".")
            there = identifier(self.key.database, namespace)
            self._marts.execute(f"create schema if not exists {there}")
            made = sight.sql(identifier(HERE, namespace, name))
            view = identifier(self.key.database, namespace, name)
            self._marts.execute(f"create view {view} as select * from {made} as seen")
            self.key.made.add(table)

    def _find(self, table: str) -> tuple[str, Sequence[str]] | None:
        if table not in self._marts.moment.tables:
            return None
        return identifier(HERE, *table.split(".")), self._columns(table)

    def _columns(self, table: str) -> list[str]:
        self._marts.define(table)
        rows = self._marts.execute(f"describe {identifier(HERE, *table.split('.'))}")
        return [str(row[0]) for row in rows]


def seen(marts: Marts, scope: Scope | None) -> "Marts | SeenMarts":
    """The state as it is seen; None sees all of it."""
    return marts if scope is None else SeenMarts(marts, scope)
