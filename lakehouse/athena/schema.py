"""What a translation has to know of the catalog: the columns of the tables a statement names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lakehouse.athena.types import Type


@dataclass(frozen=True)
class TableColumns:
    """A table as statements see it.

    `sql` is what the engine reads it by; `name` its full name in lower case, the parts by which
    columns may be qualified. What is not `writable` is neither written to nor has versions; `what`
    it is, says why. `hidden` columns are there for those who name them: their names, types, and
    what the engine calls them.
    """

    sql: str
    name: tuple[str, ...]
    columns: tuple[tuple[str, Type], ...]
    writable: bool = True
    hidden: tuple[tuple[str, Type, str], ...] = ()
    what: str = "a view"


class Schema(Protocol):
    """Finds tables."""

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name in lower case, one to three parts, or None."""
        ...


@dataclass(frozen=True)
class MappedSchema:
    """A schema spelled out; a shorter name finds a table by the end of its full name."""

    tables: Mapping[str, Sequence[tuple[str, Type]]]

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        for name, columns in self.tables.items():
            full = tuple(name.lower().split("."))
            if full[-len(parts) :] == parts:
                sql = ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))
                return TableColumns(sql, full, tuple(columns))
        return None
