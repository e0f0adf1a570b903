"""A table's schema becomes another one, while every column that stays keeps its field id."""

from collections.abc import Sequence
from itertools import pairwise

from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table import Transaction
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.types import (
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
)

from lakehouse.errors import CatalogError


def evolve(transaction: Transaction, wanted: Schema) -> None:
    """Stage `wanted` (its field ids mean nothing) as the schema of the table.

    A column keeps its id when its type stays or can be promoted (Iceberg's list: int to long,
    float to double, a decimal of more digits); otherwise it becomes a new column of that name,
    so that old snapshots stay readable. Raises CatalogError where the partitioning forbids it.
    """
    present = transaction.table_metadata.schema()
    if _outline(present) == _outline(wanted):
        return
    kept = staying(present, wanted)
    try:
        with transaction.update_schema(allow_incompatible_changes=True) as update:
            _retire(update, present, kept)
            _admit(update, present, wanted, kept)
            _order(update, wanted, kept)
    except ValueError as e:
        raise CatalogError(
            f"the columns can't change like this: {e}",
            hint="drop the table, then build it again",
        ) from e


def staying(present: Schema, wanted: Schema) -> list[str]:
    """The columns that keep their field ids, in the order they have now."""
    wishes = {field.name: field.field_type for field in wanted.fields}
    return [
        field.name
        for field in present.fields
        if field.name in wishes and can_become(field.field_type, wishes[field.name])
    ]


def _outline(schema: Schema) -> list[tuple[object, ...]]:
    """Everything about the columns but their ids."""
    return [(f.name, _numbered(f.field_type), f.required, f.doc or "") for f in schema.fields]


def _retire(update: UpdateSchema, present: Schema, kept: Sequence[str]) -> None:
    for field in present.fields:
        if field.name not in kept:
            update.delete_column((field.name,))


def _admit(update: UpdateSchema, present: Schema, wanted: Schema, kept: Sequence[str]) -> None:
    for field in wanted.fields:
        if field.name not in kept:
            update.add_column((field.name,), field.field_type, doc=field.doc)
            continue
        old = present.find_field(field.name)
        update.make_column_optional((field.name,))
        if field.field_type.is_primitive and old.field_type != field.field_type:
            update.update_column((field.name,), field_type=field.field_type)
        if (old.doc or "") != (field.doc or ""):
            update.update_column((field.name,), doc=field.doc or "")


def _order(update: UpdateSchema, wanted: Schema, kept: Sequence[str]) -> None:
    names = [field.name for field in wanted.fields]
    if names == [*kept, *(name for name in names if name not in kept)]:
        return  # new columns go to the end by themselves
    update.move_first((names[0],))
    for before, name in pairwise(names):
        update.move_after((name,), (before,))


def can_become(old: IcebergType, new: IcebergType) -> bool:
    """Whether a column may change its type like this and keep its field id: Iceberg's list."""
    match old, new:
        case (IntegerType(), LongType()) | (FloatType(), DoubleType()):
            return True
        case (DecimalType(), DecimalType()):
            return old.scale == new.scale and old.precision <= new.precision
        case _:
            return _numbered(old) == _numbered(new)


def _numbered(type_: IcebergType) -> IcebergType:
    """The type with the ids inside it counted from 2, so that two of them can be compared."""
    if type_.is_primitive:
        return type_
    return assign_fresh_schema_ids(Schema(NestedField(1, "column", type_))).fields[0].field_type
