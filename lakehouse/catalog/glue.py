"""The catalog in AWS Glue."""

import threading
from contextlib import suppress

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableRequirement, TableUpdate

from lakehouse.catalog.defaults import DefaultingCatalog


class LakeGlueCatalog(DefaultingCatalog, GlueCatalog):
    """PyIceberg's Glue catalog, with the table defaults; a lost race leaves no metadata file."""

    _written = threading.local()

    @staticmethod
    def _write_metadata(metadata: TableMetadata, io: FileIO, metadata_path: str) -> None:
        LakeGlueCatalog._written.last = (io, metadata_path)
        MetastoreCatalog._write_metadata(metadata, io, metadata_path)

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """As PyIceberg's. Raises CommitFailedException when somebody else was first."""
        self._written.last = None
        try:
            return super().commit_table(table, requirements, updates)
        except (CommitFailedException, TableAlreadyExistsError):
            # Both say for certain that Glue did not take the commit.
            if self._written.last is not None:
                io, file = self._written.last
                with suppress(OSError):
                    io.delete(file)
            raise
