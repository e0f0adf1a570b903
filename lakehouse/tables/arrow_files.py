"""Arrow rows to Parquet data files of an Iceberg table, without going through its append."""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from lakehouse.catalog.locations import path_of
from lakehouse.tables.arrow_partitions import split
from lakehouse.tables.parquet_layout import ROW_GROUP_ROWS, USUAL, Encodings, Layout, PartitionFiles

T = TypeVar("T")

_CORES = os.cpu_count() or 1
# More than cores, because some of them wait for the disk.
_WRITERS = _CORES + 2


@dataclass(frozen=True)
class Bounds:
    """How much is under way: rows that wait for the rest of their row group, and open files.

    Both count in all partitions together. A file that has `file_size` bytes is closed.
    """

    waiting: int = 4 * ROW_GROUP_ROWS
    open: int = 64
    file_size: float = math.inf


_USUAL_BOUNDS = Bounds()


def write_data_files(
    table: Table, rows: pa.Table, prefix: str, encodings: Encodings = USUAL
) -> list[DataFile]:
    """The data files that now hold `rows`. When writing fails, what was written is removed."""
    return write_all(DataFiles(table, prefix, encodings), [rows])


def write_all(files: "DataFiles", tables: Iterable[pa.Table]) -> list[DataFile]:
    """The data files, with all of the rows. When writing fails, what was written is removed."""
    try:
        for rows in tables:
            files.add(rows)
        return files.close()
    except BaseException:
        files.discard()
        raise


def remove_files(table: Table, locations: Iterable[str]) -> None:
    """Delete files that no snapshot refers to; those that are not there are fine."""
    for location in locations:
        if path := path_of(location):
            path.unlink(missing_ok=True)
        else:
            with suppress(FileNotFoundError):
                table.io.delete(location)


class _Part:
    """A partition: its files, and the rows that wait for the rest of their row group."""

    def __init__(self, files: PartitionFiles) -> None:
        self.files = files
        self.waiting = 0
        self.job: Future[None] | None = None  # the last that writes rows
        self._rows: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Let rows wait."""
        self._rows.append(rows)
        self.waiting += len(rows)

    def take(self, count: int) -> pa.Table:
        """So many of the rows that wait."""
        rows = pa.concat_tables(self._rows)
        self._rows, self.waiting = [rows.slice(count)], self.waiting - count
        return rows.slice(0, count)


class DataFiles:
    """Data files in the making, one a partition, for rows that come bit by bit.

    Threads encode the rows while their sender goes on, those of a partition in the order in which
    they came. Files are named `<prefix>-<unique>.parquet`; `writing` is told the location of each
    before it is there.
    Should the table get other columns meanwhile, or rows come of very many partitions in turn, a
    partition may have several of them. `order_id` is that of the table's sort order which the rows
    come in, if they do.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what, where to, how, how much, and who is told
        self,
        table: Table,
        prefix: str,
        encodings: Encodings = USUAL,
        bounds: Bounds = _USUAL_BOUNDS,
        writing: Callable[[str], None] = lambda _: None,
        order_id: int | None = None,
    ) -> None:
        self._table = table
        self._prefix = prefix
        self._encodings = encodings
        self._bounds = bounds
        self._writing = writing
        self._order_id = order_id
        self._layout: Layout | None = None
        self._parts: dict[Record, _Part] = {}
        self._done: list[DataFile] = []
        self._locations: list[str] = []
        self._pool = ThreadPoolExecutor(_WRITERS, thread_name_prefix="encode")
        self._jobs: deque[Future[None]] = deque()  # that write rows, the oldest first

    def add(self, rows: pa.Table) -> None:
        """Take rows with the columns of the table's schema.

        Raises also what went wrong with the rows that were added before.
        """
        while len(self._jobs) >= _CORES:
            self._jobs.popleft().result()
        if self._layout is None or self._layout.schema != self._table.schema():
            self._finish([*self._parts])
            self._layout = Layout(self._table, rows.schema, self._encodings, self._order_id)
        rows = self._layout.adapted(rows)
        for record, part in split(rows, self._table.schema(), self._table.spec()):
            if record not in self._parts:
                place = partial(self._new_location, record)
                files = PartitionFiles(self._layout, record, place, self._bounds.file_size)
                self._parts[record] = _Part(files)
            self._parts[record].add(part)
        for record, count in self._due().items():
            if record in self._parts:  # or it was finished, to make room
                self._encode(record, count)

    def close(self) -> list[DataFile]:
        """Write what is left; the files, synced, not yet in the table."""
        self._finish([*self._parts])
        self._pool.shutdown()
        return self._done

    def discard(self) -> None:
        """Remove the files, also those that could not be written."""
        self._pool.shutdown(cancel_futures=True)
        for part in self._parts.values():
            part.files.abandon()
        remove_files(self._table, self._locations)

    def _due(self) -> dict[Record, int]:
        """How many rows of which partitions are to be written; no partition is in two hands."""
        waiting = {record: part.waiting for record, part in self._parts.items()}
        due = {record: rows - rows % ROW_GROUP_ROWS for record, rows in waiting.items()}
        while sum(waiting[record] - due[record] for record in waiting) > self._bounds.waiting:
            longest = max(waiting, key=lambda record: waiting[record] - due[record])
            due[longest] = waiting[longest]
        return {record: count for record, count in due.items() if count}

    def _new_location(self, record: Record) -> str:
        name = f"{self._prefix}-{uuid4().hex[:12]}.parquet"
        spec = self._table.spec()
        if not spec.is_unpartitioned():
            name = f"{spec.partition_to_path(record, self._table.schema())}/{name}"
        location = self._table.location_provider().new_data_location(name)
        self._locations.append(location)
        self._writing(location)
        return location

    def _encode(self, record: Record, count: int) -> None:
        """Let a thread write so many rows of a partition to its file."""
        part = self._parts[record]
        if not part.job:
            begun = [each for each, other in self._parts.items() if other.job]
            if len(begun) >= self._bounds.open:
                self._finish(begun)
        part.job = self._pool.submit(_after, part.job, part.files.write, part.take(count))
        self._jobs.append(part.job)

    def _finish(self, records: Sequence[Record]) -> None:
        """Write the rest of these partitions, and close their files."""
        parts = [self._parts[record] for record in records]
        # The longest first, so that no core is left with one of them at the end.
        parts.sort(key=lambda part: -part.waiting)
        jobs = [
            self._pool.submit(_after, part.job, part.files.finish, part.take(part.waiting))
            for part in parts
        ]
        self._done += [file for job in jobs for file in job.result()]
        for record in records:
            del self._parts[record]


def _after(before: Future[None] | None, write: Callable[[pa.Table], T], rows: pa.Table) -> T:
    """What `write` returns, once those rows of the partition are written that came before.

    Raises what went wrong with them. They have a thread already, so this never waits for ever.
    """
    if before:
        before.result()
    return write(rows)
