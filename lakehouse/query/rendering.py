"""Batches of a result, rewritten by SQL expressions in an engine of their own.

The session that ran a statement is locked down and busy streaming; a second, private DuckDB
without tables or files turns its batches into text. So what a value looks like never depends
on where the statement ran.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import duckdb
import pyarrow as pa

from lakehouse.errors import QueryError
from lakehouse.query.diagnosis import message_of
from lakehouse.query.results import Column, Result

# 64-bit offsets: a page of long texts passes 2 GiB.
_LARGE = {"arrow_large_buffer_size": "true"}
# Arrow's own types lack UUID, 128-bit integers and more: DuckDB's extension types carry them from
# a session to the renderer unchanged. What the renderer gives back is plain Arrow.
LOSSLESS = {"arrow_lossless_conversion": "true", **_LARGE}


class Renderer:
    """Rewrites rows, one column of output for each expression."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def render(self, rows: pa.Table, expressions: Sequence[str]) -> pa.Table:
        """The rows in order, as one column per SQL expression over `#1`, `#2`, ...

        Raises QueryError for a value that can't be written so.
        """
        named = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
        # A result may repeat a name, which an Arrow scan can't.
        rows = rows.rename_columns([str(i) for i in range(rows.num_columns)])
        try:
            return self._con.from_arrow(rows).project(named).to_arrow_table()
        except duckdb.Error as e:
            hint = "cast the column to another type in the statement, such as varchar"
            raise QueryError(f"a value can't be written: {message_of(e)}", hint=hint) from e


@dataclass(frozen=True)
class Rewriting:
    """Another form of a result, made of it batch by batch."""

    columns: tuple[Column, ...]
    schema: pa.Schema
    rewritten: Callable[[Renderer, pa.RecordBatch], pa.RecordBatch]

    def applied(self, result: Result) -> Result:
        """The result in that form."""

        def stream() -> Iterator[pa.RecordBatch]:
            with rendering() as renderer:
                for batch in result.stream:
                    yield self.rewritten(renderer, batch)

        return replace(result, columns=self.columns, schema=self.schema, stream=stream())


def unchanged(result: Result) -> Rewriting:
    """The result as it is."""
    return Rewriting(result.columns, result.schema, lambda _, batch: batch)


def as_text(result: Result) -> Rewriting:
    """Every value as the engine's text."""
    schema = pa.schema([pa.field(field.name, pa.large_string()) for field in result.schema])
    casts = [f"CAST(#{i + 1} AS VARCHAR)" for i in range(len(schema))]

    def rewritten(renderer: Renderer, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = renderer.render(pa.Table.from_batches([batch]), casts).combine_chunks()
        columns = [column.combine_chunks().cast(pa.large_string()) for column in texts.columns]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    return Rewriting(result.columns, schema, rewritten)


@contextmanager
def rendering() -> Iterator[Renderer]:
    """A renderer, until the block ends."""
    with _engine().cursor() as con:
        con.execute("SET TimeZone = 'UTC'")  # which a cursor does not take over
        yield Renderer(con)


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """The process's one private engine: to make another takes longer than a small result."""
    config: dict[str, str | bool | int | float | list[str]] = {
        **_LARGE,
        "errors_as_json": "true",
        "autoinstall_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    con = duckdb.connect(config=config)
    con.execute("SET enable_external_access = false")
    return con


def lines(table: pa.Table) -> Iterator[memoryview]:
    """The bytes of a table's only column, a column of text without NULLs, values end to end."""
    for chunk in table.column(0).chunks:
        if len(chunk):
            _, offsets, data = chunk.buffers()
            width = pa.int64() if pa.types.is_large_string(chunk.type) else pa.int32()
            ends = pa.Array.from_buffers(
                width, len(chunk) + 1, [None, offsets], offset=chunk.offset
            )
            yield memoryview(data)[ends[0].as_py() : ends[-1].as_py()]
