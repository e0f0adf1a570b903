"""Decoded records to the typed columns of a stream's schema, column by column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ingest.record_schema import Column, RecordSchema, may_widen
from ingest.record_values import hold
from ingest.rejects import Reason, UnfitError
from lakehouse.column_settings import Contract
from lakehouse.column_specs import TypeName
from lakehouse.tables.declared_types import arrow_type

Record: TypeAlias = Mapping[str, object]

# The kinds of values that a column takes as they are, when it has no others.
_AS_THEY_ARE: dict[str, set[type]] = {
    "boolean": {bool},
    "int": {int},
    "long": {int},
    "string": {str},
}
# Texts of a column that mean what Arrow makes of them.
_USUAL_TEXTS = {
    "int": "^-?[0-9]{1,9}$",
    "long": "^-?[0-9]{1,18}$",
    "double": r"^-?([0-9]{1,15}|[0-9]{1,15}\.[0-9]{1,15})$",
}


@dataclass(frozen=True)
class Reader:
    """What a field of a record means for a column of a type, as a value of JSON.

    `texts` says that it is text in any case, as in CSV.
    """

    read: Callable[[object, TypeName], object]
    texts: bool


@dataclass(frozen=True)
class Rows:
    """The columns of the records, and the records that can't be held: why, by their index.

    `growing` are the indices of records that the schema may grow for.
    """

    table: pa.Table
    unfit: dict[int, UnfitError]
    growing: list[int]


def rows_of(records: Sequence[Record], schema: RecordSchema, reader: Reader) -> Rows:
    """The rows of the records, as the schema stands now; those that are unfit have some too."""
    fields = schema.columns
    unfit: dict[int, UnfitError] = {}
    growing: set[int] = set()
    unknown = {} if schema.new_columns is Contract.DISCARD else _unknown(records, fields)
    if schema.new_columns is Contract.EVOLVE:
        growing.update(unknown)
    columns = {}
    for field, column in fields.items():
        values = [record.get(field) for record in records]
        columns[column.name], misfits = _held(values, column, reader)
        for index, error in misfits.items():
            if column.contract is Contract.EVOLVE and may_widen(column, error):
                growing.add(index)
            if column.contract is not Contract.DISCARD or column.required:
                unfit.setdefault(index, error)
    # Last: where the table may grow, a field without a column is not what is wrong with a record.
    for index, new in unknown.items():
        unfit.setdefault(index, schema.refusal(new))
    return Rows(pa.table(columns), unfit, sorted(growing))


def admit_all(
    records: Sequence[Record], growing: Sequence[int], schema: RecordSchema, reader: Reader
) -> None:
    """Let the schema grow for these records, one after the other."""
    for index in growing:
        known = schema.columns
        try:
            record = {
                field: reader.read(value, known[field].type) if field in known and value else value
                for field, value in records[index].items()
            }
            schema.admit(record)
        except UnfitError:
            continue  # `rows_of` says why


def _unknown(
    records: Sequence[Record], fields: Mapping[str, Column]
) -> dict[int, dict[str, object]]:
    """The values that no column is there for, by the index of their record."""
    known = fields.keys()
    found = {}
    for index, record in enumerate(records):
        if record.keys() <= known:
            continue
        new = {name: v for name, v in record.items() if name not in known and v is not None}
        if new:
            found[index] = new
    return found


def _held(
    values: Sequence[object], column: Column, reader: Reader
) -> tuple[pa.Array, dict[int, UnfitError]]:
    """What the column holds for the values, null where it can't hold them, and why."""
    type_ = arrow_type(column.type)
    if not (column.required and None in values):
        quick = _texts if reader.texts else _as_they_are
        if (found := quick(values, column.type, type_)) is not None:
            return found, {}
    held: list[object] = []
    misfits: dict[int, UnfitError] = {}
    for index, value in enumerate(values):
        found = None
        try:
            found = (
                hold(reader.read(value, column.type), column.type) if value is not None else None
            )
            if found is None and column.required:
                misfits[index] = UnfitError(Reason.MISSING_VALUE, f"no {column.name}")
        except UnfitError as e:
            misfits[index] = UnfitError(e.reason, f"{column.name}: {e.detail}")
        held.append(found)
    return pa.array(held, type_), misfits


def _as_they_are(values: Sequence[object], type_: TypeName, arrow: pa.DataType) -> pa.Array | None:
    """The column at once, when it takes all values as they are; else None."""
    kinds = {*map(type, values)} - {type(None)}
    if not kinds <= _AS_THEY_ARE.get(type_.name, set()):
        return None
    try:
        return pa.array(values, arrow)
    except (pa.ArrowInvalid, OverflowError):
        return None


def _texts(values: Sequence[object], type_: TypeName, arrow: pa.DataType) -> pa.Array | None:
    """The column at once, when its texts are written the way nearly all are; else None."""
    texts = pa.array(values, pa.large_string())
    if type_.name == "string":
        return texts
    pattern = _USUAL_TEXTS.get(type_.name)
    if pattern is None or pc.all(pc.match_substring_regex(texts, pattern)).as_py() is False:
        return None
    return texts.cast(arrow)
