"""What can be named in a statement: databases, their tables and views, and the columns of those."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, NoSuchViewError

from lakehouse.catalog import open_catalog
from lakehouse.catalog.explaining import explained
from lakehouse.catalog.external_tables import external_tables
from lakehouse.config import Settings

# Iceberg's types that Athena calls otherwise.
_ATHENA = {
    "string": "varchar", "long": "bigint", "int": "integer", "float": "real",
    "binary": "varbinary", "timestamptz": "timestamp with time zone",
}  # fmt: skip


@dataclass(frozen=True)
class NamedColumn:
    """A column with its type in Athena and its comment."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class NamedTable:
    """A table, or a view, whose columns nobody has written down."""

    database: str
    name: str
    columns: tuple[NamedColumn, ...] = ()
    comment: str = ""

    @property
    def full_name(self) -> str:
        """As it is named in a statement."""
        return f"{self.database}.{self.name}"


def named_tables(settings: Settings) -> list[NamedTable]:
    """Every table and view of the catalog, by name. Raises CatalogError."""
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        found = [
            table
            for namespace in catalog.list_namespaces()
            for table in _of(catalog, ".".join(namespace))
        ]
    return sorted(found, key=lambda table: table.full_name)


def _of(catalog: Catalog, database: str) -> Iterator[NamedTable]:
    for identifier in catalog.list_tables(database):
        with suppress(NoSuchTableError):  # dropped meanwhile
            table = catalog.load_table(identifier)
            columns = tuple(
                NamedColumn(field.name, _type(str(field.field_type)), field.doc or "")
                for field in table.schema().fields
            )
            comment = table.properties.get("comment", "")
            yield NamedTable(database, identifier[-1], columns, comment)
    if external := external_tables(catalog):
        for name in external.names(database):
            if found := external.find(database, name):
                keys = (*found.columns, *found.partition_keys)
                columns = tuple(NamedColumn(each.name, each.type, each.comment) for each in keys)
                yield NamedTable(database, name, columns, found.comment)
    with suppress(NotImplementedError, NoSuchViewError):
        for identifier in catalog.list_views(database):
            yield NamedTable(database, identifier[-1], comment="A view")


def _type(iceberg: str) -> str:
    return _ATHENA.get(iceberg, iceberg.replace(", ", ","))
