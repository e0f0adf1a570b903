"""The result of one statement."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa

from lakehouse.query.engine_types import EngineType

# DuckDB gives each batch of a page to one thread. Never slice a batch for that: DuckDB 1.5.5
# reads the union values of a batch that begins in the middle from its beginning.
BATCH_ROWS = 12_288
PAGE_BATCHES = 4


@dataclass(frozen=True)
class Column:
    """A column's name as the statement gave it, and its type in the engine.

    `dialect_type` is what the type is called where the dialect is not DuckDB's.
    """

    name: str
    type: EngineType
    dialect_type: str = ""


@dataclass
class Result:
    """Rows that are read once, in order, while the statement still runs.

    A write has no columns; `changed` counts the rows it wrote, None where that means nothing
    (`CREATE TABLE`). `plan` marks the answer of EXPLAIN, whose text is laid out already.
    """

    columns: tuple[Column, ...]
    schema: pa.Schema = field(repr=False)
    stream: Iterator[pa.RecordBatch] = field(repr=False)
    changed: int | None = None
    plan: bool = False
    rows: int = 0

    @staticmethod
    def nothing(changed: int | None = None) -> "Result":
        """The result of a statement that answers nothing."""
        return Result((), pa.schema([]), iter(()), changed=changed)

    def pages(self) -> Iterator[pa.Table]:
        """The rows in order, a few batches at a time; `rows` counts what was read so far."""
        while batches := list(islice(self.stream, PAGE_BATCHES)):
            page = pa.Table.from_batches(batches)
            self.rows += page.num_rows
            yield page
