"""Views in AWS Glue, as Athena keeps them there: Athena reads ours, and we read Athena's.

Athena keeps a view as Presto did in Hive: a virtual table whose text is a comment that holds the
query and its columns as base64 of JSON. Glue has no place for the further versions, dialects and
properties of an Iceberg view. The layout is Trino's (ViewReaderUtil and HiveUtil).
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from pyiceberg.catalog.glue import GlueCatalog, _IcebergSchemaToGlueType
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchViewError, TableAlreadyExistsError
from pyiceberg.schema import Schema, visit
from pyiceberg.typedef import EMPTY_DICT, Identifier
from pyiceberg.view import View
from pyiceberg.view.metadata import ViewMetadata, ViewVersion

from lakehouse.catalog.defaults import AnySchema
from lakehouse.catalog.glue_types import schema_of, trino_type
from lakehouse.catalog.names import check_table

DIALECT: Final = "athena"
_START, _END = "/* Presto View: ", " */"
_KIND: Final = "VIRTUAL_VIEW"


class GlueViews(GlueCatalog):
    """Mixed in before PyIceberg's Glue catalog."""

    def create_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        location: str | None = None,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """A new view. Raises TableAlreadyExistsError when its name is taken.

        Raises NotImplementedError for what Glue has no place for: a location, properties, and
        other SQL than Athena's.
        """
        if location or properties:
            raise NotImplementedError("Glue keeps neither location nor properties of a view")
        database, name = self._names(identifier)
        made = _view_input(name, database, self._convert_schema_if_needed(schema), view_version)
        self._create_glue_table(database, name, made)
        return self.load_view((database, name))

    def replace_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """The view of that name, new or in the place of one that was there.

        Raises TableAlreadyExistsError when the name is a table's.
        """
        database, name = self._names(identifier)
        found = self._entry(database, name)
        if found is None or properties:
            return self.create_view(identifier, schema, view_version, properties=properties)
        if found.get("TableType") != _KIND:
            raise TableAlreadyExistsError(f"{database}.{name} is a table")
        made = _view_input(name, database, self._convert_schema_if_needed(schema), view_version)
        self.glue.update_table(DatabaseName=database, TableInput=made)
        return self.load_view((database, name))

    def list_views(self, namespace: str | Identifier) -> list[Identifier]:
        """The views of a database. Raises NoSuchNamespaceError."""
        database = self.identifier_to_database(namespace, NoSuchNamespaceError)
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        try:
            return [
                (database, entry["Name"])
                for page in pages
                for entry in page["TableList"]
                if entry.get("TableType") == _KIND
            ]
        except self.glue.exceptions.EntityNotFoundException as e:
            raise NoSuchNamespaceError(f"Database does not exist: {database}") from e

    def view_exists(self, identifier: str | Identifier) -> bool:
        """Whether there is such a view."""
        found = self._entry(*self._names(identifier))
        return found is not None and found.get("TableType") == _KIND

    def view_location(self, identifier: str | Identifier) -> str | None:
        """Where Glue has the view, which is no file, or None if there is no such view."""
        names = self._names(identifier)
        return f"glue://{'/'.join(names)}" if self.view_exists(names) else None

    def load_view(self, identifier: str | Identifier) -> View:
        """The view. Raises NoSuchViewError; NotImplementedError for one that Hive or Spark made."""
        database, name = self._names(identifier)
        found = self._entry(database, name)
        if found is None or found.get("TableType") != _KIND:
            raise NoSuchViewError(f"View does not exist: {database}.{name}")
        return _view(database, found)

    def drop_view(self, identifier: str | Identifier) -> None:
        """Drop the view. Raises NoSuchViewError."""
        database, name = self._names(identifier)
        if not self.view_exists((database, name)):
            raise NoSuchViewError(f"View does not exist: {database}.{name}")
        self.glue.delete_table(DatabaseName=database, Name=name)

    def _names(self, identifier: str | Identifier) -> tuple[str, str]:
        levels = check_table(self.identifier_to_tuple(identifier))
        return self.identifier_to_database_and_table(levels)

    def _entry(self, database: str, name: str) -> Any:  # noqa: ANN401 - Glue's table
        try:
            return self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None


def _view_input(name: str, database: str, schema: Schema, version: ViewVersion) -> Any:  # noqa: ANN401 - a TypedDict
    texts = {each.root.dialect: each.root.sql for each in version.representations}
    if DIALECT not in texts:
        raise NotImplementedError("Glue keeps views in the SQL of Athena only")
    columns = [(field.name, field.field_type, field.doc) for field in schema.fields]
    kept = {
        "originalSql": texts[DIALECT],
        "catalog": "awsdatacatalog",
        "schema": version.default_namespace[0] if version.default_namespace else database,
        "columns": [{"name": column, "type": trino_type(made)} for column, made, _ in columns],
    }
    text = b64encode(json.dumps(kept).encode()).decode()
    return {
        "Name": name,
        "TableType": _KIND,
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"{_START}{text}{_END}",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [
                {
                    "Name": column,
                    "Type": visit(made, _IcebergSchemaToGlueType()),
                    **({"Comment": doc} if doc else {}),
                }
                for column, made, doc in columns
            ],
            "Location": "",
            "SerdeInfo": {},
        },
    }


def _view(database: str, found: Any) -> View:  # noqa: ANN401 - Glue's table
    name = found["Name"]
    text = str(found.get("ViewOriginalText", "")).strip()
    try:
        kept = json.loads(b64decode(text.removeprefix(_START.rstrip()).removesuffix("*/").strip()))
        sql, namespace = str(kept["originalSql"]), str(kept.get("schema") or database)
    except (binascii.Error, ValueError, LookupError, TypeError, AttributeError) as e:
        raise NotImplementedError(f"{database}.{name} is not a view of Athena") from e
    stored = found.get("StorageDescriptor", {}).get("Columns", [])
    schema = schema_of([(c["Name"], c["Type"], c.get("Comment", "")) for c in stored])
    changed = found.get("UpdateTime") or found.get("CreateTime")
    moment = int(changed.timestamp() * 1000) if changed else 0
    version = {
        "version-id": 1,
        "schema-id": schema.schema_id,
        "timestamp-ms": moment,
        "representations": [{"type": "sql", "sql": sql, "dialect": DIALECT}],
        "default-namespace": (namespace,),
    }
    metadata = {
        "view-uuid": str(uuid5(NAMESPACE_URL, f"glue:{database}.{name}")),
        "format-version": 1,
        "location": "",
        "schemas": [schema],
        "current-version-id": 1,
        "versions": [version],
        "version-log": [{"timestamp-ms": moment, "version-id": 1}],
        "properties": {},
    }
    return View((database, name), ViewMetadata.model_validate(metadata))
