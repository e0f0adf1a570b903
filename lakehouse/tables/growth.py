"""A table that grows to hold what is written to it, and rows in the shape of a table."""

from collections.abc import Mapping

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import (
    BooleanType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
)

from lakehouse.tables.evolution import can_become

_ATTEMPTS = 20
_PLAIN: Mapping[pa.DataType, IcebergType] = {
    pa.bool_(): BooleanType(),
    pa.int32(): IntegerType(),
    pa.int64(): LongType(),
    pa.float32(): FloatType(),
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
}


def grow(table: Table, wanted: Mapping[str, IcebergType]) -> None:
    """Add the columns that the table lacks, optional ones, and widen those that are too narrow.

    Nothing is committed when it has them all. A column whose type can't become the wanted one is
    left as it is. Raises CommitFailedException when others change the table all the time.
    """
    for attempt in range(_ATTEMPTS):
        present = {field.name: field.field_type for field in table.schema().fields}
        new = {name: type_ for name, type_ in wanted.items() if name not in present}
        wider = {
            name: type_
            for name, type_ in wanted.items()
            if type_.is_primitive
            and present.get(name, type_) != type_
            and can_become(present[name], type_)
        }
        if not new and not wider:
            return
        try:
            with table.update_schema() as update:
                for name, type_ in new.items():
                    update.add_column((name,), type_)
                for name, type_ in wider.items():
                    update.update_column((name,), field_type=type_)
        except CommitFailedException:
            table.refresh()
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def grow_for(table: Table, rows: pa.Schema) -> None:
    """Let the table hold rows of that schema: see `grow`. Nested columns have to be there."""
    types = {field.name: _iceberg(field.type) for field in rows}
    grow(table, {name: type_ for name, type_ in types.items() if type_ is not None})


def conform(rows: pa.Table, schema: Schema) -> pa.Table:
    """The rows with exactly the columns of the schema: missing ones are null, narrow ones cast."""
    target = schema_to_pyarrow(schema, include_field_ids=False)
    columns = {field.name: _column(rows, field) for field in target}
    return pa.table(columns) if columns else rows


def _column(rows: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    position = rows.schema.get_field_index(field.name)
    if position < 0:
        return pa.nulls(len(rows), field.type)
    column = rows.column(position)
    # Text is stored the same in all its Arrow types; to make one of another copies it.
    return column if _is_text(column.type) or column.type == field.type else column.cast(field.type)


def _is_text(type_: pa.DataType) -> bool:
    held = type_.value_type if isinstance(type_, pa.DictionaryType) else type_
    return held in {pa.string(), pa.large_string()}


def _iceberg(type_: pa.DataType) -> IcebergType | None:
    if isinstance(type_, pa.Decimal128Type):
        return DecimalType(type_.precision, type_.scale)
    return StringType() if _is_text(type_) else _PLAIN.get(type_)
