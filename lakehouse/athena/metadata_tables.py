"""`"table$snapshots"` and its kin: what an Iceberg table says about itself, as Athena shows it.

Columns and types: Athena's documentation, "Querying Iceberg table metadata", and Trino's of the
Iceberg connector's metadata tables.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, ManifestEntryStatus, ManifestFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import PrimitiveType

Row = dict[str, Any]

_MOMENT = pa.timestamp("us", tz="UTC")
_COUNTS = pa.map_(pa.int32(), pa.int64())
_BOUNDS = pa.map_(pa.int32(), pa.string())
_SUMMARY = pa.struct({
    "contains_null": pa.bool_(), "contains_nan": pa.bool_(), "lower_bound": pa.string(),
    "upper_bound": pa.string(),
})  # fmt: skip

_SNAPSHOTS = pa.schema({
    "committed_at": _MOMENT, "snapshot_id": pa.int64(), "parent_id": pa.int64(),
    "operation": pa.string(), "manifest_list": pa.string(),
    "summary": pa.map_(pa.string(), pa.string()),
})  # fmt: skip
_HISTORY = pa.schema({
    "made_current_at": _MOMENT, "snapshot_id": pa.int64(), "parent_id": pa.int64(),
    "is_current_ancestor": pa.bool_(),
})  # fmt: skip
_REFS = pa.schema({
    "name": pa.string(), "type": pa.string(), "snapshot_id": pa.int64(),
    "max_reference_age_in_ms": pa.int64(), "min_snapshots_to_keep": pa.int32(),
    "max_snapshot_age_in_ms": pa.int64(),
})  # fmt: skip
_MANIFESTS = pa.schema({
    "path": pa.string(), "length": pa.int64(), "partition_spec_id": pa.int32(),
    "added_snapshot_id": pa.int64(), "added_data_files_count": pa.int32(),
    "added_rows_count": pa.int64(), "existing_data_files_count": pa.int32(),
    "existing_rows_count": pa.int64(), "deleted_data_files_count": pa.int32(),
    "deleted_rows_count": pa.int64(), "partition_summaries": pa.list_(_SUMMARY),
})  # fmt: skip
_FILES = pa.schema({
    "content": pa.int32(), "file_path": pa.string(), "file_format": pa.string(),
    "record_count": pa.int64(), "file_size_in_bytes": pa.int64(), "column_sizes": _COUNTS,
    "value_counts": _COUNTS, "null_value_counts": _COUNTS, "nan_value_counts": _COUNTS,
    "lower_bounds": _BOUNDS, "upper_bounds": _BOUNDS, "key_metadata": pa.binary(),
    "split_offsets": pa.list_(pa.int64()), "equality_ids": pa.list_(pa.int32()),
})  # fmt: skip


def metadata_table(table: Table, kind: str) -> pa.Table | None:
    """The metadata table of that kind (`snapshots`), or None if Athena has none of it."""
    read = _KINDS.get(kind)
    return read(table) if read else None


def _snapshots(table: Table) -> pa.Table:
    rows = [
        {
            "committed_at": _moment(snapshot.timestamp_ms),
            "snapshot_id": snapshot.snapshot_id,
            "parent_id": snapshot.parent_snapshot_id,
            "operation": snapshot.summary.operation.value if snapshot.summary else None,
            "manifest_list": snapshot.manifest_list,
            "summary": list((snapshot.summary.additional_properties or {}).items())
            if snapshot.summary
            else [],
        }
        for snapshot in table.metadata.snapshots
    ]
    return pa.Table.from_pylist(rows, _SNAPSHOTS)


def _history(table: Table) -> pa.Table:
    parents = {s.snapshot_id: s.parent_snapshot_id for s in table.metadata.snapshots}
    ancestors = set()
    current = table.metadata.current_snapshot_id
    while current is not None and current not in ancestors:
        ancestors.add(current)
        current = parents.get(current)
    rows = [
        {
            "made_current_at": _moment(entry.timestamp_ms),
            "snapshot_id": entry.snapshot_id,
            "parent_id": parents.get(entry.snapshot_id),
            "is_current_ancestor": entry.snapshot_id in ancestors,
        }
        for entry in table.metadata.snapshot_log
    ]
    return pa.Table.from_pylist(rows, _HISTORY)


def _refs(table: Table) -> pa.Table:
    rows = [
        {
            "name": name,
            "type": ref.snapshot_ref_type.value.upper(),
            "snapshot_id": ref.snapshot_id,
            "max_reference_age_in_ms": ref.max_ref_age_ms,
            "min_snapshots_to_keep": ref.min_snapshots_to_keep,
            "max_snapshot_age_in_ms": ref.max_snapshot_age_ms,
        }
        for name, ref in sorted(table.metadata.refs.items())
    ]
    return pa.Table.from_pylist(rows, _REFS)


def _manifests(table: Table) -> pa.Table:
    schema, specs = table.schema(), table.specs()
    rows = [
        {
            "path": manifest.manifest_path,
            "length": manifest.manifest_length,
            "partition_spec_id": manifest.partition_spec_id,
            "added_snapshot_id": manifest.added_snapshot_id,
            "added_data_files_count": manifest.added_files_count,
            "added_rows_count": manifest.added_rows_count,
            "existing_data_files_count": manifest.existing_files_count,
            "existing_rows_count": manifest.existing_rows_count,
            "deleted_data_files_count": manifest.deleted_files_count,
            "deleted_rows_count": manifest.deleted_rows_count,
            "partition_summaries": _summaries(manifest, specs[manifest.partition_spec_id], schema),
        }
        for manifest in _manifests_of(table)
    ]
    return pa.Table.from_pylist(rows, _MANIFESTS)


def _files(table: Table) -> pa.Table:
    schema = table.schema()
    rows = [
        {
            "content": int(file.content),
            "file_path": file.file_path,
            "file_format": file.file_format.value,
            "record_count": file.record_count,
            "file_size_in_bytes": file.file_size_in_bytes,
            "column_sizes": list((file.column_sizes or {}).items()),
            "value_counts": list((file.value_counts or {}).items()),
            "null_value_counts": list((file.null_value_counts or {}).items()),
            "nan_value_counts": list((file.nan_value_counts or {}).items()),
            "lower_bounds": _bounds(file.lower_bounds, schema),
            "upper_bounds": _bounds(file.upper_bounds, schema),
            "key_metadata": file.key_metadata,
            "split_offsets": file.split_offsets,
            "equality_ids": file.equality_ids,
        }
        for file, _ in _live(table)
    ]
    return pa.Table.from_pylist(rows, _FILES)


def _partitions(table: Table) -> pa.Table:
    """One row for each partition that files lie in; deletes are not taken off the counts."""
    made: dict[tuple[Any, ...], Row] = {}
    specs, schema = table.specs(), table.schema()
    names = [field.name for field in table.spec().fields]
    for file, spec_id in _live(table):
        if file.content:
            continue
        texts = dict(partition_texts(file, specs[spec_id], schema))
        key = tuple(texts.get(name) for name in names)
        row = made.setdefault(
            key, {"partition": dict(zip(names, key, strict=True)), "record_count": 0,
                  "file_count": 0, "total_size": 0},
        )  # fmt: skip
        row["record_count"] += file.record_count
        row["file_count"] += 1
        row["total_size"] += file.file_size_in_bytes
    fields = {"record_count": pa.int64(), "file_count": pa.int64(), "total_size": pa.int64()}
    if not names:
        plain = [{name: row[name] for name in fields} for row in made.values()]
        return pa.Table.from_pylist(plain, pa.schema(fields))
    types = pa.struct({name: pa.string() for name in names})
    return pa.Table.from_pylist(list(made.values()), pa.schema({"partition": types, **fields}))


def partition_texts(
    file: DataFile, spec: PartitionSpec, schema: Schema
) -> Iterable[tuple[str, str | None]]:
    """The name and the text of each field of a file's partition."""
    for i, field in enumerate(spec.fields):
        value = file.partition[i]
        kind = schema.find_field(field.source_id).field_type
        shown = None if value is None else field.transform.to_human_string(kind, value)
        yield field.name, shown


def live_files(table: Table) -> Iterable[DataFile]:
    """The data files of the current snapshot."""
    return (file for file, _ in _live(table) if not file.content)


def _live(table: Table) -> Iterable[tuple[DataFile, int]]:
    """The files of the current snapshot, with the spec each was written by."""
    for manifest in _manifests_of(table):
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            if entry.status != ManifestEntryStatus.DELETED:
                yield entry.data_file, manifest.partition_spec_id


def _manifests_of(table: Table) -> list[ManifestFile]:
    snapshot = table.current_snapshot()
    return list(snapshot.manifests(table.io)) if snapshot else []


def _bounds(bounds: dict[int, bytes] | None, schema: Schema) -> list[tuple[int, str]]:
    found = []
    for field_id, content in (bounds or {}).items():
        try:
            kind = schema.find_type(field_id)
        except ValueError:  # a column that was dropped
            continue
        if isinstance(kind, PrimitiveType):
            found.append((field_id, str(from_bytes(kind, content))))
    return found


def _summaries(manifest: ManifestFile, spec: PartitionSpec, schema: Schema) -> list[Row]:
    types = [f.field_type for f in spec.partition_type(schema).fields]
    return [
        {
            "contains_null": summary.contains_null,
            "contains_nan": summary.contains_nan,
            "lower_bound": _shown(summary.lower_bound, field.transform, kind),
            "upper_bound": _shown(summary.upper_bound, field.transform, kind),
        }
        for summary, field, kind in zip(manifest.partitions or [], spec.fields, types, strict=False)
    ]


def _shown(bound: bytes | None, transform: Any, kind: Any) -> str | None:  # noqa: ANN401 - of any type
    if bound is None:
        return None
    shown: str = transform.to_human_string(kind, from_bytes(kind, bound))
    return shown


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


_KINDS: dict[str, Callable[[Table], pa.Table]] = {
    "snapshots": _snapshots,
    "history": _history,
    "refs": _refs,
    "manifests": _manifests,
    "files": _files,
    "partitions": _partitions,
}
