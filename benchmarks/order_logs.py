"""An order log of more than 2 million lines, one with bad lines, and ways to read and land them."""

import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema

from benchmarks.online_retail import ONLINE_RETAIL
from benchmarks.rounds import Contender
from ingest import generate_orders, land_orders
from ingest.opening import open_stream
from ingest.order_lines import COLUMNS
from lakehouse.catalog import open_catalog
from lakehouse.config import GenerateSettings, load_settings
from lakehouse.stream_settings import ORDERS
from lakehouse.tables.landing import ORDER_LINES_SCHEMA

COPIES = 4  # of the real lines make a log of 2.2 million
BAD_SHARE = 0.01
BAD = [b"not,enough", b'a "quote, that, is, not, closed,,,', b"1,2,x,many,when,?,?,UK", b"\xff\xfe"]
TYPES = {
    field.name: pa.string() if pa.types.is_large_string(field.type) else field.type
    for field in schema_to_pyarrow(Schema(*ORDER_LINES_SCHEMA.fields[: len(COLUMNS)]))
}


def clean_log(folder: Path) -> Path:
    """The real lines several times over; where they are not at hand, a year of made-up ones."""
    if ONLINE_RETAIL.exists():
        header, body = gzip.decompress(ONLINE_RETAIL.read_bytes()).split(b"\n", 1)
        texts = [body] * COPIES
    else:
        settings = GenerateSettings(orders_per_day=280, bad_lines=0)
        days = [day.read_bytes() for day in generate_orders(settings, folder / "days")]
        header, texts = days[0].split(b"\n", 1)[0], [day.split(b"\n", 1)[1] for day in days]
    log = folder / "clean.csv"
    log.write_bytes(b"".join([header, b"\n", *texts]))
    return log


def with_bad_lines(clean: Path) -> Path:
    """The lines of a log with bad ones strewn in, beside it."""
    chance = random.Random(1)
    lines = []
    for line in clean.read_bytes().splitlines():
        lines.append(line)
        if chance.random() < BAD_SHARE:
            lines.append(chance.choice(BAD))
    log = clean.with_name("bad.csv")
    log.write_bytes(b"\n".join([*lines, b""]))
    return log


def lines_of(log: Path) -> int:
    """How many lines there are, without the header."""
    return log.read_bytes().count(b"\n") - 1


def typed(log: Path) -> pa.Table:
    """The log read by pyarrow, on all cores, straight to the types of the table."""
    return pa_csv.read_csv(
        log,
        read_options=pa_csv.ReadOptions(column_names=COLUMNS, skip_rows=1),
        convert_options=pa_csv.ConvertOptions(column_types=TYPES, strings_can_be_null=True),
    )


def with_lineage(rows: pa.Table, log: str) -> pa.Table:
    """The rows with the columns that say where each came from, as the table has them."""
    numbers = pa.array(np.arange(1, len(rows) + 1))
    lineage = [numbers, pa.repeat(log, len(rows)), numbers, pa.repeat(1, len(rows))]
    schema = schema_to_pyarrow(ORDER_LINES_SCHEMA, include_field_ids=False)
    for field, values in zip(list(schema)[len(COLUMNS) :], lineage, strict=True):
        rows = rows.append_column(field.name, values)
    return rows.cast(schema)


def limit_by_pyarrow(log: Path) -> Contender:
    """Parse with pyarrow, write one Parquet file."""
    return _into_one_file(lambda file: pq.write_table(typed(log), file, compression="zstd"))


def limit_by_polars(log: Path) -> Contender:
    """Parse with polars on all cores, write one Parquet file on all cores."""
    text = dict.fromkeys(COLUMNS, pl.String())

    def run(file: Path) -> None:
        pl.read_csv(
            log, has_header=False, skip_rows=1, schema={**text, "quantity": pl.Int64()}
        ).with_columns(
            pl.col("invoice_date").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"),
            pl.col("unit_price").cast(pl.Decimal(18, 4)),
        ).write_parquet(file, compression="zstd")

    return _into_one_file(run)


def landing(log: Path) -> Contender:
    """Land the log in a lake whose tables are there and empty."""

    @contextmanager
    def ready(folder: Path) -> Iterator[Callable[[], object]]:
        settings = load_settings(folder=folder, environment={})
        with open_catalog(settings) as catalog:
            with closing(open_stream(ORDERS, settings, catalog)):
                pass
            yield lambda: land_orders(log, catalog, settings)

    return ready


def _into_one_file(write: Callable[[Path], object]) -> Contender:
    @contextmanager
    def ready(folder: Path) -> Iterator[Callable[[], object]]:
        yield lambda: write(folder / "all.parquet")

    return ready
