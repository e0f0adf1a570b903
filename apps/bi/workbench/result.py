"""A result as a grid: a page of its rows, with values that a browser can show."""

import pyarrow as pa
import pyarrow.types as kinds

from lakehouse.query.executions.kept import Place, between
from lakehouse.query.formats import unique_names

# What the browser is sent at once.
PAGE_ROWS = 1000
# The whole numbers that a browser keeps exact.
_EXACT_BYTES = 4


def page_of(place: Place, page: int) -> pa.Table:
    """The rows of a page, from 1. Raises QueryError when the result is not kept any more.

    Numbers, days and times of a day without zone are values; everything else is the text that
    Athena shows, and so are whole numbers that a browser would round.
    """
    offset = (page - 1) * PAGE_ROWS
    rows = place.page(offset, PAGE_ROWS)
    printed = place.printed()
    texts = pa.Table.from_batches(between(printed.stream, offset, PAGE_ROWS), printed.schema)
    columns = [
        values if _shown_as_value(values) else text
        for values, text in zip(rows.columns, texts.columns, strict=True)
    ]
    return pa.table(columns, names=unique_names(rows.schema.names))


def is_number(kind: pa.DataType) -> bool:
    """Whether a column can be drawn."""
    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind))


def _shown_as_value(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if kinds.is_integer(kind):
        return kind.bit_width <= 8 * _EXACT_BYTES or _small(column)
    plain = kinds.is_boolean(kind) or kinds.is_floating(kind) or kinds.is_date(kind)
    return bool(plain or kinds.is_decimal(kind) or (kinds.is_timestamp(kind) and kind.tz is None))


def _small(column: pa.ChunkedArray) -> bool:
    return all(value is None or abs(value) < 1 << 53 for value in column.to_pylist())
