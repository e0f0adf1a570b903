"""A result as bytes: CSV, JSON, NDJSON, Parquet. Each is written page by page as rows arrive.

How single values are written is said in `lakehouse.query.values`. All text is UTF-8, and lines
end with a line feed, as psql and DuckDB write them.

- csv: RFC 4180 with a header; NULL is an empty field, an empty string is `""`
- athena-csv: as Athena's result files: every name and value in quotes, NULL an empty field
- json: one array of objects, one object a line
- ndjson: one object a line
- parquet: zstd; names and types of the result

JSON and Parquet can't repeat a name, so the second `a` of a result is called `a_1` there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, count
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.query import values
from lakehouse.query.rendering import lines, rendering
from lakehouse.query.results import Result

Writer = Callable[[Result, BinaryIO], None]


def write_csv(result: Result, file: BinaryIO) -> None:
    """Write the result as CSV."""
    names = [values.csv_name(column.name) for column in result.columns]
    fields = [values.csv_field(f"#{i}", c.type) for i, c in enumerate(result.columns, start=1)]
    file.write(",".join(names).encode() + b"\n")
    for part in _text(result, " || ',' || ".join(fields) + " || chr(10)"):
        file.write(part)


def write_athena_csv(result: Result, file: BinaryIO) -> None:
    """Write the result as Athena writes its result files: every name and value in quotes."""
    names = ['"' + column.name.replace('"', '""') + '"' for column in result.columns]
    file.write(",".join(names).encode() + b"\n")
    fields = (
        f"coalesce('\"' || replace({values.text(f'#{i}')}, '\"', '\"\"') || '\"', '')"
        for i in range(1, len(result.columns) + 1)
    )
    for part in _text(result, " || ',' || ".join(fields) + " || chr(10)"):
        file.write(part)


def write_json(result: Result, file: BinaryIO) -> None:
    """Write the result as one JSON array."""
    file.write(b"[")
    for number, part in enumerate(_text(result, f"',' || chr(10) || {_object(result)}")):
        file.write(part if number else part[1:])
    file.write(b"\n]\n" if result.rows else b"]\n")


def write_ndjson(result: Result, file: BinaryIO) -> None:
    """Write the result as JSON, one object a line."""
    for part in _text(result, f"{_object(result)} || chr(10)"):
        file.write(part)


def write_parquet(result: Result, file: BinaryIO) -> None:
    """Write the result as Parquet."""
    stored = [values.stored(f"#{i}", c.type) for i, c in enumerate(result.columns, start=1)]
    names = unique_names(column.name for column in result.columns)
    with rendering() as renderer:
        nothing = pa.Table.from_batches([], result.schema)
        schema = renderer.render(nothing, stored).rename_columns(names).schema
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for page in result.pages():
                writer.write_table(renderer.render(page, stored).rename_columns(names))


WRITERS: Final[Mapping[str, Writer]] = {
    "csv": write_csv,
    "athena-csv": write_athena_csv,
    "json": write_json,
    "ndjson": write_ndjson,
    "parquet": write_parquet,
}


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, with `_1`, `_2`, ... behind those that came before in whatever case."""
    taken: set[str] = set()
    unique = []
    for name in names:
        tries = chain([name], (f"{name}_{i}" for i in count(1)))
        unique.append(next(n for n in tries if n.lower() not in taken))
        taken.add(unique[-1].lower())
    return unique


def _object(result: Result) -> str:
    names = unique_names(column.name for column in result.columns)
    members = [values.json(f"#{i}", c.type) for i, c in enumerate(result.columns, start=1)]
    return values.json_object(names, members)


def _text(result: Result, row: str) -> Iterator[memoryview]:
    with rendering() as renderer:
        for page in result.pages():
            yield from lines(renderer.render(page, [row]))
