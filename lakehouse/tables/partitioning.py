"""How a table is partitioned: terms such as `month(order_date)`, and the folders they become."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Transaction
from pyiceberg.transforms import (
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    YearTransform,
)

from lakehouse.errors import QueryError
from lakehouse.quoting import identifier, literal

_TERM = re.compile(r"(?P<column>\w+)|(?P<transform>\w+)\(\s*(?P<source>\w+)\s*\)")
# The transform of the specification, and the folder's name for a value (strftime).
_TIMES: dict[str, tuple[Transform[Any, Any], str]] = {
    "year": (YearTransform(), "%Y"),
    "month": (MonthTransform(), "%Y-%m"),
    "day": (DayTransform(), "%Y-%m-%d"),
    "hour": (HourTransform(), "%Y-%m-%d-%H"),
}


@dataclass(frozen=True)
class Term:
    """One term of a partitioning: a column and what is done to its values."""

    column: str
    transform: Transform[Any, Any]
    name: str
    folder: str  # SQL: the folder a row goes to, one for each value of the transform


def parse_terms(texts: Iterable[str]) -> tuple[Term, ...]:
    """Terms as DuckDB and Spark write them: `country`, `month(ordered_at)`.

    Raises QueryError for anything else. Hashes (`bucket`) are left out: the partition of a file
    is read from the file's own statistics, which works where the order is preserved.
    """
    return tuple(_parse(text.strip()) for text in texts)


def spec_of(terms: Iterable[Term], schema: Schema) -> PartitionSpec:
    """The partition spec of a new table."""
    fields = [
        PartitionField(schema.find_field(term.column).field_id, number, term.transform, term.name)
        for number, term in enumerate(terms, start=PARTITION_FIELD_ID_START)
    ]
    return PartitionSpec(*fields)


def retire(transaction: Transaction, terms: Iterable[Term], staying: Collection[str]) -> None:
    """Stage the end of every partition field that is not in `terms`, or whose column goes.

    It has to be staged before the columns go: PyIceberg checks the spec against the schema at
    every step.
    """
    wanted = {(term.column, repr(term.transform)) for term in terms if term.column in staying}
    gone = [name for key, name in _present(transaction).items() if key not in wanted]
    if gone:
        with transaction.update_spec() as update:
            for name in gone:
                update.remove_field(name)


def admit(transaction: Transaction, terms: Iterable[Term]) -> None:
    """Stage a partition field for every one of `terms` that has none yet."""
    present = _present(transaction)
    missing = [term for term in terms if (term.column, repr(term.transform)) not in present]
    if missing:
        with transaction.update_spec() as update:
            for term in missing:
                update.add_field(term.column, term.transform, term.name)


def _present(transaction: Transaction) -> dict[tuple[str, str], str]:
    metadata = transaction.table_metadata
    names = {field.field_id: field.name for field in metadata.schema().fields}
    return {(names[f.source_id], repr(f.transform)): f.name for f in metadata.spec().fields}


def _parse(text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match and (column := match["column"]):
        folder = _safe(f"cast({identifier(column)} as varchar)")
        return Term(column, IdentityTransform(), column, folder)
    if match and (name := match["transform"].lower()) in _TIMES:
        column, (transform, pattern) = match["source"], _TIMES[name]
        folder = f"strftime({identifier(column)}, {literal(pattern)})"
        return Term(column, transform, f"{column}_{name}", folder)
    raise QueryError(
        f"partitioned_by: {text!r} is no partition term",
        hint="write a column, or year|month|day|hour(column)",
    )


def _safe(value: str) -> str:
    """A value as a folder name; a digest keeps apart what the replacements would put together."""
    safe = f"regexp_replace({value}, '[^A-Za-z0-9._-]', '_', 'g')"
    return (
        f"case when {value} = {safe} and {value} <> '' then {value}"
        f" else {safe} || '-' || left(md5({value}), 8) end"
    )
