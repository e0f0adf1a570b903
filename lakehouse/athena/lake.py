"""What statements need of the catalog: tables, views, their definitions, and who changes them."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property, partial
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.table import Table

from lakehouse.athena import definitions, listings
from lakehouse.athena.attached import AttachedSchema
from lakehouse.athena.catalogued import LakeCatalogued
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.explaining import Looked, Tables, counted
from lakehouse.athena.external import showing as external
from lakehouse.athena.external.changes import ExternalChanges
from lakehouse.athena.external.partitions import name_of
from lakehouse.athena.external.places import Places
from lakehouse.athena.external.relation import EXTERNAL, ExternalSchema, columns_of
from lakehouse.athena.external.scanned import scanned
from lakehouse.athena.information_schema import Catalogued, InformationSchema
from lakehouse.athena.metadata_schema import MetadataSchema
from lakehouse.athena.names import LAKE, named
from lakehouse.athena.schema import Remembered, Schema, TableColumns
from lakehouse.athena.seen import SeenCatalogued, SeenSchema, sees
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import Translation
from lakehouse.athena.writing.router import WriteRouter
from lakehouse.athena.writing.views import StoredView, ViewingSchema, Views
from lakehouse.catalog import open_catalog
from lakehouse.catalog.damage import files_of
from lakehouse.catalog.external_tables import ExternalTable, ExternalTables, external_tables
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.statistics import namespaces, table_names
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.query.access.scope import Scope
from lakehouse.query.executions.records import TableRead
from lakehouse.query.planned import Plan
from lakehouse.query.session import Session


class Lake:
    """The tables and views of the catalog, opened when one is first needed.

    `scope` tells what is shown of them; None: everything. `files_read` are the external tables that
    were looked at, whose files tell no state.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        told: Callable[[Exception], LakehouseError],
        *,
        write: bool,
        scope: Callable[[], Scope | None] = lambda: None,
    ) -> None:
        self._session = session
        self._settings = settings
        self._told = told
        self._write = write
        self._scope = scope
        self._opened = ExitStack()
        self.files_read: set[str] = set()
        self.looked: Tables = {}
        # By the database that bare names mean.
        self._known: dict[str, dict[tuple[str, ...], tuple[str, TableColumns]]] = {}

    @property
    def _database(self) -> str:
        return self._settings.query.database

    def _named(self, name: v.Name) -> tuple[str, str]:
        return named(name, self._database)

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()

    @cached_property
    def schema(self) -> Schema:
        """Finds tables, views and metadata tables."""
        return ViewingSchema(self._tables, self._views, self._named, self._database)

    @cached_property
    def external(self) -> ExternalTables | None:
        """The external tables; None where the catalog keeps none."""
        return external_tables(self._catalog)

    @cached_property
    def router(self) -> WriteRouter:
        """Runs statements that write."""
        return WriteRouter(
            self._session,
            self._catalog,
            self.schema,
            self._views,
            self._told,
            ExternalChanges(self.external, self._places) if self.external else None,
            self._settings,
            self._named,
        )

    @property
    def views_read(self) -> dict[str, str]:
        """The views that were looked at, by name, with their texts."""
        return self._views.read

    def view_text(self, name: str) -> str | None:
        """The text of the view `database.name`, or None if there is none."""
        database, _, view = name.partition(".")
        found = self._views.find(database, view)
        return found.text if found else None

    def explained(self, plan: str) -> list[dict[str, Any]]:
        """The tables `looked` at for a query with this plan, in JSON, and what it reads of them."""
        return counted(plan, self.looked, self._catalog, self.outside)

    def outside(self, plan: Plan) -> list[TableRead]:
        """What a query with this plan reads of the external tables `looked` at."""
        names = [name for name, table in self.looked.items() if table.what == EXTERNAL]
        found = [table for name in names if (table := self._external(name))]
        return scanned(found, self._places, plan) if found else []

    def listing(self, statement: v.Statement) -> Translation:
        """A query that answers SHOW or DESCRIBE. Raises AthenaError."""
        if isinstance(statement, v.Show):
            return self._shown(statement)
        if isinstance(statement, v.ShowProperties):
            return self._shown_properties(statement)
        if isinstance(statement, v.Describe):
            if (table := self._external(statement.table)) and self._scope() is None:
                return self._described(statement, table)
            columns = listings.found_table(self.schema, statement.table)
            comments = self._comments(statement.table) if columns.writable else {}
            return listings.describe(statement, columns, comments)
        raise not_supported(type(statement).__name__)

    def _shown(self, statement: v.Show) -> Translation:
        if statement.what == "create view":
            view = self._view(statement.of)
            lines = definitions.create_view(view.database, view.name, view.text)
            return listings.listed("create view", lines)
        table = self._external(statement.of) if statement.of else None
        if statement.what == "create table" and table:
            return listings.listed("createtab_stmt", external.create_table(table))
        if statement.what == "partitions" and table:
            return listings.listed("partition", _partitions(table))
        if statement.what == "columns" and table and self._scope() is None:
            names = [column.name for column in (*table.columns, *table.partition_keys)]
            return listings.listed("field", names)
        if statement.what == "create table":
            columns = listings.found_table(self.schema, statement.of)
            lines = definitions.create_table(self._table(statement.of), columns)
            return listings.listed("createtab_stmt", lines)
        if statement.what == "partitions":
            return listings.listed("partition", definitions.partitions(self._table(statement.of)))
        known = self._listed()
        views: list[tuple[str, str]] = []
        if statement.what in ("tables", "views"):
            of = statement.of[0] if statement.of else self._database
            views = [(of, name) for name in self._views.names(of)]
            known += [(of, name) for name in (self.external.names(of) if self.external else ())]
        if self._scope() is not None:
            known = [(of, name) for of, name in known if not name or sees(self.schema, of, name)]
            views = [(of, name) for of, name in views if sees(self.schema, of, name)]
        return listings.show(statement, self.schema, known, views, self._database)

    def _shown_properties(self, statement: v.ShowProperties) -> Translation:
        if table := self._external(statement.table):
            found = sorted({"EXTERNAL": "TRUE", **table.parameters}.items())
        else:
            found = definitions.properties(self._table(statement.table))
        if statement.key is not None:
            found = [(key, value) for key, value in found if key == statement.key]
        return listings.rows(("prpt_name", "prpt_value"), found)

    def _described(self, statement: v.Describe, table: ExternalTable) -> Translation:
        own, keys = columns_of(table)
        name = ("awsdatacatalog", table.database, table.name)
        columns = TableColumns("", name, (*own, *keys), writable=False)
        extra = () if statement.column else external.partition_lines(table)
        return listings.describe(statement, columns, external.comments(table), extra)

    def _external(self, name: v.Name) -> ExternalTable | None:
        return self.external.find(*self._named(name)) if self.external else None

    def _table(self, name: v.Name) -> Table:
        listings.found_table(self.schema, name)
        if self._views.find(*self._named(name)):
            raise AthenaError("NOT_SUPPORTED", f"'{'.'.join(name)}' is a view")
        return self._catalog.load_table(self._named(name))

    def _view(self, name: v.Name) -> StoredView:
        found = self._views.find(*self._named(name))
        if found is None:
            message = f"View '{'.'.join(self._named(name))}' does not exist"
            raise AthenaError("TABLE_NOT_FOUND", message)
        return found

    def _comments(self, name: v.Name) -> dict[str, str]:
        return {} if "$" in name[-1] else definitions.comments(self._table(name))

    def _tables(self, database: str) -> Schema:
        ask = self._session.texts
        known = self._known.setdefault(database, {})
        place = partial(self._metadata_place, database=database)
        attached = Remembered(AttachedSchema(ask, LAKE, database, self._tell_refused), place, known)
        tables = MetadataSchema(attached, lambda: self._catalog, self._session.hold, ask, database)

        def find(parts: tuple[str, ...]) -> ExternalTable | None:
            found = self._external(parts if len(parts) > 1 else (database, *parts))
            if found is not None:
                self.files_read.add(f"{found.database}.{found.name}")
            return found

        files = ExternalSchema(tables, find, self._session, self._places)
        every = InformationSchema(files, self._catalogued, self._hold_catalogued, database)
        looked = Looked(every, self.looked)
        scope = self._scope()
        return looked if scope is None else SeenSchema(looked, scope)

    def _tell_refused(self, database: str, name: str, error: duckdb.Error) -> None:
        """Raises CatalogError for a table that SQL may not read, or whose metadata is damaged."""
        try:
            with files_of(f"{database}.{name}"):
                location = self._catalog.load_table((*database.split("."), name)).location()
        except (NoSuchTableError, NoSuchNamespaceError):
            return
        if not isinstance(error, duckdb.PermissionException):
            return
        place = path_of(location)
        folder = place.parents[len(database.split("."))] if place else location
        raise CatalogError(
            f"{database}.{name} lies in {place or location}, where SQL may not read",
            hint=f'if its files are to be read, add to [catalog]: warehouse = "{folder}"',
        )

    def _metadata_place(self, parts: tuple[str, ...], database: str) -> str | None:
        """Where a table's metadata lies, which never changes, as the engine will find it."""
        catalog = self._session.catalog
        if not isinstance(catalog, SteadyCatalog):  # of another, the engine may see a later state
            return None
        try:
            return catalog.metadata_location(named(parts, database))
        except (NoSuchTableError, AthenaError):
            return None

    def _catalogued(self) -> Catalogued:
        found = LakeCatalogued(self._catalog, self._listed, self._views, self.external, self.schema)
        return found if self._scope() is None else SeenCatalogued(found, lambda: self.schema)

    def _hold_catalogued(self, name: str, rows: pa.Table) -> None:
        self.files_read.add(name)  # a state that no snapshot tells
        self._session.hold(name, rows)

    def _listed(self) -> list[tuple[str, str]]:
        # Of the catalog: the engine goes on listing tables that it has read and are gone.
        tables = [(".".join(name[:-1]), name[-1]) for name in table_names(self._catalog)]
        return [*((".".join(name), "") for name in namespaces(self._catalog)), *tables]

    @cached_property
    def _places(self) -> Places:
        return Places.of(self._settings)

    @cached_property
    def _views(self) -> Views:
        return Views(lambda: self._catalog)

    @cached_property
    def _catalog(self) -> Catalog:
        return self._opened.enter_context(open_catalog(self._settings, create=self._write))


def _partitions(table: ExternalTable) -> list[str]:
    if not table.partition_keys:
        message = f"Table '{table.database}.{table.name}' is not partitioned"
        raise AthenaError("INVALID_PARTITION_SPEC", message)
    return [name_of(table, partition) for partition in table.partitions]
