"""A cursor: one statement after the other, and the rows of the last."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakehouse.dbapi.errors import DataError, InterfaceError, ProgrammingError, translated
from lakehouse.errors import LakehouseError
from lakehouse.query.executions import Execution, Executions, Handle
from lakehouse.query.results import Column

if TYPE_CHECKING:
    import polars as pl

Row = tuple[Any, ...]
Description = tuple[str, str, None, None, int | None, int | None, None]
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")


class Cursor:
    """Runs statements. Not to be shared by threads; each may have one of the same connection."""

    arraysize = 1

    def __init__(self, executions: Callable[[], Executions], reuse: timedelta | None) -> None:
        self._executions = executions
        self._reuse = reuse
        self._handle: Handle | None = None
        self._rows: Iterator[Row] = iter(())
        self._fetched_rows = 0
        self._closed = False
        self.description: list[Description] | None = None
        self.rowcount = -1

    @property
    def execution(self) -> Execution | None:
        """The last execution: its id, state, bytes scanned, cost and more."""
        return self._handle.execution if self._handle else None

    @property
    def query_id(self) -> str | None:
        """The id of the last execution."""
        return self._handle.id if self._handle else None

    def execute(
        self,
        operation: str,
        parameters: Sequence[object] = (),
        *,
        reuse: timedelta | None = None,
    ) -> "Cursor":
        """Run a statement with values for its `?`, and wait for its end.

        `reuse` is how old an earlier result may be that answers it, too. Raises Error; a Ctrl-C
        cancels the statement.
        """
        self._reset()
        if isinstance(parameters, str | bytes):
            raise ProgrammingError("parameters are a sequence of values, not a text")
        try:
            given = reuse if reuse is not None else self._reuse
            self._handle = self._executions().start(operation, parameters, given)
            found = self._ended(self._handle)
            if found.result_id is not None:
                self._open(self._handle)
        except LakehouseError as e:
            raise translated(e) from e
        self.rowcount = -1 if found.rows is None else found.rows
        return self

    def executemany(self, operation: str, parameters: Sequence[Sequence[object]]) -> "Cursor":
        """Run a statement once for each of the parameters; `rowcount` is their sum."""
        self._reset()
        total = 0
        for each in parameters:
            self.execute(operation, each)
            total += max(0, self.rowcount)
        self._forget()
        self.rowcount = total
        return self

    def cancel(self) -> None:
        """Cancel the statement that runs, from another thread."""
        if self._handle is not None:
            self._handle.cancel()

    def fetchone(self) -> Row | None:
        """The next row, or None."""
        return next(self._fetched(), None)

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, at most `size` (`arraysize` if it is not given)."""
        rows = self._fetched()
        found = (next(rows, None) for _ in range(self.arraysize if size is None else size))
        return [row for row in found if row is not None]

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        return list(self._fetched())

    def fetch_arrow_table(self) -> pa.Table:
        """All rows that are left, as an Arrow table."""
        self._fetched()
        assert self._handle is not None  # noqa: S101 - there are rows
        result = self._handle.result()
        rows = pa.Table.from_batches(result.stream, result.schema).slice(self._fetched_rows)
        self._fetched_rows += rows.num_rows
        self._rows = iter(())
        return rows

    def pl(self) -> "pl.DataFrame":
        """The same as a Polars frame."""
        import polars  # noqa: PLC0415 - only who asks for it waits for it

        frame = polars.from_arrow(self._plain())
        assert isinstance(frame, polars.DataFrame)  # noqa: S101 - of a table
        return frame

    def df(self) -> Any:  # noqa: ANN401 - pandas has no types here
        """The same as a pandas frame."""
        return self._plain().to_pandas()

    def close(self) -> None:
        """Close the cursor."""
        self._forget()
        self._closed = True

    def setinputsizes(self, sizes: Sequence[object]) -> None:
        """Do nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing, as PEP 249 allows."""

    def __iter__(self) -> Iterator[Row]:
        return self._fetched()

    def __enter__(self) -> "Cursor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the rows of the last statement

    def _ended(self, handle: Handle) -> Execution:
        try:
            return handle.ended()
        except KeyboardInterrupt:
            handle.cancel()
            handle.wait()
            raise

    def _open(self, handle: Handle) -> None:
        result = handle.result()
        self._rows = self._counted(result.stream)
        self.description = [_described(column) for column in result.columns]

    def _counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
        for batch in batches:
            for row in _rows(batch):
                self._fetched_rows += 1
                yield row

    def _fetched(self) -> Iterator[Row]:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        if self.description is None:
            raise ProgrammingError("there are no rows: the last statement was no query")
        return self._rows

    def _plain(self) -> pa.Table:
        table = self.fetch_arrow_table()
        names = _distinct(table.column_names)
        return table.rename_columns(names)

    def _reset(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        self._forget()

    def _forget(self) -> None:
        self.description, self.rowcount = None, -1
        self._rows, self._fetched_rows = iter(()), 0


def _rows(batch: pa.RecordBatch) -> Iterator[Row]:
    try:
        columns = [column.to_pylist(maps_as_pydicts="strict") for column in batch.columns]
    except (OverflowError, ValueError) as e:
        message = f"a value that Python has no type for ({e}): fetch_arrow_table() gives it"
        raise DataError(message) from e
    return zip(*columns, strict=True)


def _described(column: Column) -> Description:
    kind = column.dialect_type or str(column.type).lower()
    found = _DECIMAL.fullmatch(kind)
    precision, scale = (int(found[1]), int(found[2])) if found else (None, None)
    return (column.name, kind, None, None, precision, scale, None)


def _distinct(names: Sequence[str]) -> list[str]:
    from lakehouse.query.formats import unique_names  # noqa: PLC0415 - only frames need it

    return unique_names(names)
