"""The columns that a stream declares: its landing table, and the schema its records are held by."""

from itertools import count
from typing import Any

from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)
from pyiceberg.types import NestedField

from ingest.record_schema import Column, RecordSchema
from lakehouse.column_settings import LINEAGE
from lakehouse.column_specs import TermName
from lakehouse.errors import ConfigError
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.declared_types import iceberg_type, type_name
from lakehouse.tables.evolution import can_become
from lakehouse.tables.growth import grow
from lakehouse.tables.landing import LandingTable, lineage_fields

_PLAIN: dict[str, Transform[Any, Any]] = {
    "identity": IdentityTransform(),
    "year": YearTransform(),
    "month": MonthTransform(),
    "day": DayTransform(),
    "hour": HourTransform(),
}


def declared_table(stream: StreamSettings) -> LandingTable:
    """The table that a stream of declared columns is given when it has none."""
    ids = count(len(stream.columns) + 1)
    fields = [
        NestedField(number, name, iceberg_type(column.type_name, ids), required=column.required)
        for number, (name, column) in enumerate(stream.columns.items(), start=1)
    ]
    schema = Schema(*fields, *lineage_fields(next(ids)))
    terms = enumerate(stream.terms, start=PARTITION_FIELD_ID_START)
    spec = PartitionSpec(*(_partition_field(term, number, schema) for number, term in terms))
    return LandingTable(stream.identifier, schema, spec)


def declared_schema(name: str, stream: StreamSettings, table: Table) -> RecordSchema:
    """What records of the stream are held by: the declared columns, and those the table got since.

    The table grows by columns that were declared later. Raises ConfigError where the declaration
    contradicts the table.
    """
    _check_partitions(name, stream, table)
    wanted = {column: iceberg_type(each.type_name) for column, each in stream.columns.items()}
    grow(table, wanted)
    columns: dict[str, Column] = {}
    present = {field.name: field for field in table.schema().fields}
    for column, each in stream.columns.items():
        field = present[column]
        held = type_name(field.field_type)
        # A type that the table has grown out of is as good as the one it has.
        if held is None or (
            held != each.type_name and not can_become(wanted[column], field.field_type)
        ):
            raise ConfigError(
                f"streams.{name}.columns.{column} is declared as {each.type}, but is "
                f"{held or field.field_type} in {stream.table}",
                hint="declare it as it is, or land into another table",
            )
        contract = each.contract or stream.contract.types
        columns[each.field or column] = Column(column, held, each.required, contract)
    for field in present.values():
        held = type_name(field.field_type)
        if field.name not in {*LINEAGE, *stream.columns} and held:
            columns[field.name] = Column(field.name, held, contract=stream.contract.types)
    return RecordSchema(columns, stream.contract.new_columns, stream.contract.types, [*present])


def _partition_field(term: TermName, number: int, schema: Schema) -> PartitionField:
    source = schema.find_field(term.column).field_id
    name = term.column
    if term.transform != "identity":
        name += f"_{term.transform}{f'_{term.size}' if term.size else ''}"
        while name in schema.column_names:
            name += "_"
    return PartitionField(source, number, _transform(term), name)


def _transform(term: TermName) -> Transform[Any, Any]:
    if term.transform == "bucket":
        return BucketTransform(term.size)
    return TruncateTransform(term.size) if term.size else _PLAIN[term.transform]


def _check_partitions(name: str, stream: StreamSettings, table: Table) -> None:
    schema = table.schema()
    present = [
        (schema.find_column_name(field.source_id), str(field.transform))
        for field in table.spec().fields
    ]
    wanted = [(term.column, str(_transform(term))) for term in stream.terms]
    if present != wanted:
        is_now = ", ".join(f"{transform} of {column}" for column, transform in present) or "none"
        raise ConfigError(
            f"streams.{name}.partition is not that of {stream.table}, which is: {is_now}",
            hint="declare it as it is, or land into another table",
        )
