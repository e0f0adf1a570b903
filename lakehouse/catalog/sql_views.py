"""Views in a SQL catalog, as Iceberg's view specification has them.

PyIceberg's SQL catalog keeps a column for the type of a row, and has no views yet. A view is a row
of type VIEW beside the tables', its metadata a file that never changes; replacing a view points the
row at another file.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from pyiceberg.catalog import Catalog, MetastoreCatalog
from pyiceberg.catalog.sql import IcebergTables
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchViewError, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.schema import Schema
from pyiceberg.typedef import EMPTY_DICT, Identifier
from pyiceberg.view import View
from pyiceberg.view.metadata import ViewMetadata, ViewVersion
from sqlalchemy import ColumnElement, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lakehouse.catalog.defaults import AnySchema
from lakehouse.catalog.names import check_table, folder_of

_VIEW = "VIEW"
_IS_VIEW = IcebergTables.iceberg_type == _VIEW


class SqlViews(MetastoreCatalog):
    """Mixed in before PyIceberg's SQL catalog."""

    engine: Engine

    def create_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        location: str | None = None,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """A new view. Raises TableAlreadyExistsError when its name is taken."""
        return self._put(identifier, schema, view_version, location, properties, replaced=False)

    def replace_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """The view of that name, new or in the place of one that was there, in one step.

        Raises TableAlreadyExistsError when the name is a table's.
        """
        return self._put(identifier, schema, view_version, None, properties, replaced=True)

    def list_views(self, namespace: str | Identifier) -> list[Identifier]:
        """The views of a namespace. Raises NoSuchNamespaceError."""
        levels = Catalog.identifier_to_tuple(namespace)
        if not self.namespace_exists(levels):
            raise NoSuchNamespaceError(f"Namespace does not exist: {'.'.join(levels)}")
        names = select(IcebergTables.table_name).where(
            IcebergTables.catalog_name == self.name,
            IcebergTables.table_namespace == ".".join(levels),
            _IS_VIEW,
        )
        with Session(self.engine) as session:
            return [(*levels, name) for name in session.scalars(names)]

    def view_exists(self, identifier: str | Identifier) -> bool:
        """Whether there is such a view."""
        return self.view_location(identifier) is not None

    def load_view(self, identifier: str | Identifier) -> View:
        """The view. Raises NoSuchViewError."""
        levels = Catalog.identifier_to_tuple(identifier)
        location = self.view_location(levels)
        if location is None:
            raise NoSuchViewError(f"View does not exist: {'.'.join(levels)}")
        io = self._load_file_io(location=location)
        with io.new_input(location).open() as file:
            return View(levels, ViewMetadata.model_validate_json(file.read()))

    def drop_view(self, identifier: str | Identifier) -> None:
        """Drop the view and its file. Raises NoSuchViewError."""
        levels = Catalog.identifier_to_tuple(identifier)
        location = self.view_location(levels)
        with Session(self.engine) as session:
            gone = session.execute(delete(IcebergTables).where(*self._view_row(levels)))
            session.commit()
        if not gone.rowcount or location is None:  # type: ignore[attr-defined] # of a DELETE
            raise NoSuchViewError(f"View does not exist: {'.'.join(levels)}")
        self._load_file_io(location=location).delete(location)

    def _put(  # noqa: PLR0913 - the parts of a view
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        version: ViewVersion,
        location: str | None,
        properties: Mapping[str, Any],
        *,
        replaced: bool,
    ) -> View:
        levels = check_table(Catalog.identifier_to_tuple(identifier))
        if not self.namespace_exists(levels[:-1]):
            raise NoSuchNamespaceError(f"Namespace does not exist: {'.'.join(levels[:-1])}")
        warehouse = self.properties["warehouse"].rstrip("/")
        place = f"{warehouse}/{folder_of('.'.join(levels[:-1]))}/{folder_of(levels[-1])}-view"
        made = self._convert_schema_if_needed(schema)
        metadata = _metadata(made, version, location or place, properties)
        file = f"{metadata.location}/metadata/{uuid4()}.view.json"
        io = self._load_file_io(location=file)
        _write(io, file, metadata)
        try:
            old = self._point(levels, file, replaced=replaced)
        except IntegrityError as e:
            io.delete(file)
            raise TableAlreadyExistsError(f"{'.'.join(levels)} already exists") from e
        if old:
            io.delete(old)
        return View(levels, metadata)

    def _point(self, levels: Identifier, file: str, *, replaced: bool) -> str | None:
        """Make the row; where the view lay that it replaces."""
        with Session(self.engine) as session:
            old = None
            if replaced:
                row = self._view_row(levels)
                old = session.scalar(select(IcebergTables.metadata_location).where(*row))
                session.execute(delete(IcebergTables).where(*row))
            session.execute(
                insert(IcebergTables).values(
                    catalog_name=self.name,
                    table_namespace=".".join(levels[:-1]),
                    table_name=levels[-1],
                    metadata_location=file,
                    iceberg_type=_VIEW,
                )
            )
            session.commit()
        return old

    def view_location(self, identifier: str | Identifier) -> str | None:
        """Where the metadata of the view lies, or None if there is no such view."""
        levels = Catalog.identifier_to_tuple(identifier)
        with Session(self.engine) as session:
            found = select(IcebergTables.metadata_location).where(*self._view_row(levels))
            return session.scalar(found)

    def _view_row(self, levels: Identifier) -> tuple[ColumnElement[bool], ...]:
        return (
            IcebergTables.catalog_name == self.name,
            IcebergTables.table_namespace == ".".join(levels[:-1]),
            IcebergTables.table_name == levels[-1],
            _IS_VIEW,
        )


def _metadata(
    schema: Schema, version: ViewVersion, location: str, properties: Mapping[str, Any]
) -> ViewMetadata:
    made = version.model_copy(update={"schema_id": schema.schema_id})
    log = {"timestamp-ms": made.timestamp_ms, "version-id": made.version_id}
    return ViewMetadata.model_validate(
        {
            "view-uuid": str(uuid4()),
            "format-version": 1,
            "location": location,
            "schemas": [schema],
            "current-version-id": made.version_id,
            "versions": [made],
            "version-log": [log],
            "properties": dict(properties),
        }
    )


def _write(io: FileIO, file: str, metadata: ViewMetadata) -> None:
    with io.new_output(file).create() as stream:
        stream.write(metadata.model_dump_json(by_alias=True, exclude_none=True).encode())
