"""Tables of raw files: what the catalog keeps of them, as Glue has it.

A definition says where files lie and how they are read; the files stay whoever's they are. In Glue
it is a table of Glue's own; in a SQL catalog a row of its own type beside the tables'; an Iceberg
REST service has no place for it, so that it is kept in the home.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyiceberg.catalog import Catalog


@dataclass(frozen=True)
class ExternalColumn:
    """A column; its type as Glue writes it: `bigint`, `struct<a:int>`."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class ExternalPartition:
    """The values of the partition keys, as texts in the keys' order, and where its files lie."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class ExternalTable:
    """A table of raw files; names are in lower case, partitions sorted by their values."""

    database: str
    name: str
    columns: tuple[ExternalColumn, ...]
    location: str
    input_format: str
    output_format: str
    serde: str
    serde_parameters: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    partition_keys: tuple[ExternalColumn, ...] = ()
    partitions: tuple[ExternalPartition, ...] = ()
    comment: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """Every location that its files lie in."""
        return (self.location, *(partition.location for partition in self.partitions))


class ExternalTables(Protocol):
    """The external tables of a catalog."""

    def find(self, database: str, name: str) -> ExternalTable | None:
        """The table of that name, with its partitions, or None."""
        ...

    def names(self, database: str) -> list[str]:
        """The names of a database's external tables, sorted; none where there is no database."""
        ...

    def create(self, table: ExternalTable) -> None:
        """Keep a new table.

        Raises TableAlreadyExistsError when the name is taken, also by a table of another kind or a
        view, NoSuchNamespaceError without its database.
        """
        ...

    def change(
        self, database: str, name: str, change: Callable[[ExternalTable], ExternalTable]
    ) -> ExternalTable:
        """Put what `change` makes of the table in its place; it is asked again after a lost race.

        Raises NoSuchTableError, CommitFailedException when every race was lost, and what `change`
        raises.
        """
        ...

    def drop(self, database: str, name: str) -> None:
        """Forget the table; its files stay. Raises NoSuchTableError."""
        ...


def external_tables(catalog: Catalog) -> ExternalTables | None:
    """The external tables of a catalog; None where its kind keeps none."""
    from lakehouse.catalog.home_external import HomeExternalTables  # noqa: PLC0415 - they import
    from lakehouse.catalog.remote import LakeRestCatalog  # noqa: PLC0415 - this module themselves
    from lakehouse.catalog.sql import LakeSqlCatalog  # noqa: PLC0415
    from lakehouse.catalog.sql_external import SqlExternalTables  # noqa: PLC0415

    if isinstance(catalog, LakeSqlCatalog):
        return SqlExternalTables(catalog)
    if isinstance(catalog, LakeRestCatalog):
        return HomeExternalTables(catalog, catalog.external)
    if type(catalog).__name__ == "LakeGlueCatalog":
        from lakehouse.catalog.glue_external import GlueExternalTables  # noqa: PLC0415 - boto3

        return GlueExternalTables(catalog)  # type: ignore[arg-type]
    return None


def table_input(table: ExternalTable) -> dict[str, Any]:
    """The definition as Glue's TableInput, without the partitions."""
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Description": table.comment,
        "Parameters": {"EXTERNAL": "TRUE", **table.parameters},
        "PartitionKeys": [_column_input(column) for column in table.partition_keys],
        "StorageDescriptor": {
            "Columns": [_column_input(column) for column in table.columns],
            **_storage(table),
            "Location": table.location,
        },
    }


def partition_input(table: ExternalTable, partition: ExternalPartition) -> dict[str, Any]:
    """A partition as Glue's PartitionInput."""
    storage = {
        "Columns": [_column_input(column) for column in table.columns],
        **_storage(table),
        "Location": partition.location,
    }
    return {"Values": list(partition.values), "StorageDescriptor": storage}


def from_glue(
    database: str, found: Mapping[str, Any], partitions: list[Mapping[str, Any]]
) -> ExternalTable:
    """The table of Glue's structures, whoever made them."""
    storage = found.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    parameters = dict(found.get("Parameters", {}))
    parameters.pop("EXTERNAL", None)
    kept = (
        ExternalPartition(tuple(p["Values"]), p.get("StorageDescriptor", {}).get("Location", ""))
        for p in partitions
    )
    return ExternalTable(
        database=database,
        name=found["Name"],
        columns=tuple(map(_column, storage.get("Columns", ()))),
        location=storage.get("Location", ""),
        input_format=storage.get("InputFormat", ""),
        output_format=storage.get("OutputFormat", ""),
        serde=serde.get("SerializationLibrary", ""),
        serde_parameters=dict(serde.get("Parameters", {})),
        parameters=parameters,
        partition_keys=tuple(map(_column, found.get("PartitionKeys", ()))),
        partitions=tuple(sorted(kept, key=lambda partition: partition.values)),
        comment=found.get("Description", ""),
    )


def to_json(table: ExternalTable) -> bytes:
    """The definition with its partitions, for a file."""
    partitions = [partition_input(table, partition) for partition in table.partitions]
    for partition in partitions:  # the table's own says the rest
        partition["StorageDescriptor"] = {"Location": partition["StorageDescriptor"]["Location"]}
    kept = {"TableInput": table_input(table), "Partitions": partitions}
    return json.dumps(kept, ensure_ascii=False).encode()


def from_json(database: str, kept: bytes) -> ExternalTable:
    """The table that `to_json` wrote down."""
    found = json.loads(kept)
    return from_glue(database, found["TableInput"], found["Partitions"])


def _storage(table: ExternalTable) -> dict[str, Any]:
    return {
        "InputFormat": table.input_format,
        "OutputFormat": table.output_format,
        "SerdeInfo": {
            "SerializationLibrary": table.serde,
            "Parameters": dict(table.serde_parameters),
        },
    }


def _column_input(column: ExternalColumn) -> dict[str, str]:
    comment = {"Comment": column.comment} if column.comment else {}
    return {"Name": column.name, "Type": column.type, **comment}


def _column(found: Mapping[str, str]) -> ExternalColumn:
    return ExternalColumn(found["Name"].lower(), found["Type"], found.get("Comment", ""))
