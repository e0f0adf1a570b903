"""Cutting rows at the bounds of their partitions, in the order they arrived."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record

# Logs run in time, so a partition is a handful of slices; beyond this, sorting is cheaper.
_MOST_RUNS = 256


def split(rows: pa.Table, schema: Schema, spec: PartitionSpec) -> list[tuple[Record, pa.Table]]:
    """The rows of each partition, and the partition as Iceberg records it.

    Slicing costs nothing where PyIceberg's append filters the whole table once a partition.
    """
    if spec.is_unpartitioned():
        return [(Record(), rows)] if len(rows) else []
    keys = pa.table([_values(rows, schema, spec, n) for n in range(len(spec.fields))], _names(spec))
    bounds = _bounds(keys)
    if len(bounds) > _MOST_RUNS:
        order = pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
        rows, keys = rows.take(order), keys.take(order)
        bounds = _bounds(keys)
    parts: dict[Record, list[pa.Table]] = {}
    for start, length, record in _runs(keys, bounds):
        parts.setdefault(record, []).append(rows.slice(start, length))
    return [(record, pa.concat_tables(slices)) for record, slices in parts.items()]


def _names(spec: PartitionSpec) -> list[str]:
    return [field.name for field in spec.fields]


def _values(rows: pa.Table, schema: Schema, spec: PartitionSpec, n: int) -> pa.ChunkedArray:
    field = spec.fields[n]
    source = schema.find_field(field.source_id)
    transform = field.transform.pyarrow_transform(source.field_type)
    return pa.chunked_array([transform(chunk) for chunk in rows[source.name].chunks])


def _bounds(keys: pa.Table) -> list[int]:
    """Where a run of rows of one partition begins."""
    if not len(keys):
        return []
    changes = np.zeros(len(keys), dtype=bool)
    changes[0] = True
    for column in keys.columns:
        values = column.combine_chunks()
        same = pc.fill_null(pc.equal(values[1:], values[:-1]), False)
        both_null = pc.and_(pc.is_null(values[1:]), pc.is_null(values[:-1]))
        changes[1:] |= ~pc.or_(same, both_null).to_numpy(zero_copy_only=False)
    return [int(n) for n in np.flatnonzero(changes)]


def _runs(keys: pa.Table, bounds: list[int]) -> Iterator[tuple[int, int, Record]]:
    for start, end in zip(bounds, [*bounds[1:], len(keys)], strict=True):
        yield start, end - start, Record(*(column[start].as_py() for column in keys.columns))
