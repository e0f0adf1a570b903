"""The catalog in a SQL database: PyIceberg's, with the gaps closed that would lose something."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyiceberg.catalog import Catalog, MetastoreCatalog, PropertiesUpdateSummary
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from sqlalchemy import ColumnElement, CursorResult, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lakehouse.catalog.changed_metadata import changed_metadata
from lakehouse.catalog.commits import Change, Committed, RaceLostError, commit_together
from lakehouse.catalog.defaults import AnySchema, DefaultingCatalog
from lakehouse.catalog.durability import DURABLE
from lakehouse.catalog.locations import unused_location
from lakehouse.catalog.names import check_namespace, check_table, folder_of
from lakehouse.catalog.sql_views import SqlViews

# PyIceberg marks an existing namespace by this property; without any row it would be gone.
_MARK = "exists"
# Rows without a type are older than views, and tables.
_IS_TABLE = or_(IcebergTables.iceberg_type.is_(None), IcebergTables.iceberg_type == "TABLE")


class LakeSqlCatalog(DefaultingCatalog, SqlViews, SqlCatalog):
    """Tables and namespaces as rows; a commit swaps the locations of metadata files.

    Beyond PyIceberg's: changes to several tables commit together, a lost race leaves no
    metadata file, names that could not be found again are refused, nested namespaces take
    staged tables, and a new table never moves into a folder that another one still uses.
    """

    def __init__(self, name: str, engine: Engine | None = None, **properties: str) -> None:
        properties = {**DURABLE, **properties}
        if engine is None:
            super().__init__(name, **properties)
            return
        MetastoreCatalog.__init__(self, name, **properties)
        self.engine = engine
        self._init_catalog()

    # --- namespaces

    def create_namespace(
        self, namespace: str | Identifier, properties: Properties = EMPTY_DICT
    ) -> None:
        """As PyIceberg's; of two that create it at once, one gets NamespaceAlreadyExistsError."""
        levels = check_namespace(Catalog.identifier_to_tuple(namespace))
        try:
            super().create_namespace(levels, {**properties, _MARK: "true"})
        except IntegrityError as e:
            raise NamespaceAlreadyExistsError(f"Namespace {namespace} already exists") from e

    def drop_namespace(self, namespace: str | Identifier) -> None:
        """As PyIceberg's, and refused while there are namespaces below."""
        if below := self.list_namespaces(namespace):
            raise NamespaceNotEmptyError(f"Namespace {namespace} holds {len(below)} namespaces")
        if names := self._rows_in(".".join(Catalog.identifier_to_tuple(namespace))):
            raise NamespaceNotEmptyError(f"Namespace {namespace} holds {', '.join(names[:5])}")
        super().drop_namespace(namespace)

    def load_namespace_properties(self, namespace: str | Identifier) -> Properties:
        """The properties that were given to the namespace."""
        found = super().load_namespace_properties(namespace)
        return {key: value for key, value in found.items() if key != _MARK}

    def update_namespace_properties(
        self,
        namespace: str | Identifier,
        removals: set[str] | None = None,
        updates: Properties = EMPTY_DICT,
    ) -> PropertiesUpdateSummary:
        """As PyIceberg's; a namespace outlives its last property."""
        if _MARK in updates or _MARK in (removals or ()):
            raise ValueError(f"the property {_MARK!r} belongs to the catalog")
        return super().update_namespace_properties(namespace, removals, updates)

    # --- tables

    def create_table(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> Table:
        """As PyIceberg's, with the table defaults; the loser of a race leaves no file."""
        transaction = self.create_table_transaction(
            identifier, schema, location, partition_spec, sort_order, properties
        )
        staged = transaction._table
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        try:
            self._insert(staged.name(), staged.metadata_location)
        except TableAlreadyExistsError:
            staged.io.delete(staged.metadata_location)
            raise
        return self.load_table(staged.name())

    def register_table(
        self,
        identifier: str | Identifier,
        metadata_location: str,
        overwrite: bool = False,
    ) -> Table:
        """As PyIceberg's, but metadata that can't be read is refused before it is registered."""
        check_table(Catalog.identifier_to_tuple(identifier))
        io = self._load_file_io(location=metadata_location)
        FromInputFile.table_metadata(io.new_input(metadata_location))
        return super().register_table(identifier, metadata_location, overwrite)

    def rename_table(
        self, from_identifier: str | Identifier, to_identifier: str | Identifier
    ) -> Table:
        """As PyIceberg's, for names the catalog takes."""
        check_table(Catalog.identifier_to_tuple(to_identifier))
        return super().rename_table(from_identifier, to_identifier)

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """As PyIceberg's; a lost race leaves no metadata file."""
        return self.commit_tables([Change(table.name(), requirements, updates)])[0].response

    def commit_tables(self, changes: Sequence[Change]) -> list[Committed]:
        """Apply every change, or none, in one transaction. Raises CommitFailedException."""
        return commit_together(self, changes)

    def load_table(self, identifier: str | Identifier) -> Table:
        """As PyIceberg's, wherever this catalog finds the table's metadata."""
        levels = Catalog.identifier_to_tuple(identifier)
        location = self.metadata_location(levels)
        metadata = self.metadata_at(location)
        io = self._load_file_io(metadata.properties, location)
        return Table(levels, metadata, location, io, self)

    def table_exists(self, identifier: str | Identifier) -> bool:
        """As PyIceberg's, and without a look at the metadata, which may be damaged."""
        try:
            self.metadata_location(Catalog.identifier_to_tuple(identifier))
        except NoSuchTableError:
            return False
        return True

    def metadata_location(self, identifier: Identifier) -> str:
        """Where the table's current metadata lies. Raises NoSuchTableError."""
        row = select(IcebergTables.metadata_location).where(*self._row_of(identifier), _IS_TABLE)
        with Session(self.engine) as session:
            found = session.scalar(row)
        if found is None:
            raise NoSuchTableError(f"Table does not exist: {'.'.join(identifier)}")
        return found

    def metadata_locations(self) -> dict[Identifier, str]:
        """Where the metadata of every table lies, all at one moment."""
        rows = select(
            IcebergTables.table_namespace,
            IcebergTables.table_name,
            IcebergTables.metadata_location,
        ).where(IcebergTables.catalog_name == self.name, _IS_TABLE)
        with Session(self.engine) as session:
            found = session.execute(rows).all()
        return {(*space.split("."), name): location for space, name, location in found if location}

    def metadata_at(self, location: str) -> TableMetadata:
        """The metadata in a file. Raises FileNotFoundError."""
        file = self._load_file_io(location=location).new_input(location)
        return FromInputFile.table_metadata(file)

    def move_pointer(
        self, session: Session, identifier: Identifier, old: str | None, new: str | None
    ) -> None:
        """Point at other metadata, in the session's transaction; None: there is no such table.

        Raises RaceLostError when the pointer is not `old`, TableAlreadyExistsError when a table
        that is new has come already.
        """
        if old is None:
            namespace, name = ".".join(identifier[:-1]), identifier[-1]
            row = self._create_table_row(namespace, name, new)
            try:
                session.execute(insert(IcebergTables).values(**row))
            except IntegrityError as e:
                raise TableAlreadyExistsError(f"Table {namespace}.{name} already exists") from e
            return
        as_known = (*self._row_of(identifier), IcebergTables.metadata_location == old)
        values = {"metadata_location": new, "previous_metadata_location": old}
        moved = session.execute(
            update(IcebergTables).where(*as_known).values(**values)
            if new
            else delete(IcebergTables).where(*as_known)
        )
        if not isinstance(moved, CursorResult) or moved.rowcount < 1:
            raise RaceLostError(f"{'.'.join(identifier)} was changed by somebody else")

    def load_if_exists(self, identifier: Identifier) -> Table | None:
        """The table, or None."""
        try:
            return self.load_table(identifier)
        except NoSuchTableError:
            return None

    def _create_staged_table(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> StagedTable:
        # PyIceberg's refuses nested namespaces, though nothing else in this catalog does.
        levels = check_table(Catalog.identifier_to_tuple(identifier))
        if not self.namespace_exists(levels[:-1]):
            raise NoSuchNamespaceError(f"Namespace does not exist: {'.'.join(levels[:-1])}")
        given = dict(properties)
        version = int(given.get("format-version", 2))
        where = self._resolve_table_location(location, ".".join(levels[:-1]), levels[-1])
        metadata = new_table_metadata(
            location=where,
            schema=self._convert_schema_if_needed(schema, 3 if version == 3 else 2),
            partition_spec=partition_spec,
            sort_order=sort_order,
            properties=given,
        )
        file = load_location_provider(where, given).new_table_metadata_file_location()
        return StagedTable(
            identifier=levels,
            metadata=metadata,
            metadata_location=file,
            io=self._load_file_io(given, file),
            catalog=self,
        )

    def _update_and_stage_table(
        self,
        current_table: Table | None,
        table_identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable:
        if current_table is None:
            return super()._update_and_stage_table(None, table_identifier, requirements, updates)
        base, location = current_table.metadata, current_table.metadata_location
        for requirement in requirements:
            requirement.validate(base)
        metadata = changed_metadata(base, updates, location)
        provider = load_location_provider(metadata.location, metadata.properties)
        version = self._parse_metadata_version(location) + 1
        file = provider.new_table_metadata_file_location(version)
        io = self._load_file_io(metadata.properties, file)
        return StagedTable(table_identifier, metadata, file, io, self)

    def _get_default_warehouse_location(self, database_name: str, table_name: str) -> str:
        namespace = tuple(database_name.split("."))
        root = self.load_namespace_properties(namespace).get("location")
        if root is None:
            warehouse = self.properties["warehouse"].rstrip("/")
            root = f"{warehouse}/{folder_of(database_name)}"
        return unused_location(f"{root.rstrip('/')}/{folder_of(table_name)}")

    def _rows_in(self, namespace: str) -> list[str]:
        """The names of everything in a namespace: tables, views, external tables."""
        rows = select(IcebergTables.table_name).where(
            IcebergTables.catalog_name == self.name, IcebergTables.table_namespace == namespace
        )
        with Session(self.engine) as session:
            return sorted(session.scalars(rows))

    def _insert(self, identifier: Identifier, metadata_location: str) -> None:
        with Session(self.engine) as session:
            self.move_pointer(session, identifier, None, metadata_location)
            session.commit()

    def _row_of(self, identifier: Identifier) -> tuple[ColumnElement[bool], ...]:
        return (
            IcebergTables.catalog_name == self.name,
            IcebergTables.table_namespace == ".".join(identifier[:-1]),
            IcebergTables.table_name == identifier[-1],
        )
