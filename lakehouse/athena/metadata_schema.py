"""Finds `t$snapshots` and its kin, and hands their rows to the engine."""

from collections.abc import Callable

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

from lakehouse.athena.attached import Rows, type_from_engine
from lakehouse.athena.metadata_tables import metadata_table
from lakehouse.athena.names import named
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.types import ZONED, Type, identifier, zoned


class MetadataSchema:
    """Finds metadata tables; every other name is looked up in `tables`.

    `hold` lets the engine read rows under a name, `ask` gives the rows of a query of the engine.
    """

    def __init__(
        self,
        tables: Schema,
        catalog: Callable[[], Catalog],
        hold: Callable[[str, pa.Table], None],
        ask: Rows,
        database: str,
    ) -> None:
        self._tables = tables
        self._catalog = catalog
        self._hold = hold
        self._ask = ask
        self._database = database

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        base, dollar, kind = parts[-1].rpartition("$")
        if not dollar:
            return self._tables.table(parts)
        full = (self._database, base) if len(parts) == 1 else (*parts[:-1], base)
        try:
            rows = metadata_table(self._catalog().load_table(named(full, self._database)), kind)
        except (NoSuchTableError, NoSuchNamespaceError):
            return None
        if rows is None:
            return None
        name = ".".join((*full[-2:-1], parts[-1]))
        self._hold(name, rows)
        described = self._ask(f"DESCRIBE temp.main.{identifier(name)}")
        columns = tuple((str(line[0]), _type(str(line[1]))) for line in described)
        sql = f"temp.main.{identifier(name)}"
        return TableColumns(sql, ("awsdatacatalog", *full[-2:-1], parts[-1]), columns, False)


def _type(described: str) -> Type:
    made = type_from_engine(described)
    return zoned(3, "UTC") if made.base == ZONED else made
