"""What a translation has to know of the catalog: the columns of the tables a statement names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lakehouse.athena.types import Type


@dataclass(frozen=True)
class TableColumns:
    """A table as statements see it.

    `sql` is what the engine reads it by; `name` its full name in lower case, the parts by which
    columns may be qualified. What is not `writable` is neither written to nor has versions; `what`
    it is, says why. `hidden` columns are there for those who name them: their names, types, and
    what the engine calls them. `had` tells whether there was such a state: by "version" or
    "timestamp", and the engine's SQL of its value.
    """

    sql: str
    name: tuple[str, ...]
    columns: tuple[tuple[str, Type], ...]
    writable: bool = True
    hidden: tuple[tuple[str, Type, str], ...] = ()
    what: str = "a view"
    had: Callable[[str, str], bool] | None = field(default=None, compare=False)


class Schema(Protocol):
    """Finds tables."""

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name in lower case, one to three parts, or None."""
        ...


@dataclass(frozen=True)
class Remembered:
    """Finds in `schema` what is not `known` of a table in the same state, by its name.

    `state` tells a table's state, which decides its columns; None where nothing tells it.
    """

    schema: Schema
    state: Callable[[tuple[str, ...]], str | None]
    known: dict[tuple[str, ...], tuple[str, TableColumns]]

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        now = self.state(parts)
        if now is None:
            return self.schema.table(parts)
        then, columns = self.known.get(parts, ("", None))
        if columns is None or then != now:
            columns = self.schema.table(parts)
            if columns is not None:
                self.known[parts] = (now, columns)
        return columns


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
