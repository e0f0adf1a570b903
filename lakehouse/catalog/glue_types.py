"""Iceberg's types in Trino's words, and what Glue's words are as Iceberg's types.

Athena's "Data types": https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Final

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

_OF_GLUE: Final[dict[str, IcebergType]] = {
    "boolean": BooleanType(),
    "tinyint": IntegerType(),
    "smallint": IntegerType(),
    "int": IntegerType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "binary": BinaryType(),
}
_OF_TRINO: Final[dict[type[IcebergType], str]] = {
    BooleanType: "boolean",
    IntegerType: "integer",
    LongType: "bigint",
    FloatType: "real",
    DoubleType: "double",
    StringType: "varchar",
    BinaryType: "varbinary",
    DateType: "date",
    TimeType: "time(6)",
    TimestampType: "timestamp(3)",
    TimestamptzType: "timestamp(3) with time zone",
    UUIDType: "uuid",
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def trino_type(made: IcebergType) -> str:
    """The type as Trino writes it, as in `array(varchar)`."""
    match made:
        case StructType():
            fields = (f'"{field.name}" {trino_type(field.field_type)}' for field in made.fields)
            return f"row({', '.join(fields)})"
        case ListType():
            return f"array({trino_type(made.element_type)})"
        case MapType():
            return f"map({trino_type(made.key_type)}, {trino_type(made.value_type)})"
        case _:
            # What is left out, decimal(p, s), is written alike.
            return _OF_TRINO.get(type(made), str(made))


def schema_of(columns: list[tuple[str, str, str]]) -> Schema:
    """The schema of columns of Glue: name, type, comment."""
    ids = count(1)
    fields = [
        NestedField(next(ids), name, _type(text, ids), required=False, doc=comment or None)
        for name, text, comment in columns
    ]
    return Schema(*fields)


def _type(text: str, ids: Iterator[int]) -> IcebergType:
    """The type; what Iceberg has none for is text, as char(3) is."""
    text = text.strip()
    kind, _, inner = text.removesuffix(">").partition("<")
    parts = _parts(inner)
    match kind.lower(), len(parts):
        case "array", 1:
            return ListType(next(ids), _type(parts[0], ids), element_required=False)
        case "map", 2:
            key, value = _type(parts[0], ids), _type(parts[1], ids)
            return MapType(next(ids), key, next(ids), value, value_required=False)
        case "struct", _:
            named = [part.partition(":") for part in parts]
            return StructType(
                *(NestedField(next(ids), n.strip(), _type(t, ids)) for n, _, t in named)
            )
    if found := _DECIMAL.fullmatch(text.lower()):
        return DecimalType(int(found[1]), int(found[2]))
    return _OF_GLUE.get(text.lower(), StringType())


def _parts(text: str) -> list[str]:
    """What commas part outside of any brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
