"""DuckDB's column types as Iceberg's, and the field ids a Parquet writer must put on them.

Iceberg v2 has no unsigned, no 8 or 16 bit and no 128 bit integers and no nanoseconds; such a
column is stored in the next wider type, so that nothing is lost but the name of the type.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from duckdb import sqltype
from duckdb.sqltypes import DuckDBPyType
from pyiceberg import types as iceberg
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, NestedField

from lakehouse.errors import QueryError
from lakehouse.quoting import identifier

# Iceberg type, and the DuckDB type the values are cast to before they are written.
_PLAIN: Mapping[str, tuple[IcebergType, str]] = {
    "boolean": (iceberg.BooleanType(), "BOOLEAN"),
    "tinyint": (iceberg.IntegerType(), "INTEGER"),
    "utinyint": (iceberg.IntegerType(), "INTEGER"),
    "smallint": (iceberg.IntegerType(), "INTEGER"),
    "usmallint": (iceberg.IntegerType(), "INTEGER"),
    "integer": (iceberg.IntegerType(), "INTEGER"),
    "uinteger": (iceberg.LongType(), "BIGINT"),
    "bigint": (iceberg.LongType(), "BIGINT"),
    "ubigint": (iceberg.DecimalType(20, 0), "DECIMAL(20,0)"),
    "hugeint": (iceberg.DecimalType(38, 0), "DECIMAL(38,0)"),
    "uhugeint": (iceberg.DecimalType(38, 0), "DECIMAL(38,0)"),
    "float": (iceberg.FloatType(), "FLOAT"),
    "double": (iceberg.DoubleType(), "DOUBLE"),
    "varchar": (iceberg.StringType(), "VARCHAR"),
    "enum": (iceberg.StringType(), "VARCHAR"),
    "uuid": (iceberg.UUIDType(), "UUID"),
    "blob": (iceberg.BinaryType(), "BLOB"),
    "date": (iceberg.DateType(), "DATE"),
    "time": (iceberg.TimeType(), "TIME"),
    "timestamp": (iceberg.TimestampType(), "TIMESTAMP"),
    "timestamp_s": (iceberg.TimestampType(), "TIMESTAMP"),
    "timestamp_ms": (iceberg.TimestampType(), "TIMESTAMP"),
    "timestamp_ns": (iceberg.TimestampType(), "TIMESTAMP"),
    "timestamp with time zone": (iceberg.TimestamptzType(), "TIMESTAMP WITH TIME ZONE"),
}


@dataclass(frozen=True)
class Column:
    """A column of a query: its name, its type in Iceberg, and what to cast it to in DuckDB."""

    name: str
    type: IcebergType
    cast: str


def describe(rows: Iterable[tuple[Any, ...]]) -> list[Column]:
    """The columns of a query, from the rows of `DESCRIBE <query>`.

    Field ids inside nested types are placeholders. Raises QueryError for a type that Iceberg v2
    can't hold.
    """
    return [_column(str(name), str(type_)) for name, type_, *_ in rows]


def field_ids(schema: Schema) -> str:
    """The FIELD_IDS option of DuckDB's COPY that gives every column its id of `schema`."""
    return "{" + ", ".join(_named_ids(field) for field in schema.fields) + "}"


def _column(name: str, type_name: str) -> Column:
    try:
        type_, cast = _convert(sqltype(type_name))
    except KeyError as e:
        message = f"column {name!r} is of type {type_name}, which no Iceberg table can hold"
        raise QueryError(message, hint=f"cast it: cast({name} as varchar) as {name}") from e
    return Column(name, type_, cast)


def _convert(type_: DuckDBPyType) -> tuple[IcebergType, str]:
    if type_.id in _NESTED:
        return _NESTED[type_.id](type_)
    return _PLAIN[type_.id]


def _decimal(type_: DuckDBPyType) -> tuple[IcebergType, str]:
    precision, scale = (size for _, size in type_.children if isinstance(size, int))
    return iceberg.DecimalType(precision, scale), str(type_)


def _list(type_: DuckDBPyType) -> tuple[IcebergType, str]:
    [(_, element, cast), *_] = _parts(type_)
    return iceberg.ListType(element_id=-1, element=element, element_required=False), f"{cast}[]"


def _map(type_: DuckDBPyType) -> tuple[IcebergType, str]:
    (_, key, key_cast), (_, value, value_cast) = _parts(type_)
    held = iceberg.MapType(
        key_id=-1, key_type=key, value_id=-2, value_type=value, value_required=False
    )
    return held, f"MAP({key_cast}, {value_cast})"


def _struct(type_: DuckDBPyType) -> tuple[IcebergType, str]:
    parts = _parts(type_)
    fields = [NestedField(-i, name, held) for i, (name, held, _) in enumerate(parts, start=1)]
    casts = ", ".join(f"{identifier(name)} {cast}" for name, _, cast in parts)
    return iceberg.StructType(*fields), f"STRUCT({casts})"


def _parts(type_: DuckDBPyType) -> list[tuple[str, IcebergType, str]]:
    """The types inside a nested one: name, Iceberg type, cast. An array's size is left out."""
    return [(n, *_convert(t)) for n, t in type_.children if isinstance(t, DuckDBPyType)]


_NESTED: Mapping[str, Callable[[DuckDBPyType], tuple[IcebergType, str]]] = {
    "decimal": _decimal,
    "list": _list,
    "array": _list,
    "map": _map,
    "struct": _struct,
}


def _named_ids(field: NestedField) -> str:
    return f"{identifier(field.name)}: {_ids(field.field_id, field.field_type)}"


def _ids(field_id: int, type_: IcebergType) -> str:
    match type_:
        case iceberg.StructType():
            inner = [_named_ids(field) for field in type_.fields]
        case iceberg.ListType():
            inner = [f"element: {_ids(type_.element_id, type_.element_type)}"]
        case iceberg.MapType():
            inner = [
                f"key: {_ids(type_.key_id, type_.key_type)}",
                f"value: {_ids(type_.value_id, type_.value_type)}",
            ]
        case _:
            return str(field_id)
    return "{" + ", ".join([f"__duckdb_field_id: {field_id}", *inner]) + "}"
