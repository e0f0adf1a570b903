"""Rows that come a batch at a time, into files of the table's present layout and a wanted size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lakehouse.tables.arrow_files import Bounds, DataFiles, write_all
from lakehouse.tables.parquet_layout import ROW_GROUP_ROWS, Encodings

# Files of an old partitioning may hold rows of hundreds of new partitions.
_WAITING, _OPEN = 16 * ROW_GROUP_ROWS, 512


@dataclass(frozen=True)
class Wanted:
    """What files are to be like: their bytes, about, and how their columns are encoded.

    `order_id` is that of the table's sort order which the rows come in, if they do.
    """

    file_size: int
    encodings: Encodings
    order_id: int | None = None


def write_rows(
    table: Table,
    batches: Iterable[pa.RecordBatch],
    wanted: Wanted,
    writing: Callable[[str], None],
) -> list[DataFile]:
    """The data files that now hold the rows, synced, each of one partition.

    Rows of a partition keep their order. `writing` is told the location of each file before it
    is there. When anything fails, what was written is removed.
    """
    bounds = Bounds(_WAITING, _OPEN, wanted.file_size)
    files = DataFiles(table, "maintain", wanted.encodings, bounds, writing, wanted.order_id)
    return write_all(files, (pa.Table.from_batches([batch]) for batch in batches))
