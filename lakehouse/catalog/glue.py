"""The catalog in AWS Glue."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchPropertyException,
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

_written = threading.local()


class LakeGlueCatalog(DefaultingCatalog, GlueCatalog):
    """PyIceberg's Glue catalog, with the table defaults; a lost race leaves no metadata file."""

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

    def load_table(self, identifier: str | Identifier) -> Table:
        """As PyIceberg's. Raises NoSuchTableError, also for tables that are not Iceberg's."""
        try:
            return super().load_table(identifier)
        except NoSuchPropertyException as e:
            name = ".".join(self.identifier_to_tuple(identifier))
            raise NoSuchTableError(f"{name} is no Iceberg table") from e

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
        return super()._update_and_stage_table(
            current_table, table_identifier, requirements, updates
        )

    @staticmethod
    def _write_metadata(metadata: TableMetadata, io: FileIO, metadata_path: str) -> None:
        _written.last = (io, metadata_path)
        MetastoreCatalog._write_metadata(metadata, io, metadata_path)


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
