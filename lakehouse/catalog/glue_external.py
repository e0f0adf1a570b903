"""External tables in AWS Glue: tables of Glue's own, which Athena and crawlers read as well."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from lakehouse.catalog.external_tables import (
    ExternalPartition,
    ExternalTable,
    from_glue,
    partition_input,
    table_input,
)

if TYPE_CHECKING:
    from lakehouse.catalog.glue import LakeGlueCatalog

# What BatchCreatePartition and BatchDeletePartition take in one request.
_CREATED_AT_ONCE = 100
_DELETED_AT_ONCE = 25


class GlueExternalTables:
    """The external tables of a Glue catalog."""

    def __init__(self, catalog: "LakeGlueCatalog") -> None:
        self._glue = catalog.glue

    def find(self, database: str, name: str) -> ExternalTable | None:
        """The table of that name, or None; views and Iceberg tables are none."""
        try:
            found = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return None
        if not _is_of_files(found):
            return None
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=name
        )
        partitions = [partition for page in pages for partition in page["Partitions"]]
        return from_glue(database, found, partitions)

    def names(self, database: str) -> list[str]:
        """The names of a database's external tables, sorted."""
        try:
            return sorted(found["Name"] for found in self._tables(database) if _is_of_files(found))
        except self._glue.exceptions.EntityNotFoundException:
            return []

    def create(self, table: ExternalTable) -> None:
        """Keep a new table."""
        try:
            self._glue.create_table(DatabaseName=table.database, TableInput=table_input(table))
        except self._glue.exceptions.AlreadyExistsException as e:
            raise TableAlreadyExistsError(f"{table.database}.{table.name} already exists") from e
        except self._glue.exceptions.EntityNotFoundException as e:
            raise NoSuchNamespaceError(f"Namespace does not exist: {table.database}") from e
        self._add(table, table.partitions)

    def change(
        self, database: str, name: str, change: Callable[[ExternalTable], ExternalTable]
    ) -> ExternalTable:
        """Put what `change` makes of the table in its place.

        Glue has no request for all of it: partitions come and go in batches, the rest first.
        """
        old = self.find(database, name)
        if old is None:
            raise NoSuchTableError(f"Table does not exist: {database}.{name}")
        made = change(old)
        if table_input(made) != table_input(old):
            self._glue.update_table(DatabaseName=database, TableInput=table_input(made))
        before, after = set(old.partitions), set(made.partitions)
        self._drop(database, name, before - after)
        self._add(made, after - before)
        return made

    def drop(self, database: str, name: str) -> None:
        """Forget the table."""
        try:
            self._glue.delete_table(DatabaseName=database, Name=name)
        except self._glue.exceptions.EntityNotFoundException as e:
            raise NoSuchTableError(f"Table does not exist: {database}.{name}") from e

    def _tables(self, database: str) -> Iterator[Any]:
        for page in self._glue.get_paginator("get_tables").paginate(DatabaseName=database):
            yield from page["TableList"]

    def _add(self, table: ExternalTable, partitions: Iterable[ExternalPartition]) -> None:
        for group in _batched(partitions, _CREATED_AT_ONCE):
            answer = self._glue.batch_create_partition(
                DatabaseName=table.database,
                TableName=table.name,
                PartitionInputList=[partition_input(table, each) for each in group],
            )
            _refuse(table.name, answer.get("Errors", []))

    def _drop(self, database: str, name: str, partitions: Iterable[ExternalPartition]) -> None:
        for group in _batched(partitions, _DELETED_AT_ONCE):
            answer = self._glue.batch_delete_partition(
                DatabaseName=database,
                TableName=name,
                PartitionsToDelete=[{"Values": list(each.values)} for each in group],
            )
            _refuse(name, answer.get("Errors", []))


def _batched(
    partitions: Iterable[ExternalPartition], size: int
) -> Iterator[list[ExternalPartition]]:
    left = iter(partitions)
    while group := list(islice(left, size)):
        yield group


def _is_of_files(found: Any) -> bool:  # noqa: ANN401 - Glue's table, of whichever page
    kind = str(found.get("Parameters", {}).get("table_type", ""))
    return kind.upper() != "ICEBERG" and str(found.get("TableType")) != "VIRTUAL_VIEW"


def _refuse(name: str, errors: Any) -> None:  # noqa: ANN401 - Glue's list of errors
    if errors:
        detail = errors[0].get("ErrorDetail", {})
        reason = detail.get("ErrorMessage", detail.get("ErrorCode", ""))
        raise CommitFailedException(f"partitions of {name} could not be changed: {reason}")
