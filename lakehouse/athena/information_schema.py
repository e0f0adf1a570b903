"""`information_schema`: the catalog as tables, with Trino's columns and Athena's names of types.

Source: Athena's documentation, "Query the AWS Glue Data Catalog".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.types import BIGINT, VARCHAR, identifier

NAME = "information_schema"
_CATALOG = "awsdatacatalog"
_TABLE = ("table_catalog", "table_schema", "table_name")
_COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": (*_TABLE, "table_type"),
    "views": (*_TABLE, "view_definition"),
    "columns": (
        *_TABLE, "column_name", "ordinal_position", "column_default", "is_nullable", "data_type",
        "comment", "extra_info",
    ),
}  # fmt: skip
Line = tuple[object, ...]


class Catalogued(Protocol):
    """What the catalog tells of all that is in it."""

    def databases(self) -> list[str]:
        """The databases."""
        ...

    def tables(self) -> list[tuple[str, str, str]]:
        """Database, name and kind (BASE TABLE, VIEW) of each table and view."""
        ...

    def view_text(self, database: str, name: str) -> str | None:
        """The query of a view."""
        ...

    def described(
        self, database: str, name: str
    ) -> tuple[Iterable[tuple[str, object]], dict[str, str], frozenset[str]]:
        """Columns and types, comments, and which columns partition the table."""
        ...


@dataclass(frozen=True)
class InformationSchema:
    """Finds the tables of information_schema; every other name is looked up in `others`."""

    others: Schema
    catalogued: Callable[[], Catalogued]
    hold: Callable[[str, pa.Table], None]
    database: str = ""

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        database = parts[-2] if len(parts) > 1 else self.database
        names = _COLUMNS.get(parts[-1])
        if database != NAME or names is None:
            return self.others.table(parts)
        lines = list(_LINES[parts[-1]](self.catalogued()))
        fields = [(n, pa.int64() if n == "ordinal_position" else pa.string()) for n in names]
        columns = list(zip(*lines, strict=True)) or [()] * len(names)
        arrays = [pa.array(v, t) for v, (_, t) in zip(columns, fields, strict=True)]
        name = f"{NAME}.{parts[-1]}"
        self.hold(name, pa.table(arrays, schema=pa.schema(fields)))
        types = tuple((n, BIGINT if n == "ordinal_position" else VARCHAR) for n in names)
        sql = f"temp.main.{identifier(name)}"
        return TableColumns(sql, (_CATALOG, NAME, parts[-1]), types, False, what="of the catalog")


def _schemata(catalogued: Catalogued) -> Iterator[Line]:
    for database in sorted({*catalogued.databases(), NAME}):
        yield _CATALOG, database


def _tables(catalogued: Catalogued) -> Iterator[Line]:
    for database, name, kind in sorted(catalogued.tables()):
        yield _CATALOG, database, name, kind


def _views(catalogued: Catalogued) -> Iterator[Line]:
    for database, name, kind in sorted(catalogued.tables()):
        if kind == "VIEW":
            text = catalogued.view_text(database, name)
            yield _CATALOG, database, name, text


def _columns(catalogued: Catalogued) -> Iterator[Line]:
    for database, name, _ in sorted(catalogued.tables()):
        try:
            columns, comments, keys = catalogued.described(database, name)
        except AthenaError:  # a view whose tables are gone has none
            continue
        for i, (column, made) in enumerate(columns, start=1):
            extra = "partition key" if column in keys else None
            yield (
                _CATALOG, database, name, column.lower(), i, None, "YES", str(made),
                comments.get(column), extra,
            )  # fmt: skip


_LINES: dict[str, Callable[[Catalogued], Iterator[Line]]] = {
    "schemata": _schemata,
    "tables": _tables,
    "views": _views,
    "columns": _columns,
}
