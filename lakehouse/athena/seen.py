"""Tables as somebody sees them whom rules keep from some: the only way statements reach them.

A translation is made of what a schema finds. What this one finds is a subquery of the rows and
columns that the rules let through, so that no text of a statement reaches behind it: not by a
version, not by a hidden column such as `$path`, not by a metadata table, not by a view.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lakehouse.athena import information_schema
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.information_schema import Catalogued
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.errors import AccessError
from lakehouse.query.access.scope import Scope

_WHAT = "a table that rules narrow for you"
_SHOWN = ("databases", "tables", "views", "columns")


@dataclass(frozen=True)
class SeenSchema:
    """Finds in `tables` what a scope shows of them."""

    tables: Schema
    scope: Scope

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None. Raises PERMISSION_DENIED."""
        found = self.tables.table(parts)
        if found is None:
            return None
        database, name = found.name[-2:]
        if database == information_schema.NAME:
            return found
        if "$" in name:
            raise denied("metadata tables tell of all rows, and rules narrow yours")
        columns = [column for column, _ in found.columns]
        try:
            sight = self.scope.sight(f"{database}.{name}", columns, self._find)
        except AccessError as e:
            raise denied(e.message, e.hint) from e
        shown = tuple(column for column in found.columns if column[0] in sight.columns)
        return TableColumns(sight.sql(found.sql), found.name, shown, writable=False, what=_WHAT)

    def _find(self, name: str) -> tuple[str, Sequence[str]] | None:
        found = self.tables.table(tuple(name.lower().split(".")))
        return (found.sql, [column for column, _ in found.columns]) if found else None


@dataclass(frozen=True)
class SeenCatalogued:
    """What the catalog tells of the tables of which anything is seen in `schema`."""

    catalogued: Catalogued
    schema: Callable[[], Schema]

    def databases(self) -> list[str]:
        """The databases."""
        return self.catalogued.databases()

    def tables(self) -> list[tuple[str, str, str]]:
        """Database, name and kind of each table and view."""
        return [each for each in self.catalogued.tables() if sees(self.schema(), *each[:2])]

    def view_text(self, database: str, name: str) -> str | None:
        """The query of a view."""
        return self.catalogued.view_text(database, name)

    def described(
        self, database: str, name: str
    ) -> tuple[Iterable[tuple[str, object]], dict[str, str], frozenset[str]]:
        """Columns and types, comments, and what the table is partitioned by."""
        found = self.schema().table((database, name))
        _, comments, keys = self.catalogued.described(database, name)
        return found.columns if found else (), comments, keys


def sees(schema: Schema, database: str, name: str) -> bool:
    """Whether anything of a table or view is seen."""
    try:
        return schema.table((database, name)) is not None
    except AthenaError:
        return False


def refuse(statement: v.Statement) -> None:
    """Raise PERMISSION_DENIED for a statement that rules can't narrow."""
    shown = isinstance(statement, v.Show) and statement.what in _SHOWN
    immediate = isinstance(statement, v.Execute) and statement.immediate is not None
    if shown or immediate or isinstance(statement, v.Select | v.Describe):
        return
    what = type(statement).__name__.upper()
    if isinstance(statement, v.Show):
        what = f"SHOW {statement.what.upper()}"
    raise denied(f"{what} tells of all rows or changes something, and rules narrow what you see")


def denied(message: str, hint: str = "") -> AthenaError:
    """What is said to who may not."""
    return AthenaError("PERMISSION_DENIED", message, hint=hint or "ask a SELECT instead")
