"""Arrow rows to Parquet data files of an Iceberg table, without going through its append."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from lakehouse.catalog.locations import path_of
from lakehouse.tables.arrow_partitions import split
from lakehouse.tables.parquet_layout import ROW_GROUP_ROWS, USUAL, Encodings, Layout, PartitionFile

# Rows that wait for the rest of their row group, in all partitions together.
_MOST_WAITING = 4 * ROW_GROUP_ROWS
# Files that are held open for their next row group.
_MOST_OPEN = 64
# More than cores, because some of them wait for the disk.
_WRITERS = (os.cpu_count() or 1) + 2


def write_data_files(
    table: Table, rows: pa.Table, prefix: str, encodings: Encodings = USUAL
) -> list[DataFile]:
    """The data files that now hold `rows`: see `DataFiles`, which takes them bit by bit.

    When writing fails, what was written is removed.
    """
    files = DataFiles(table, prefix, encodings)
    try:
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
    """A partition: its file, and the rows that wait for the rest of their row group."""

    def __init__(self, file: PartitionFile) -> None:
        self.file = file
        self.begun = False  # whether rows were written
        self.waiting = 0
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

    Threads encode the rows while their sender goes on, in the order in which they came. Files are
    named `<prefix>-<unique>.parquet`. Should the table get other columns meanwhile, or rows come
    of very many partitions in turn, a partition may have several of them.
    """

    def __init__(self, table: Table, prefix: str, encodings: Encodings = USUAL) -> None:
        self._table = table
        self._prefix = prefix
        self._encodings = encodings
        self._layout: Layout | None = None
        self._parts: dict[Record, _Part] = {}
        self._done: list[DataFile] = []
        self._locations: list[str] = []
        self._pool = ThreadPoolExecutor(_WRITERS, thread_name_prefix="encode")
        self._jobs: list[Future[None]] = []

    def add(self, rows: pa.Table) -> None:
        """Take rows with the columns of the table's schema.

        Raises also what went wrong with the rows that were added before.
        """
        self._await_jobs()
        if self._layout is None or self._layout.schema != self._table.schema():
            self._finish([*self._parts])
            self._layout = Layout(self._table, rows.schema, self._encodings)
        rows = self._layout.adapted(rows)
        for record, part in split(rows, self._table.schema(), self._table.spec()):
            if record not in self._parts:
                self._parts[record] = _Part(self._new_file(self._layout, record))
            self._parts[record].add(part)
        for record, each in [*self._parts.items()]:
            if groups := each.waiting // ROW_GROUP_ROWS:
                self._encode(record, groups * ROW_GROUP_ROWS)
        while sum(each.waiting for each in self._parts.values()) > _MOST_WAITING:
            longest = max(self._parts, key=lambda record: self._parts[record].waiting)
            self._encode(longest, self._parts[longest].waiting)

    def close(self) -> list[DataFile]:
        """Write what is left; the files, synced, not yet in the table."""
        self._finish([*self._parts])
        self._pool.shutdown()
        return self._done

    def discard(self) -> None:
        """Remove the files, also those that could not be written."""
        self._pool.shutdown(cancel_futures=True)
        for part in self._parts.values():
            part.file.abandon()
        remove_files(self._table, self._locations)

    def _new_file(self, layout: Layout, record: Record) -> PartitionFile:
        name = f"{self._prefix}-{uuid4().hex[:12]}.parquet"
        spec = self._table.spec()
        if not spec.is_unpartitioned():
            name = f"{spec.partition_to_path(record, self._table.schema())}/{name}"
        location = self._table.location_provider().new_data_location(name)
        self._locations.append(location)
        return PartitionFile(layout, record, location)

    def _encode(self, record: Record, count: int) -> None:
        """Let a thread write so many rows of a partition to its file."""
        part = self._parts[record]
        if not part.begun:
            begun = [each for each, other in self._parts.items() if other.begun]
            if len(begun) >= _MOST_OPEN:
                self._finish(begun)
        part.begun = True
        self._jobs.append(self._pool.submit(part.file.write, part.take(count)))

    def _finish(self, records: Sequence[Record]) -> None:
        """Write the rest of these partitions, and close their files."""
        self._await_jobs()
        parts = [self._parts[record] for record in records]
        # The longest first, so that no core is left with one of them at the end.
        parts.sort(key=lambda part: -part.waiting)
        jobs = [self._pool.submit(part.file.finish, part.take(part.waiting)) for part in parts]
        self._done += [job.result() for job in jobs]
        for record in records:
            del self._parts[record]

    def _await_jobs(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.result()
