"""The catalog in AWS Glue."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pyiceberg.catalog import MetastoreCatalog, PropertiesUpdateSummary
from pyiceberg.catalog.glue import GlueCatalog, _construct_database_input
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io import FileIO
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier

from lakehouse.catalog.commits import refuse_stale_expiry
from lakehouse.catalog.defaults import AnySchema, DefaultingCatalog
from lakehouse.catalog.glue_views import GlueViews

# Glue's consoles and Athena show a description. Iceberg's own Glue catalog takes it from the
# property `comment`, of tables as of databases (IcebergToGlueConverter).
_COMMENT, _DESCRIPTION = "comment", "Description"
_LONGEST = 2048  # characters of Glue's DescriptionString
_written = threading.local()


class LakeGlueCatalog(DefaultingCatalog, GlueViews, GlueCatalog):
    """PyIceberg's Glue catalog, with the table defaults and Athena's views.

    A lost race leaves no metadata file.
    """

    def create_table(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> Table:
        """As PyIceberg's, with the table defaults."""
        with _removing_what_was_lost():
            return super().create_table(
                identifier, schema, location, partition_spec, sort_order, properties
            )

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """As PyIceberg's. Raises CommitFailedException when somebody else was first."""
        with _removing_what_was_lost():
            return super().commit_table(table, requirements, updates)

    def _update_and_stage_table(
        self,
        current_table: Table | None,
        table_identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable:
        refuse_stale_expiry(current_table, updates)
        staged = super()._update_and_stage_table(
            current_table, table_identifier, requirements, updates
        )
        before = current_table.properties.keys() if current_table else set()
        _written.removed = set(before) - staged.properties.keys()
        return staged

    def create_namespace(
        self, namespace: str | Identifier, properties: Mapping[str, Any] = EMPTY_DICT
    ) -> None:
        """As PyIceberg's; its comment is Glue's description."""
        super().create_namespace(namespace, _with_description(properties))

    def load_namespace_properties(self, namespace: str | Identifier) -> dict[str, Any]:
        """As PyIceberg's; Glue's description is its comment."""
        found = dict(super().load_namespace_properties(namespace))
        description = found.pop(_DESCRIPTION, None)
        return {**found, _COMMENT: description} if description else found

    def update_namespace_properties(
        self,
        namespace: str | Identifier,
        removals: set[str] | None = None,
        updates: Mapping[str, Any] = EMPTY_DICT,
    ) -> PropertiesUpdateSummary:
        """As PyIceberg's, which asks for the properties as they are told above."""
        done, properties = self._get_updated_props_and_update_summary(
            self.load_namespace_properties(namespace), removals, dict(updates)
        )
        database = self.identifier_to_database(namespace)
        made = _construct_database_input(database, _with_description(properties))
        self.glue.update_database(Name=database, DatabaseInput=made)
        return done

    def _convert_glue_to_iceberg(self, glue_table: Any) -> Table:  # noqa: ANN401 - a TypedDict
        if "table_type" not in glue_table.get("Parameters", {}):
            # A table of raw files, or a view: as good as none for who asks for an Iceberg table.
            name = f"{glue_table.get('DatabaseName')}.{glue_table.get('Name')}"
            raise NoSuchTableError(f"{name} is not an Iceberg table")
        return super()._convert_glue_to_iceberg(glue_table)

    def _create_glue_table(
        self,
        database_name: str,
        table_name: str,
        table_input: Any,  # noqa: ANN401 - a TypedDict
    ) -> None:
        super()._create_glue_table(database_name, table_name, _described(table_input))

    def _update_glue_table(
        self,
        database_name: str,
        table_name: str,
        table_input: Any,  # noqa: ANN401 - a TypedDict
        version_id: str,
    ) -> None:
        # PyIceberg adds to the parameters that were there, and never takes one away.
        kept = {k: v for k, v in table_input["Parameters"].items() if k not in _written.removed}
        made = _described({**table_input, "Parameters": kept})
        super()._update_glue_table(database_name, table_name, made, version_id)

    @staticmethod
    def _write_metadata(metadata: TableMetadata, io: FileIO, metadata_path: str) -> None:
        _written.last = (io, metadata_path)
        MetastoreCatalog._write_metadata(metadata, io, metadata_path)


def _described(table_input: Any) -> Any:  # noqa: ANN401 - a TypedDict
    comment = table_input.get("Parameters", {}).get(_COMMENT)
    return {**table_input, _DESCRIPTION: comment[:_LONGEST]} if comment else table_input


def _with_description(properties: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in properties.items() if key != _COMMENT}
    comment = properties.get(_COMMENT)
    return {**kept, _DESCRIPTION: comment} if comment else kept


@contextmanager
def _removing_what_was_lost() -> Iterator[None]:
    _written.last = None
    try:
        yield
    except (CommitFailedException, TableAlreadyExistsError):
        # Both say for certain that Glue did not take the metadata file.
        if _written.last is not None:
            io, file = _written.last
            with suppress(OSError):
                io.delete(file)
        raise
