"""The columns of a table as a stream declares them, and what becomes of what they can't hold."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lakehouse.column_specs import TermName, TypeName, parse_type

# The columns that every landing table ends with: where a record came from.
LINEAGE: Final = ("record_id", "source_file", "source_line", "ingest_seq")
# The types that tell rows apart.
KEY_TYPES: Final = frozenset(
    {"boolean", "int", "long", "decimal", "string", "date", "timestamp", "timestamptz"}
)

_TIMES = {"date", "timestamp", "timestamptz"}
# The types whose values each transform takes, by Iceberg's specification; no fractions.
_TAKEN = {
    "year": _TIMES,
    "month": _TIMES,
    "day": _TIMES,
    "hour": _TIMES - {"date"},
    "bucket": _TIMES | {"int", "long", "decimal", "string"},
    "truncate": {"int", "long", "decimal", "string"},
    "identity": _TIMES | {"boolean", "int", "long", "decimal", "string"},
}


class Contract(StrEnum):
    """What becomes of a value that its table can't hold, after dlt's schema contracts.

    `evolve` changes the table so that it can, `freeze` rejects the record, `discard` drops the
    value and lands the rest of the record.
    """

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD = "discard"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class ColumnSettings(_Table):
    """A column of a stream's table: its type, and the field of a record that it is read from.

    `field` is the column's own name by default. A record without a value for a `required` column
    is rejected. `contract` is that of the stream unless it is given.
    """

    type: str
    field: Annotated[str, Field(min_length=1)] | None = None
    required: bool = False
    contract: Contract | None = None

    @field_validator("type")
    @classmethod
    def _known(cls, given: str) -> str:
        return str(parse_type(given))

    @property
    def type_name(self) -> TypeName:
        """The type, parsed."""
        return parse_type(self.type)


class ContractSettings(_Table):
    """What becomes of fields that no column is there for, and of values of another type."""

    new_columns: Contract = Contract.EVOLVE
    types: Contract = Contract.EVOLVE


def check_term(term: TermName, type_: TypeName) -> None:
    """Raises ValueError for a partition term that columns of the type don't take."""
    if type_.name not in _TAKEN[term.transform]:
        raise ValueError(f"{term.transform} of {term.column!r}: not of a column of type {type_}")
