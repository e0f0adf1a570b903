"""Databases, tables, their partitions and their versions: what is told of them, in Glue's words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier, Record
from pyiceberg.view import View

from lakehouse.catalog.entries import Kind, entries_in
from lakehouse.catalog.statistics import TableStatistics, measured
from lakehouse.tables.checkpoints import streams_of
from lakehouse.tables.descriptions import COMMENT


@dataclass(frozen=True)
class Database:
    """A namespace, in Glue's word."""

    database: str
    tables: int  # those of raw files, too
    views: int
    comment: str
    location: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True)
class ColumnDetails:
    """A column; `partition` says how the table is partitioned by it, if it is."""

    column: str
    type: str
    required: bool
    partition: str
    comment: str


@dataclass(frozen=True)
class TableDetails:
    """An Iceberg table as it is now. `streams` deliver to it."""

    table: str
    comment: str
    location: str
    format: str
    format_version: int
    metadata_location: str
    snapshot_id: int | None
    changed_at: datetime
    statistics: TableStatistics
    columns: tuple[ColumnDetails, ...]
    partitioned_by: tuple[str, ...]
    sorted_by: tuple[str, ...]
    streams: tuple[str, ...]
    properties: Mapping[str, str]
    kind: Kind = "iceberg"


@dataclass(frozen=True)
class ViewDetails:
    """A view as it is now: its statement, in the dialect of whoever made it."""

    view: str
    comment: str
    sql: str
    dialect: str
    database: str  # where its statement finds tables without one
    columns: tuple[ColumnDetails, ...]
    properties: Mapping[str, str]
    kind: Kind = "view"


@dataclass(frozen=True)
class Partition:
    """The live files of one partition; rows that delete files take are still counted."""

    partition: str
    rows: int
    files: int
    delete_files: int
    bytes: int


@dataclass(frozen=True)
class Version:
    """A snapshot, in Glue's word a version."""

    snapshot_id: int
    committed_at: datetime
    operation: str
    rows: int | None
    added_rows: int
    removed_rows: int
    current: bool
    names: tuple[str, ...]  # the tags and branches on it


def databases(catalog: Catalog, above: Identifier = ()) -> Iterator[Database]:
    """The namespaces, each before those below it."""
    for name in sorted(catalog.list_namespaces(above)):
        properties = catalog.load_namespace_properties(name)
        kinds = [entry.kind for entry in entries_in(catalog, name)]
        views = kinds.count("view")
        yield Database(
            database=".".join(name),
            tables=len(kinds) - views,
            views=views,
            comment=properties.get(COMMENT, ""),
            location=properties.get("location"),
            properties=properties,
        )
        yield from databases(catalog, name)


def details_of(table: Table) -> TableDetails:
    """Everything about a table. Raises FileNotFoundError when a manifest is gone."""
    metadata = table.metadata
    sources = {field.source_id: str(field.transform) for field in table.spec().fields}
    return TableDetails(
        table=".".join(table.name()),
        comment=table.properties.get(COMMENT, ""),
        location=table.location(),
        format=f"iceberg/{table.properties.get('write.format.default', 'parquet')}",
        format_version=metadata.format_version,
        metadata_location=table.metadata_location,
        snapshot_id=metadata.current_snapshot_id,
        changed_at=_time(metadata.last_updated_ms),
        statistics=measured(table, table.name()),
        columns=_columns(table.schema(), sources),
        partitioned_by=tuple(str(field.name) for field in table.spec().fields),
        sorted_by=tuple(
            f"{table.schema().find_column_name(field.source_id)} {field.direction.name.lower()}"
            for field in table.sort_order().fields
        ),
        streams=streams_of(metadata),
        properties=dict(sorted(table.properties.items())),
    )


def view_details(view: View) -> ViewDetails:
    """Everything about a view."""
    version = view.current_version()
    (text, *_) = [each.root for each in version.representations]
    return ViewDetails(
        view=".".join(view.name()),
        comment=view.properties.get(COMMENT, ""),
        sql=text.sql,
        dialect=text.dialect,
        database=".".join(version.default_namespace),
        columns=_columns(view.schema(), {}),
        properties=dict(sorted(view.properties.items())),
    )


def partitions_of(table: Table) -> list[Partition]:
    """The partitions that have live files, in order; one without a name of a table without any."""
    files: dict[str, list[DataFile]] = defaultdict(list)
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            file = entry.data_file
            files[_name(table, file.spec_id, file.partition)].append(file)
    return [_partition(name, files[name]) for name in sorted(files)]


def versions_of(table: Table) -> list[Version]:
    """The snapshots, the newest first."""
    metadata = table.metadata
    found = []
    for snapshot in metadata.snapshots:
        summary = snapshot.summary
        counts = summary.additional_properties if summary else {}
        total = counts.get("total-records")
        refs = metadata.refs.items()
        names = [name for name, ref in refs if ref.snapshot_id == snapshot.snapshot_id]
        found.append(
            Version(
                snapshot_id=snapshot.snapshot_id,
                committed_at=_time(snapshot.timestamp_ms),
                operation=summary.operation.value if summary else "",
                rows=int(total) if total else None,
                added_rows=int(counts.get("added-records", 0)),
                removed_rows=int(counts.get("deleted-records", 0)),
                current=snapshot.snapshot_id == metadata.current_snapshot_id,
                names=tuple(sorted(name for name in names if name != "main")),
            )
        )
    return sorted(found, key=lambda version: version.committed_at, reverse=True)


def _columns(schema: Schema, partitioned: Mapping[int, str]) -> tuple[ColumnDetails, ...]:
    return tuple(
        ColumnDetails(
            column=field.name,
            type=str(field.field_type),
            required=field.required,
            partition=partitioned.get(field.field_id, ""),
            comment=field.doc or "",
        )
        for field in schema.fields
    )


def _partition(name: str, files: list[DataFile]) -> Partition:
    data = [file for file in files if file.content == DataFileContent.DATA]
    return Partition(
        partition=name,
        rows=sum(file.record_count for file in data),
        files=len(data),
        delete_files=len(files) - len(data),
        bytes=sum(file.file_size_in_bytes for file in files),
    )


def _name(table: Table, spec_id: int, record: Record) -> str:
    """The partition as `month=2024-01/country=UK`; a column that is gone has only its value."""
    spec = table.metadata.specs()[spec_id]
    types = {f.field_id: f.field_type for s in table.metadata.schemas for f in s.fields}
    parts = []
    for position, field in enumerate(spec.fields):
        source = types.get(field.source_id)
        value = record[position]
        told = field.transform.to_human_string(source, value) if source else str(value)
        parts.append(f"{field.name}={told}")
    return "/".join(parts)


def _time(timestamp_ms: int) -> datetime:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
