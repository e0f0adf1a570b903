"""All that is in the catalog, for `information_schema`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyiceberg.catalog import Catalog

from lakehouse.athena import definitions
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external import showing
from lakehouse.athena.external.relation import columns_of
from lakehouse.athena.schema import Schema
from lakehouse.athena.writing.views import Views
from lakehouse.catalog.external_tables import ExternalTables


@dataclass(frozen=True)
class LakeCatalogued:
    """What the lake's tables, views and external tables are called and made of.

    `listed` gives every database, with the names of its Iceberg tables; each database also once
    with an empty name.
    """

    catalog: Catalog
    listed: Callable[[], list[tuple[str, str]]]
    views: Views
    external: ExternalTables | None
    schema: Schema

    def databases(self) -> list[str]:
        """The databases."""
        return sorted({database for database, _ in self.listed()})

    def tables(self) -> list[tuple[str, str, str]]:
        """Database, name and kind of each table and view."""
        found = [(database, name, "BASE TABLE") for database, name in self.listed() if name]
        for database in self.databases():
            found += [(database, name, "VIEW") for name in self.views.names(database)]
            files = self.external.names(database) if self.external else ()
            found += [(database, name, "BASE TABLE") for name in files]
        return found

    def view_text(self, database: str, name: str) -> str | None:
        """The query of a view."""
        found = self.views.find(database, name)
        return found.text if found else None

    def described(
        self, database: str, name: str
    ) -> tuple[Iterable[tuple[str, object]], dict[str, str], frozenset[str]]:
        """Columns and types, comments, and what the table is partitioned by."""
        if self.external and (files := self.external.find(database, name)):
            columns, keys = columns_of(files)
            own = frozenset(key for key, _ in keys)
            return (*columns, *keys), showing.comments(files), own
        found = self.schema.table((database, name))
        if found is None:
            raise AthenaError("TABLE_NOT_FOUND", f"Table '{database}.{name}' does not exist")
        if not found.writable:
            return found.columns, {}, frozenset()
        table = self.catalog.load_table((database, name))
        schema = table.schema()
        keys_of = frozenset(
            schema.find_field(field.source_id).name
            for field in table.spec().fields
            if str(field.transform) == "identity"
        )
        return found.columns, definitions.comments(table), keys_of
