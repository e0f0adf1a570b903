"""The result of an execution, kept as files under the result location.

- `ID.csv`: as Athena keeps it: every value in quotes, NULL an empty field, lines end with \\n
- `ID.csv.metadata`: the columns' names and types, rows, and whose result it is, as JSON
- `ID.arrow`: the values, as a stream of Arrow's, which keeps all their types

The metadata is written last: a result without it is none.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from lakehouse.errors import QueryError
from lakehouse.query.engine_types import from_json, to_json
from lakehouse.query.executions.records import Execution
from lakehouse.query.results import Column, Result

_QUOTE, _COMMA, _NOTHING = (pa.scalar(text, pa.large_string()) for text in ('"', ",", ""))
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


class Keeping:
    """A result that is being written, batch by batch."""

    def __init__(self, folder: Path, execution_id: str, result: Result) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._place = Place(folder, execution_id)
        self._result = result
        self._arrow = self._place.arrow.open("wb")
        self._csv: BinaryIO = self._place.csv.open("wb")
        self._writer = pa.ipc.new_stream(self._arrow, result.schema, options=_OPTIONS)
        names = pa.array([column.name for column in result.columns], pa.large_string())
        self._csv.write(",".join(_quoted(names).to_pylist()).encode() + b"\n")
        self._rows = 0

    def add(self, batch: pa.RecordBatch, texts: Sequence[pa.Array]) -> None:
        """The next rows, and each column of them as text."""
        self._writer.write_batch(batch)
        if texts and batch.num_rows:
            lines = pc.binary_join_element_wise(*map(_quoted, texts), _COMMA)
            self._csv.write("\n".join(lines.to_pylist()).encode() + b"\n")
        self._rows += batch.num_rows

    def finish(self) -> None:
        """The result is complete."""
        self._close()
        columns = [
            [column.name, column.dialect_type or str(column.type).lower(), to_json(column.type)]
            for column in self._result.columns
        ]
        found = {
            "query_execution_id": self._place.id,
            "completed_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "rows": self._rows,
            "plan": self._result.plan,
            "columns": [{"name": n, "type": t, "engine_type": e} for n, t, e in columns],
        }
        beside = self._place.metadata.with_suffix(".part")
        beside.write_text(json.dumps(found, indent=1), encoding="utf-8")
        beside.replace(self._place.metadata)

    def discard(self) -> None:
        """There is no result."""
        self._close()
        self._place.remove()

    def _close(self) -> None:
        with suppress(pa.ArrowInvalid):  # a stream without batches, on a full disk
            self._writer.close()
        self._arrow.close()
        self._csv.close()


class Place:
    """Where the files of a result lie."""

    def __init__(self, folder: Path, execution_id: str) -> None:
        self.id = execution_id
        self.csv = folder / f"{execution_id}.csv"
        self.metadata = folder / f"{execution_id}.csv.metadata"
        self.arrow = folder / f"{execution_id}.arrow"

    @property
    def complete(self) -> bool:
        """Whether the result is there."""
        return self.metadata.exists() and self.arrow.exists()

    def result(self) -> Result:
        """The result, to be read once. Raises QueryError when it is not kept (any more)."""
        found = self.described()
        columns = tuple(
            Column(each["name"], from_json(each["engine_type"]), each["type"])
            for each in found["columns"]
        )
        try:
            reader = pa.ipc.open_stream(pa.memory_map(str(self.arrow)))
        except FileNotFoundError as e:
            raise self._gone() from e
        return Result(columns, reader.schema, iter(reader), plan=found["plan"])

    def printed(self) -> Result:
        """The same with every value as text. Raises QueryError as `result` does."""
        result = self.result()
        if result.plan or not self.described()["rows"]:
            return result
        schema = pa.schema([pa.field(name, pa.large_string()) for name in result.schema.names])
        count = range(len(schema))
        reader = pa.csv.open_csv(
            self.csv,
            pa.csv.ReadOptions(column_names=[str(i) for i in count], skip_rows_after_names=1),
            pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                column_types={str(i): pa.large_string() for i in count},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        batches = (pa.RecordBatch.from_arrays(each.columns, schema=schema) for each in reader)
        return replace(result, schema=schema, stream=batches)

    def described(self) -> dict[str, Any]:
        """What the metadata says. Raises QueryError when there is none."""
        try:
            found: dict[str, Any] = json.loads(self.metadata.read_text(encoding="utf-8"))
        except FileNotFoundError as e:
            raise self._gone() from e
        return found

    def page(self, offset: int, limit: int) -> pa.Table:
        """The rows from `offset` on, at most `limit`. Raises QueryError as `result` does."""
        result = self.result()
        return pa.Table.from_batches(between(result.stream, offset, limit), result.schema)

    def remove(self) -> None:
        """Remove the files."""
        for file in (self.metadata, self.csv, self.arrow):
            file.unlink(missing_ok=True)

    def _gone(self) -> QueryError:
        hint = "a result is kept for query.retention; run the query again"
        return QueryError(f"the result of {self.id} is not kept", hint=hint)


def between(batches: Iterator[pa.RecordBatch], offset: int, limit: int) -> list[pa.RecordBatch]:
    """The rows of a stream from `offset` on, at most `limit`; what follows is not read."""
    found = []
    for batch in batches:
        if offset < batch.num_rows and limit > 0:
            found.append(batch.slice(offset, limit))
            limit -= found[-1].num_rows
        if limit <= 0:
            break
        offset = max(0, offset - batch.num_rows)
    return found


def _quoted(texts: pa.Array) -> pa.Array:
    doubled = pc.replace_substring(texts.cast(pa.large_string()), '"', '""')
    quoted = pc.binary_join_element_wise(_QUOTE, doubled, _QUOTE, _NOTHING)
    return pc.fill_null(quoted, "")


def place_of(execution: Execution) -> Place:
    """Where the result of an execution lies, its own or the one it uses again."""
    folder = Path(execution.result_location or "")
    return Place(folder, execution.result_id or execution.id)
