"""Layouts of a table, and what the questions asked of it would read of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.conversions import to_bytes
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.expressions.visitors import (
    _InclusiveMetricsEvaluator,
    expression_evaluator,
    inclusive_projection,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, Transform
from pyiceberg.typedef import Record
from pyiceberg.types import PrimitiveType

from lakehouse.advice.questions import Question
from lakehouse.advice.sampling import Sample

# More partitions than that are no layout: a commit would write as many files.
MOST_PARTITIONS = 1000


@dataclass(frozen=True)
class Layout:
    """Terms (column and transform) that part the rows into files, and the order within."""

    terms: tuple[tuple[str, Transform[int, int]], ...] = ()
    order: tuple[str, ...] = ()

    @property
    def partitioning(self) -> tuple[str, ...]:
        """The terms as `partitioning` of CREATE TABLE takes them."""
        return tuple(_term(column, transform) for column, transform in self.terms)

    def spec(self, schema: Schema) -> PartitionSpec:
        """The partition spec."""
        return PartitionSpec(
            *(
                PartitionField(schema.find_field(column).field_id, number, transform, f"p{number}")
                for number, (column, transform) in enumerate(self.terms, PARTITION_FIELD_ID_START)
            )
        )


@dataclass(frozen=True)
class Costs:
    """What a file holds at most, and the bytes that to open one is as good as.

    Iceberg's `write.target-file-size-bytes` and `read.split.open-file-cost`.
    """

    file_bytes: int
    open_bytes: int


@dataclass(frozen=True)
class Measured:
    """A layout of `files` in `partitions`, and what all questions together read of it."""

    partitioning: tuple[str, ...]
    order: tuple[str, ...]
    partitions: int
    files: int
    files_read: int
    bytes_read: int
    cost: int


def measure(
    sample: Sample,
    schema: Schema,
    layout: Layout,
    questions: Iterable[Question],
    costs: Costs,
) -> Measured | None:
    """The layout, measured; None where it has too many partitions."""
    keys = [_key(sample.rows, schema, *term) for term in layout.terms]
    keyed = pa.table({f"k{n}": key for n, key in enumerate(keys)} | {"n": _count(sample.rows)})
    names = [f"k{n}" for n in range(len(keys))]
    groups = keyed.group_by(names).aggregate([]) if names else None
    partitions = groups.num_rows if groups else 1
    if partitions > MOST_PARTITIONS:
        return None
    files = _files(sample, schema, layout, keyed, names, costs)
    spec = layout.spec(schema)
    found = [(_read(files, schema, spec, q, sample), q.times) for q in questions]
    files_read = sum(count * times for (count, _), times in found)
    bytes_read = sum(size * times for (_, size), times in found)
    cost = bytes_read + files_read * costs.open_bytes
    return Measured(
        layout.partitioning, layout.order, partitions, len(files), files_read, bytes_read, cost
    )


def _read(
    files: Sequence[DataFile], schema: Schema, spec: PartitionSpec, question: Question, of: Sample
) -> tuple[int, int]:
    """How many files may hold matching rows, and the bytes of the columns in them."""
    kept = list(files)
    if question.where != AlwaysTrue():
        metrics = _InclusiveMetricsEvaluator(schema, question.where)
        fields = Schema(*spec.partition_type(schema).fields)
        projected = inclusive_projection(schema, spec)(question.where)
        fits = expression_evaluator(fields, projected, case_sensitive=True)
        kept = [f for f in files if fits(f.partition) and metrics.eval(f)]
    each = sum(of.column_bytes.get(column, 0.0) for column in question.columns)
    return len(kept), round(sum(file.record_count for file in kept) * of.step * each)


def _files(  # noqa: PLR0913, PLR0917 - what files are made of
    sample: Sample,
    schema: Schema,
    layout: Layout,
    keyed: pa.Table,
    names: list[str],
    costs: Costs,
) -> list[DataFile]:
    """The files that the rows would be written to, with their bounds."""
    ordered = keyed
    for column in layout.order:
        ordered = ordered.append_column(f"o_{column}", sample.rows.column(column))
    by = [*names, *(f"o_{column}" for column in layout.order), "n"]
    places = pc.sort_indices(ordered, sort_keys=[(name, "ascending") for name in by])
    rows, keys = sample.rows.take(places), keyed.select(names).take(places)
    holds = max(1, int(costs.file_bytes / (sample.row_bytes * sample.step)))
    starts = [0, *_changes(keys), rows.num_rows]
    made = []
    for start, end in pairwise(starts):
        for first in range(start, end, holds):
            part = rows.slice(first, min(holds, end - first))
            key = [keys.column(n)[first].as_py() for n in range(len(names))]
            made.append(_file(part, schema, Record(*key)))
    return made


def _file(rows: pa.Table, schema: Schema, key: Record) -> DataFile:
    lower, upper, nulls, counts = {}, {}, {}, {}
    for name in rows.column_names:
        field = schema.find_field(name)
        column = rows.column(name)
        nulls[field.field_id], counts[field.field_id] = column.null_count, len(column)
        bounds = pc.min_max(column).as_py()
        if bounds["min"] is not None:
            kind = cast("PrimitiveType", field.field_type)
            lower[field.field_id] = to_bytes(kind, bounds["min"])
            upper[field.field_id] = to_bytes(kind, bounds["max"])
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path="",
        file_format=FileFormat.PARQUET,
        partition=key,
        record_count=rows.num_rows,
        file_size_in_bytes=0,
        column_sizes={},
        value_counts=counts,
        null_value_counts=nulls,
        nan_value_counts={},
        lower_bounds=lower,
        upper_bounds=upper,
    )


def _key(
    rows: pa.Table, schema: Schema, column: str, transform: Transform[int, int]
) -> pa.ChunkedArray:
    """The partition value of each row."""
    encoded = rows.column(column).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    function = transform.transform(schema.find_field(column).field_type)
    values = pa.array([function(value) for value in encoded.dictionary.to_pylist()])
    return pa.chunked_array([values.take(encoded.indices)])


def _count(rows: pa.Table) -> pa.Array:
    return pa.array(range(rows.num_rows), pa.int64())


def _changes(keys: pa.Table) -> list[int]:
    """Where a row's key is another than the one before."""
    if not keys.num_columns:
        return []
    changed: set[int] = set()
    for column in keys.columns:
        codes = column.combine_chunks().dictionary_encode()
        if isinstance(codes, pa.ChunkedArray):
            codes = codes.combine_chunks()
        numbers = codes.indices.fill_null(-1).to_numpy()
        changed.update(int(place) + 1 for place in (numbers[1:] != numbers[:-1]).nonzero()[0])
    return sorted(changed)


def _term(column: str, transform: Transform[int, int]) -> str:
    if isinstance(transform, BucketTransform):
        return f"bucket({column}, {transform.num_buckets})"
    return column if str(transform) == "identity" else f"{transform}({column})"
