"""Data files that are written bit by bit: every row once, in order, whatever the bounds."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IntegerType, LongType, NestedField

from lakehouse.catalog import open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import Settings
from lakehouse.tables.arrow_files import Bounds, DataFiles, write_all
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.parquet_layout import ROW_GROUP_ROWS

SCHEMA = Schema(NestedField(1, "n", LongType()), NestedField(2, "shop", IntegerType()))
BY_SHOP = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "shop"))
SHOPS = 3


@pytest.mark.parametrize(
    "bounds",
    [Bounds(), Bounds(waiting=0), Bounds(waiting=ROW_GROUP_ROWS // 2, open=1), Bounds(file_size=1)],
    ids=["usual", "nothing waits", "one is open", "small files"],
)
def test_each_row_is_in_one_file_of_its_partition(settings: Settings, bounds: Bounds) -> None:
    several = 2 * SHOPS * ROW_GROUP_ROWS + 100  # two row groups of each, and a rest
    shop = np.arange(several, dtype=np.int32) // 1_000 % SHOPS
    rows = pa.table({"n": np.arange(several), "shop": shop})
    told: list[str] = []
    with open_catalog(settings) as catalog:
        table = ensure_table(catalog, ("landing", "parts"), SCHEMA, BY_SHOP)
        files = write_all(
            DataFiles(table, "x", bounds=bounds, writing=told.append), [rows, rows.slice(0, 10)]
        )

    found: dict[int, list[int]] = defaultdict(list)
    for file in files:
        path = path_of(file.file_path)
        assert path is not None
        written = pq.read_table(path, partitioning=None)
        assert len(written) == file.record_count
        assert written["shop"].unique().to_pylist() == [file.partition[0]]
        found[file.partition[0]] += written["n"].to_pylist()
    for number in range(SHOPS):
        more = list(range(10)) if number == 0 else []
        assert found[number] == [*np.flatnonzero(shop == number).tolist(), *more]
    assert sorted(told) == sorted(file.file_path for file in files)
