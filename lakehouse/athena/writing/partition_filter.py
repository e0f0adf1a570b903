"""A condition on the partitions of an Iceberg table, asked of the partitions themselves."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema as IcebergSchema
from pyiceberg.table import Table

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.metadata_tables import live_files, partition_texts
from lakehouse.athena.schema import TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import translate
from lakehouse.athena.types import BIGINT, Type, engine_type, identifier

# A partition: its spec, and the text of each of its fields.
Place = tuple[int, tuple[str | None, ...]]
# Hands rows to the engine under a name; and the numbers in the first column of a query.
Hold = Callable[[str, pa.Table], None]
Ask = Callable[[str], list[int]]
_HELD = "partitions to optimize"
_PLACE = "$place"
_FORMATS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%d-%H"}


def place_of(table: Table, file: DataFile) -> Place:
    """The partition that a file lies in."""
    texts = partition_texts(file, table.specs()[file.spec_id], table.schema())
    return file.spec_id, tuple(text for _, text in texts)


def matching(
    table: Table, columns: TableColumns, statement: v.Optimize, hold: Hold, ask: Ask
) -> set[Place]:
    """The partitions in which the condition of `statement` holds.

    Of a partition of time (a day) it is asked of the first and the last moment. Raises
    NOT_SUPPORTED for a condition on anything but columns of partitions.
    """
    known = [column for column in columns.columns if column[0] in _partition_columns(table)]
    places = sorted({place_of(table, file) for file in live_files(table)}, key=repr)
    rows: dict[str, list[str | None]] = {name: [] for name, _ in known}
    for spec, texts in places:
        ends = _ends(table.specs()[spec], table.schema(), texts)
        for end in (0, 1):
            for name, found in rows.items():
                found.append(ends[name][end] if name in ends else None)
    numbers = pa.array([i for i in range(len(places)) for _ in (0, 1)], pa.int64())
    texts_of = {name: pa.array(found, pa.string()) for name, found in rows.items()}
    hold(_HELD, pa.table({_PLACE: numbers, **texts_of}))
    return {places[i] for i in ask(_query(known, statement))}


@dataclass(frozen=True)
class _Partitions:
    """The one table that the condition sees."""

    name: v.Name
    columns: TableColumns

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        return self.columns if parts == self.name else None


def _query(known: list[tuple[str, Type]], statement: v.Optimize) -> str:
    casts = [f"CAST({identifier(n)} AS {engine_type(t)}) AS {identifier(n)}" for n, t in known]
    items = ", ".join([identifier(_PLACE), *casts])
    source = f"(SELECT {items} FROM temp.main.{identifier(_HELD)})"
    columns = TableColumns(source, statement.table, ((_PLACE, BIGINT), *known))
    dotted = ".".join(map(identifier, statement.table))
    sql = f"SELECT DISTINCT {identifier(_PLACE)} FROM {dotted} WHERE {statement.where_text}"
    try:
        return translate(sql, _Partitions(statement.table, columns)).sql
    except AthenaError as e:
        if e.code != "COLUMN_NOT_FOUND":
            raise
        names = ", ".join(name for name, _ in known) or "none"
        message = f"OPTIMIZE with a condition on anything but partition columns: {e.detail}"
        hint = f"partition columns of the table: {names}"
        raise AthenaError("NOT_SUPPORTED", message, hint=hint) from e


def _partition_columns(table: Table) -> set[str]:
    """The columns that partitions tell of: by their values, or by their time."""
    schema, found = table.schema(), set()
    for spec in table.specs().values():
        for field in spec.fields:
            if str(field.transform) in ("identity", *_FORMATS):
                with suppress(ValueError):  # of a column that was dropped
                    found.add(schema.find_field(field.source_id).name)
    return found


def _ends(
    spec: PartitionSpec, schema: IcebergSchema, texts: tuple[str | None, ...]
) -> Mapping[str, tuple[str | None, str | None]]:
    found = {}
    for field, text in zip(spec.fields, texts, strict=True):
        with suppress(ValueError):
            name = schema.find_field(field.source_id).name
            transform = str(field.transform)
            if transform == "identity" or text is None:
                found[name] = (text, text)
            elif transform in _FORMATS:
                found[name] = _moments(transform, text)
    return found


def _moments(transform: str, text: str) -> tuple[str, str]:
    """The first and the last moment of `2024-05`, as texts that every type of time reads."""
    first = datetime.strptime(text, _FORMATS[transform])  # noqa: DTZ007 - no zone is meant
    if transform == "year":
        following = first.replace(year=first.year + 1)
    elif transform == "month":
        following = (first + timedelta(days=31)).replace(day=1)
    else:
        following = first + (timedelta(days=1) if transform == "day" else timedelta(hours=1))
    return first.isoformat(" "), (following - timedelta(microseconds=1)).isoformat(" ")
