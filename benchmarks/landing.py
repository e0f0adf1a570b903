"""Landing order logs, against PyIceberg's append and against parsing into one Parquet file.

The limit reads the same file (the same gzip bytes) with the fastest typed CSV reader at hand and
writes one Parquet file, zstd too: no bad line is noticed by it, nothing is partitioned, synced or
committed. The peer appends the same twelve columns, with PyIceberg, to a table of the same schema,
partitions and properties in a new catalog of the same kind, its files synced as well; once with
the reading (by pyarrow, no line checked), once with the rows in memory. Against the latter stands
our own delivery of these rows: data files and a fenced commit, without reading.
"""

import gzip
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from benchmarks.online_retail import ONLINE_RETAIL
from benchmarks.rounds import Median, interleaved
from ingest import land_orders
from ingest.order_lines import COLUMNS
from lakehouse.catalog import open_catalog
from lakehouse.config import load_settings
from lakehouse.tables.arrow_files import Encodings, write_data_files
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.fenced_append import Append, append_fenced
from lakehouse.tables.landing import (
    ORDER_LINES_PARTITIONS,
    ORDER_LINES_SCHEMA,
    ORDER_LINES_TABLE,
)

COPIES = 4  # of the real lines make a log of 2.2 million
BAD_SHARE = 0.01
BAD = [b"not,enough", b'a "quote, that, is, not, closed,,,', b"1,2,x,many,when,?,?,UK", b"\xff\xfe"]

LANDING = "land_orders"
DELIVERY = "our delivery of the same rows"
TYPES = {
    field.name: pa.string() if pa.types.is_large_string(field.type) else field.type
    for field in schema_to_pyarrow(Schema(*ORDER_LINES_SCHEMA.fields[: len(COLUMNS)]))
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        header, body = gzip.decompress(ONLINE_RETAIL.read_bytes()).split(b"\n", 1)
        many = here / "many.csv"
        many.write_bytes(b"\n".join([header, body * COPIES]))
        dirty = here / "dirty.csv"
        dirty.write_bytes(b"\n".join([header, *_spoiled(body * COPIES)]))
        for title, log, clean in (
            ("the real file, gzip", ONLINE_RETAIL, ONLINE_RETAIL),
            (f"{COPIES} times the real lines", many, many),
            (f"the same with {BAD_SHARE:.0%} bad lines (limit and peer without)", dirty, many),
        ):
            _compare(title, log, clean, here / "work")


def _compare(title: str, log: Path, clean: Path, work: Path) -> None:
    number = count()

    def folder() -> Path:
        shutil.rmtree(work, ignore_errors=True)
        path = work / str(next(number))
        path.mkdir(parents=True)
        return path

    rows = _rows(clean)
    seconds = interleaved(
        {
            "limit, pyarrow": lambda: pq.write_table(
                _typed(clean), folder() / "a.parquet", compression="zstd"
            ),
            "limit, polars": lambda: _polars(clean).write_parquet(
                folder() / "a.parquet", compression="zstd"
            ),
            LANDING: _landing(log, folder),
            "PyIceberg append, read included": lambda: _append(_rows(clean), folder()),
            "PyIceberg append alone": lambda: _append(rows, folder()),
            DELIVERY: lambda: _deliver(rows, folder()),
        }
    )
    _report(title, len(rows), seconds)


def _report(title: str, lines: int, seconds: dict[str, Median]) -> None:
    limits = [taken for name, taken in seconds.items() if name.startswith("limit")]
    wall, cpu = min(m.wall for m in limits), min(m.cpu for m in limits)
    landing = seconds[LANDING]
    print(f"{title}: {lines:,} lines, {lines / landing.wall / 1e6:.2f} M lines/s")
    print(f"  {'':<32}    wall  of limit   x landing      cpu  of limit   x landing")
    for name, taken in seconds.items():
        print(
            f"  {name:<32}{taken.wall:6.3f} s {wall / taken.wall:8.2f} "
            f"{taken.wall / landing.wall:11.2f} {taken.cpu:6.3f} s "
            f"{cpu / taken.cpu:8.2f} {taken.cpu / landing.cpu:11.2f}"
        )


def _landing(log: Path, folder: Callable[[], Path]) -> Callable[[], object]:
    def run() -> None:
        settings = load_settings(folder=folder(), environment={})
        with open_catalog(settings) as catalog:
            land_orders(log, catalog, settings)

    return run


def _typed(log: Path) -> pa.Table:
    return pa_csv.read_csv(
        log,
        read_options=pa_csv.ReadOptions(column_names=COLUMNS, skip_rows=1),
        convert_options=pa_csv.ConvertOptions(column_types=TYPES, strings_can_be_null=True),
    )


def _polars(log: Path) -> pl.DataFrame:
    text = dict.fromkeys(COLUMNS, pl.String())
    frame = pl.read_csv(log, has_header=False, skip_rows=1, schema={**text, "quantity": pl.Int64()})
    return frame.with_columns(
        pl.col("invoice_date").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"),
        pl.col("unit_price").cast(pl.Decimal(18, 4)),
    )


def _rows(log: Path) -> pa.Table:
    """The log as rows of the landing table, lineage and all, in its Arrow types."""
    rows = _typed(log)
    numbers = pa.array(np.arange(1, len(rows) + 1))
    lineage = [numbers, pa.repeat(log.name, len(rows)), numbers, pa.repeat(1, len(rows))]
    schema = schema_to_pyarrow(ORDER_LINES_SCHEMA, include_field_ids=False)
    for field, values in zip(list(schema)[len(COLUMNS) :], lineage, strict=True):
        rows = rows.append_column(field.name, values)
    return rows.cast(schema)


def _append(rows: pa.Table, folder: Path) -> None:
    with _empty_table(folder) as table:
        table.append(rows)


def _deliver(rows: pa.Table, folder: Path) -> None:
    encodings = Encodings(ORDER_LINES_TABLE.counters, ORDER_LINES_TABLE.runs)
    with _empty_table(folder) as table:
        files = write_data_files(table, rows, "peer-00000001", encodings)
        append_fenced(Append(table, files, "peer", None, "{}", 1))


@contextmanager
def _empty_table(folder: Path) -> Iterator[Table]:
    settings = load_settings(folder=folder, environment={})
    with open_catalog(settings) as catalog:
        name = ("landing", "peer")
        yield ensure_table(catalog, name, ORDER_LINES_SCHEMA, ORDER_LINES_PARTITIONS)


def _spoiled(body: bytes) -> list[bytes]:
    """The lines of `body` with bad ones strewn in."""
    chance = random.Random(1)
    lines = []
    for line in body.splitlines():
        lines.append(line)
        if chance.random() < BAD_SHARE:
            lines.append(chance.choice(BAD))
    return [*lines, b""]


if __name__ == "__main__":
    main()
