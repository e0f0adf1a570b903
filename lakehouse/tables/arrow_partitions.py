"""Cutting rows at the bounds of their partitions, in the order they arrived."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.partitioning import (
    PartitionField,
    PartitionSpec,
    _to_partition_representation,
)
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    DayTransform,
    IdentityTransform,
    MonthTransform,
    YearTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import TimestampType, TimestamptzType

# Logs run in time, so a partition is a handful of slices; beyond this, sorting is cheaper.
_MOST_SLICES = 256
_DAY = 86_400_000_000  # microseconds
_NULL = np.iinfo(np.int64).min

Numbers: TypeAlias = npt.NDArray[np.int64]


def split(rows: pa.Table, schema: Schema, spec: PartitionSpec) -> list[tuple[Record, pa.Table]]:
    """The rows of each partition, and the partition as Iceberg records it.

    Slicing costs nothing where PyIceberg's append filters the whole table once a partition.
    """
    if spec.is_unpartitioned() or not len(rows):
        return [(Record(), rows)] if len(rows) else []
    starts = _run_starts(rows, schema, spec)
    # Of no other columns: to take rows of text that came in many chunks copies all of it.
    sources = list(dict.fromkeys(schema.find_field(f.source_id).name for f in spec.fields))
    values = _values(rows.select(sources).take(pa.array(starts)), schema, spec)
    numbers = {each: n for n, each in enumerate(dict.fromkeys(values))}
    codes = np.array([numbers[each] for each in values])
    bounds = np.flatnonzero(np.diff(codes, prepend=-1))
    if len(bounds) > _MOST_SLICES:
        codes = np.repeat(codes, np.diff(starts, append=len(rows)))
        order = np.argsort(codes, kind="stable")
        rows, codes = rows.take(pa.array(order)), codes[order]
        bounds = np.flatnonzero(np.diff(codes, prepend=-1))
        starts = np.arange(len(rows))
    slices: list[list[pa.Table]] = [[] for _ in numbers]
    for start, end, code in zip(
        starts[bounds], [*starts[bounds[1:]], len(rows)], codes[bounds], strict=True
    ):
        slices[code].append(rows.slice(start, end - start))
    return [(Record(*each), pa.concat_tables(slices[n])) for each, n in numbers.items()]


def _run_starts(rows: pa.Table, schema: Schema, spec: PartitionSpec) -> Numbers:
    """Where rows begin that are certainly of the same partition as those that follow."""
    changes = np.zeros(len(rows), dtype=bool)
    changes[0] = True
    for field in spec.fields:
        grains = _grains(rows, schema, field)
        changes[1:] |= grains[1:] != grains[:-1]
    return np.flatnonzero(changes)


def _grains(rows: pa.Table, schema: Schema, field: PartitionField) -> Numbers:
    """A number for each row; rows of the same number are of the same partition."""
    source = schema.find_field(field.source_id)
    values = rows[source.name].combine_chunks()
    in_days = isinstance(field.transform, YearTransform | MonthTransform | DayTransform)
    if in_days and isinstance(source.field_type, TimestampType | TimestamptzType):
        # Months are found from days: to work one out for each row takes 50 times as long.
        grains: Numbers = pc.fill_null(values.cast(pa.int64()), _NULL).to_numpy() // _DAY
    else:
        grains = values.dictionary_encode("encode").indices.to_numpy()
    return grains


def _values(rows: pa.Table, schema: Schema, spec: PartitionSpec) -> list[tuple[Any, ...]]:
    """What the records of partitions consist of, for each row."""
    columns = []
    for field in spec.fields:
        source = schema.find_field(field.source_id)
        transform = field.transform.pyarrow_transform(source.field_type)
        values = transform(rows[source.name].combine_chunks()).to_pylist()
        if isinstance(field.transform, IdentityTransform):
            # Other transforms give numbers; a date itself is recorded as its days since 1970.
            kind = source.field_type
            values = [
                None if value is None else _to_partition_representation(kind, value)
                for value in values
            ]
        columns.append(values)
    return list(zip(*columns, strict=True))
