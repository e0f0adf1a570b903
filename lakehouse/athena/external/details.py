"""What is told of an external table: its definition, and the files that it reads just now."""

from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.partitions import name_of
from lakehouse.athena.external.places import Places, files_of
from lakehouse.athena.external.serdes import KINDS
from lakehouse.catalog.entries import Kind
from lakehouse.catalog.external_tables import ExternalTable
from lakehouse.tables.details import ColumnDetails


@dataclass(frozen=True)
class ExternalDetails:
    """An external table. Files and bytes are None where its place may not, or can't, be read."""

    table: str
    comment: str
    location: str
    format: str
    files: int | None
    bytes: int | None
    columns: tuple[ColumnDetails, ...]
    partitioned_by: tuple[str, ...]
    partitions: int
    serde: str
    serde_properties: Mapping[str, str]
    properties: Mapping[str, str]
    kind: Kind = "external"


@dataclass(frozen=True)
class ExternalPartitionDetails:
    """A partition, or the whole of a table that has none; sizes as in ExternalDetails."""

    partition: str
    files: int | None
    bytes: int | None
    location: str


def external_details(table: ExternalTable, places: Places) -> ExternalDetails:
    """Everything about an external table; its folders are listed, no file is opened."""
    sizes = [(each.files, each.bytes) for each in external_partitions(table, places)]
    known = None not in {files for files, _ in sizes}
    keys = {key.name for key in table.partition_keys}
    return ExternalDetails(
        table=f"{table.database}.{table.name}",
        comment=table.comment,
        location=table.location,
        format=table.parameters.get("classification") or KINDS.get(table.serde, ""),
        files=sum(files or 0 for files, _ in sizes) if known else None,
        bytes=sum(size or 0 for _, size in sizes) if known else None,
        columns=tuple(
            ColumnDetails(each.name, each.type, False, "key" * (each.name in keys), each.comment)
            for each in (*table.columns, *table.partition_keys)
        ),
        partitioned_by=tuple(key.name for key in table.partition_keys),
        partitions=len(table.partitions),
        serde=table.serde,
        serde_properties=dict(sorted(table.serde_parameters.items())),
        properties=dict(sorted(table.parameters.items())),
    )


def external_partitions(table: ExternalTable, places: Places) -> list[ExternalPartitionDetails]:
    """The partitions, in order; one without a name of a table without any."""
    if not table.partition_keys:
        return [_measured(table, "", table.location, places)]
    return [
        _measured(table, name_of(table, each), each.location, places) for each in table.partitions
    ]


def _measured(
    table: ExternalTable, name: str, location: str, places: Places
) -> ExternalPartitionDetails:
    try:
        sizes = [file.stat().st_size for file in files_of(table, location, places)]
    except (AthenaError, OSError):
        return ExternalPartitionDetails(name, None, None, location)
    return ExternalPartitionDetails(name, len(sizes), sum(sizes), location)
