"""The types that a configuration names as Iceberg's and Arrow's, and back."""

from collections.abc import Iterator, Mapping
from itertools import count

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import (
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
)

from lakehouse.column_specs import TypeName

_PLAIN: Mapping[str, IcebergType] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "long": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "timestamptz": TimestamptzType(),
    "string": StringType(),
}
_NAMES = {type(held): name for name, held in _PLAIN.items()}


def iceberg_type(type_: TypeName, ids: Iterator[int] | None = None) -> IcebergType:
    """The type in Iceberg; what is nested gets its field ids from `ids`."""
    ids = count(1) if ids is None else ids
    if type_.name == "decimal":
        return DecimalType(*type_.sizes)
    if type_.name == "list":
        element = next(ids)
        held = iceberg_type(type_.inner[0], ids)
        return ListType(element_id=element, element=held, element_required=False)
    if type_.name == "map":
        key, value = next(ids), next(ids)
        inner = [iceberg_type(each, ids) for each in type_.inner]
        return MapType(
            key_id=key, key_type=inner[0], value_id=value, value_type=inner[1],
            value_required=False,
        )  # fmt: skip
    if type_.name == "struct":
        numbered = [(next(ids), name) for name in type_.fields]
        return StructType(
            *(
                NestedField(number, name, iceberg_type(inner, ids))
                for (number, name), inner in zip(numbered, type_.inner, strict=True)
            )
        )
    return _PLAIN[type_.name]


def arrow_type(type_: TypeName) -> pa.DataType:
    """The Arrow type that rows of an Iceberg table have for it."""
    schema = Schema(NestedField(1, "column", iceberg_type(type_, count(2))))
    return schema_to_pyarrow(schema, include_field_ids=False).field("column").type


def type_name(type_: IcebergType) -> TypeName | None:
    """The name of an Iceberg type, None for one that a configuration has no name for."""
    if isinstance(type_, DecimalType):
        return TypeName("decimal", sizes=(type_.precision, type_.scale))
    if isinstance(type_, ListType):
        return _nested("list", [type_.element_type])
    if isinstance(type_, MapType):
        return _nested("map", [type_.key_type, type_.value_type])
    if isinstance(type_, StructType):
        names = tuple(field.name for field in type_.fields)
        return _nested("struct", [field.field_type for field in type_.fields], names)
    name = _NAMES.get(type(type_))
    return TypeName(name) if name else None


def _nested(name: str, types: list[IcebergType], fields: tuple[str, ...] = ()) -> TypeName | None:
    inner = [type_name(each) for each in types]
    held = tuple(each for each in inner if each is not None)
    return TypeName(name, inner=held, fields=fields) if len(held) == len(types) else None
