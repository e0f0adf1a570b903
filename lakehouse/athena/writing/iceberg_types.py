"""Trino's types as the columns of an Iceberg table.

The list is Athena's ("Iceberg supported data types"): no tinyint, smallint or char, and a varchar
without a bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.translation import Translation
from lakehouse.athena.types import VARCHAR, ZONED, Type, field_names

_PLAIN: dict[str, IcebergType] = {
    "boolean": BooleanType(), "integer": IntegerType(), "bigint": LongType(), "real": FloatType(),
    "double": DoubleType(), "varchar": StringType(), "varbinary": BinaryType(),
    "date": DateType(), "time": TimeType(), "timestamp": TimestampType(),
    ZONED: TimestamptzType(), "uuid": UUIDType(),
}  # fmt: skip


def columns_of(made: Translation) -> list[tuple[str, Type, str | None]]:
    """The columns that a query makes of a table or view. Raises COLUMN_NAME_NOT_SPECIFIED."""
    if made.unnamed:
        message = f"Column name not specified at position {made.unnamed[0]}"
        hint = "give it one: ... AS name"
        raise AthenaError("COLUMN_NAME_NOT_SPECIFIED", message, hint=hint)
    types = map(_unbounded, made.types)
    return [(name, type_, None) for name, type_ in zip(made.names, types, strict=True)]


def _unbounded(made: Type) -> Type:
    """What a query makes as varchar(n), at any depth, is kept as varchar."""
    if made.base == "varchar":
        return VARCHAR
    return replace(made, children=tuple(map(_unbounded, made.children)))


def schema_of(columns: Sequence[tuple[str, Type, str | None]]) -> Schema:
    """The schema of a new table of columns: name, type, comment.

    Its field ids only differ from each other; a catalog gives a new table its own. Raises
    DUPLICATE_COLUMN_NAME and NOT_SUPPORTED.
    """
    names = [name.lower() for name, _, _ in columns]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        message = f"Column name '{min(repeated)}' specified more than once"
        raise AthenaError("DUPLICATE_COLUMN_NAME", message)
    ids = count(1)
    fields = [
        NestedField(next(ids), name, iceberg_type(made, ids), required=False, doc=comment)
        for name, made, comment in columns
    ]
    return Schema(*fields)


def iceberg_type(made: Type, ids: Iterator[int] | None = None) -> IcebergType:
    """The type of a column; `ids` number what is inside it. Raises NOT_SUPPORTED."""
    ids = ids or count(1)
    if made.base == "decimal":
        return DecimalType(made.precision, made.scale)
    if made.base == "array":
        return ListType(next(ids), iceberg_type(made.element, ids), element_required=False)
    if made.base == "map":
        key, value = made.children
        key_id, value_id = next(ids), next(ids)
        return MapType(
            key_id, iceberg_type(key, ids), value_id, iceberg_type(value, ids), value_required=False
        )
    if made.base == "row":
        parts = zip(field_names(made), made.children, strict=True)
        return StructType(
            *(NestedField(next(ids), n, iceberg_type(t, ids), required=False) for n, t in parts)
        )
    bounded = made.base == "varchar" and bool(made.numbers)
    if made.base not in _PLAIN or bounded or (made.base == ZONED and not made.zone):
        message = f"Type not supported for Iceberg: {made}"
        raise AthenaError("NOT_SUPPORTED", message, hint=_hint(made))
    return _PLAIN[made.base]


def _hint(made: Type) -> str:
    instead = {"tinyint": "int", "smallint": "int", "char": "string", "varchar": "string"}
    wanted = instead.get(made.base, "")
    return f"use {wanted}" if wanted else "cast it to a type that a table can hold"
