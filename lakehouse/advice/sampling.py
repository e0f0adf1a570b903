"""Rows of a table, by which layouts are measured: every row, or every n-th of a large table."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.types import (
    BooleanType,
    DateType,
    IntegerType,
    LongType,
    PrimitiveType,
    StringType,
    TimestampType,
    TimestamptzType,
)

from lakehouse.query.executions.table_files import TableFiles

ROWS = 100_000
# Those that conditions can be about and whose bounds are known to be right.
MEASURED = (
    BooleanType, DateType, IntegerType, LongType, StringType, TimestampType, TimestamptzType,
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Every `step`-th row of a table, in the order of its files.

    Dates and times are whole numbers, as Iceberg keeps them. `row_bytes` are compressed bytes a
    row takes, `column_bytes` those of each column.
    """

    rows: pa.Table
    step: int
    row_bytes: float
    column_bytes: dict[str, float]


def sampled(table: TableFiles, columns: Sequence[str], most: int = ROWS) -> Sample:
    """A sample of the columns, of at most some `most` rows."""
    total = max(table.rows, 1)
    step = -(-total // most)
    scan = table.table.scan(selected_fields=tuple(columns))
    pages, position = [], 0
    for page in scan.to_arrow_batch_reader():
        first = -position % step
        pages.append(page.take(pa.array(range(first, page.num_rows, step), pa.int64())))
        position += page.num_rows
    schema = scan.projection().as_arrow()
    rows = pa.Table.from_batches(pages) if pages else schema.empty_table()
    every = [field.name for field in table.schema.fields]
    sizes = {name: table.needed([name], AlwaysTrue()).bytes / total for name in every}
    return Sample(_internal(rows), step, max(sum(sizes.values()), 1e-9), sizes)


def measurable(kind: object) -> bool:
    """Whether a layout by a column of that type can be measured."""
    return isinstance(kind, PrimitiveType) and isinstance(kind, MEASURED)


def _internal(rows: pa.Table) -> pa.Table:
    for number, field in enumerate(rows.schema):
        column = rows.column(number)
        if pa.types.is_date(field.type):
            rows = rows.set_column(number, field.name, column.cast(pa.int32()))
        elif pa.types.is_timestamp(field.type):
            unit = pa.timestamp("us", field.type.tz)
            rows = rows.set_column(number, field.name, pc.cast(column, unit).cast(pa.int64()))
        elif pa.types.is_large_string(field.type):
            rows = rows.set_column(number, field.name, column.cast(pa.string()))
    return rows
