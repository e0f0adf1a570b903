"""The columns that records become, and how they grow: a stream's schema contract.

After dlt's schema contracts. A field that no column is there for is a new column; a value that
its column can't hold is a drift of types. Each is treated as the contract says, `evolve`, `freeze`
or `discard`. A value that is null brings nothing, whatever its field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ingest.record_values import BOUNDS, hold
from ingest.rejects import Reason, UnfitError
from lakehouse.column_settings import LINEAGE, Contract
from lakehouse.column_specs import TypeName

_LONGEST_NAME = 255
_WIDEST_DECIMAL = 38


@dataclass(frozen=True)
class Column:
    """A column that a field of a record becomes; `contract` is for values it can't hold."""

    name: str
    type: TypeName
    required: bool = False
    contract: Contract = Contract.EVOLVE


class RecordSchema:
    """The columns of a stream, by the field that each is read from; they grow as records come.

    Fields are matched without regard to case, and with `_` for every sign that is no letter or
    digit, as the engines on the table match columns. Growth is the matter of one thread at a
    time; others read `columns` as a whole.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        new_columns: Contract = Contract.EVOLVE,
        types: Contract = Contract.EVOLVE,
        taken: Sequence[str] = LINEAGE,
    ) -> None:
        self.columns = {normal(field): column for field, column in columns.items()}
        self.new_columns = new_columns
        self._types = types
        self._taken = {*taken, *(column.name for column in columns.values())}

    def admit(self, record: Mapping[str, object]) -> None:
        """Grow such that the record can be held, if the contract allows; or not at all.

        Fields are normal ones. Raises UnfitError when the record can't be held.
        """
        columns = dict(self.columns)
        for field, value in record.items():
            if value is None:
                continue
            column = columns.get(field)
            if column is None:
                if self.new_columns is Contract.EVOLVE:
                    columns[field] = self._new(field, value)
            elif column.contract is Contract.EVOLVE:
                columns[field] = _widened(column, value)
            elif column.contract is Contract.FREEZE or column.required:
                hold(value, column.type)
        check_required(record, columns)
        self.columns = columns
        self._taken |= {column.name for column in columns.values()}

    def refusal(self, new: Mapping[str, object]) -> UnfitError:
        """Why a record is not held that has these fields, which no column is there for."""
        for field, value in new.items() if self.new_columns is Contract.EVOLVE else ():
            try:
                self._new(field, value)
            except UnfitError as e:
                return e
        return UnfitError(Reason.UNKNOWN_COLUMN, f"no column for {next(iter(new))[:100]!r}")

    def _new(self, field: str, value: object) -> Column:
        if field in self._taken:
            why = f"{field!r} can't be a new column: another one has that name"
            raise UnfitError(Reason.UNKNOWN_COLUMN, why)
        if len(field) > _LONGEST_NAME:
            why = f"{field[:50]!r}... has {len(field)} characters, too many for a column"
            raise UnfitError(Reason.UNKNOWN_COLUMN, why)
        column = Column(field, inferred(value), contract=self._types)
        try:
            hold(value, column.type)
        except UnfitError as e:
            raise UnfitError(e.reason, f"{field}: {e.detail}") from e
        return column


def normal(field: str) -> str:
    """The name a field has as a column."""
    name = re.sub(r"\W", "_", field.lower())
    return f"_{name}" if not name or name[0].isdigit() else name


def inferred(value: object) -> TypeName:
    """The type of a column that begins with the value; nested values are kept as JSON text."""
    if isinstance(value, bool):
        return TypeName("boolean")
    if isinstance(value, int):
        bound = BOUNDS["long"]
        return TypeName("long") if -bound <= value < bound else TypeName("decimal", sizes=(38, 0))
    return TypeName("double" if isinstance(value, Decimal) else "string")


def check_required(record: Mapping[str, object], columns: Mapping[str, Column]) -> None:
    """Raises UnfitError when a required column has no value in the record."""
    for field, column in columns.items():
        if column.required and record.get(field) is None:
            raise UnfitError(Reason.MISSING_VALUE, f"no {column.name}")


def may_widen(column: Column, error: UnfitError) -> bool:
    """Whether a wider column may hold what this one did not."""
    return error.reason is Reason.OUT_OF_RANGE and bool(_wider(column.type))


def _widened(column: Column, value: object) -> Column:
    """The column with the narrowest type it may become that holds the value; see Iceberg's list."""
    for wider in (column.type, *_wider(column.type)):
        try:
            hold(value, wider)
        except UnfitError as e:
            refused = e
        else:
            return replace(column, type=wider)
    raise UnfitError(refused.reason, f"{column.name}: {refused.detail}")


def _wider(type_: TypeName) -> list[TypeName]:
    match type_.name:
        case "int":
            return [TypeName("long")]
        case "float":
            return [TypeName("double")]
        case "decimal":
            precision, scale = type_.sizes
            wide = range(precision + 1, _WIDEST_DECIMAL + 1)
            return [TypeName("decimal", sizes=(digits, scale)) for digits in wide]
        case _:
            return []
