"""The order that rows have within a table's files: Iceberg's sort order of the table.

Engines leave out files by the least and greatest values of their columns; in sorted files these lie
close together.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField
from pyiceberg.transforms import IdentityTransform

from lakehouse.errors import ConfigError
from lakehouse.quoting import identifier

_TERM = re.compile(
    r"(?P<column>.+?)(?:\s+(?P<direction>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?",
    re.IGNORECASE,
)
# How DuckDB computes what Iceberg's transforms give, or what has the same order.
_TRANSFORMS: Final = {
    "identity": "{}",
    "year": "date_trunc('year', {})",
    "month": "date_trunc('month', {})",
    "day": "date_trunc('day', {})",
    "hour": "date_trunc('hour', {})",
}
# Of the folder in which rows wait; one of a killed run goes with the next.
PREFIX: Final = "sorting-"
# What DuckDB holds of the rows it sorts; the rest waits on the disk.
_MEMORY = "1GB"
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Order:
    """A sort order of a table that rows can be put in here: its id, and the terms in SQL."""

    order_id: int
    sql: str


def order_of(metadata: TableMetadata) -> Order | None:
    """The order that the table wants its rows in; None for none, or one that can't be had here."""
    wanted = metadata.sort_order_by_id(metadata.default_sort_order_id)
    if wanted is None or wanted.is_unsorted:
        return None
    terms = [_term(field, metadata.schema()) for field in wanted.fields]
    known = [term for term in terms if term]
    return Order(wanted.order_id, ", ".join(known)) if len(known) == len(terms) else None


def parse_order(text: str, schema: Schema) -> list[SortField]:
    """The terms `column [asc|desc] [nulls first|last], ...`; an empty list for `none`.

    NULLs come last, as in Athena. Raises ConfigError.
    """
    if text.strip().lower() == "none":
        return []
    found = []
    for part in text.split(","):
        match = _TERM.fullmatch(part.strip())
        name = match["column"].strip('"`') if match else ""
        field = next((f for f in schema.fields if f.name.lower() == name.lower()), None)
        if match is None or field is None or not field.field_type.is_primitive:
            known = ", ".join(f.name for f in schema.fields if f.field_type.is_primitive)
            hint = f'as in --sort-by "sold_at, country desc nulls first"; columns: {known}'
            raise ConfigError(f"no column {part.strip()!r} to sort by", hint=hint)
        falls = (match["direction"] or "").lower() == "desc"
        first = (match["nulls"] or "").lower() == "first"
        found.append(
            SortField(
                source_id=field.field_id,
                transform=IdentityTransform(),
                direction=SortDirection.DESC if falls else SortDirection.ASC,
                null_order=NullOrder.NULLS_FIRST if first else NullOrder.NULLS_LAST,
            )
        )
    return found


def is_ordered_by(table: Table, fields: Sequence[SortField]) -> bool:
    """Whether that is the table's sort order already."""
    return list(table.sort_order().fields) == list(fields)


def set_order(table: Table, fields: Sequence[SortField]) -> None:
    """Make it the table's sort order, which whoever rewrites its files keeps to."""
    with table.update_sort_order() as update:
        for each in fields:
            name = table.schema().find_column_name(each.source_id)
            add = update.desc if each.direction == SortDirection.DESC else update.asc
            add(str(name), each.transform, each.null_order)


def in_order(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, order: Order, folder: Path
) -> Iterator[pa.RecordBatch]:
    """The rows in order; what does not fit into memory waits in files below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=PREFIX) as place, _engine(place) as con:
        con.register("rows", pa.RecordBatchReader.from_batches(schema, batches))
        ordered = con.execute(f"SELECT * FROM rows ORDER BY {order.sql}")
        for batch in ordered.to_arrow_reader(_BATCH_ROWS):
            yield from pa.Table.from_batches([batch]).cast(schema).to_batches()


def _engine(place: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"temp_directory": place, "memory_limit": _MEMORY})
    # Or UUIDs would come out as texts.
    con.execute("SET arrow_lossless_conversion = true")
    con.execute("SET TimeZone = 'UTC'")
    return con


def _term(field: SortField, schema: Schema) -> str | None:
    form = _TRANSFORMS.get(str(field.transform))
    column = next((f.name for f in schema.fields if f.field_id == field.source_id), None)
    if form is None or column is None:
        return None
    direction = "DESC" if field.direction == SortDirection.DESC else "ASC"
    nulls = "FIRST" if field.null_order == NullOrder.NULLS_FIRST else "LAST"
    return f"{form.format(identifier(column))} {direction} NULLS {nulls}"
