"""Landing order logs, against dlt's Arrow path into Iceberg and against Spark into Parquet.

All read the same log of clean lines and write the same twelve columns in month partitions. dlt is
given the rows as pyarrow reads them, typed, with lineage, in one Arrow table, and appends them to
an Iceberg table in a catalog of its own; no line is checked. Spark (`local[2]`, a session that is
warm) reads the CSV with the schema given, keeps the records that don't fit it apart as landing
does, and writes both as Parquet, zstd: it has no Iceberg, so nothing is committed. Neither syncs
its files or has a bookmark.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.landing import show
from benchmarks.order_logs import clean_log, landing, lines_of, typed, with_lineage
from benchmarks.rounds import Contender, faster, interleaved, judge
from ingest.order_lines import COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LANDING, DLT, SPARK = "landing", "dlt, Arrow to Iceberg", "Spark local[2]"
_SPARK_TYPES = {"quantity": "bigint", "invoice_date": "timestamp", "unit_price": "decimal(18, 4)"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, _spark() as spark:
        log = clean_log(Path(folder))
        taken = interleaved({LANDING: landing(log), DLT: _dlt(log), SPARK: _spark_job(spark, log)})
        show(taken, lines_of(log))
    for what, peer, bar in (("dlt's Arrow path", DLT, 3), ("Spark local[2]", SPARK, 6)):
        ratio, how = faster(taken[LANDING], taken[peer])
        judge(f"landing, of {what}, {how}", ratio, bar)


def _dlt(log: Path) -> Contender:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    import dlt
    from dlt.destinations.adapters import iceberg_adapter, iceberg_partition

    @contextmanager
    def ready(folder: Path) -> Iterator[Callable[[], object]]:
        logging.getLogger("pyiceberg").setLevel(logging.ERROR)
        pipeline = dlt.pipeline(
            "peer",
            pipelines_dir=str(folder / "pipelines"),
            destination=dlt.destinations.filesystem(bucket_url=(folder / "lake").as_uri()),
            dataset_name="landing",
        )

        def run() -> None:
            rows = dlt.resource(
                lambda: iter([with_lineage(typed(log), log.name)]),
                name="order_lines",
                table_format="iceberg",
                write_disposition="append",
            )
            adapted = iceberg_adapter(rows, partition=[iceberg_partition.month("invoice_date")])
            pipeline.run(adapted).raise_on_failed_jobs()

        yield run

    return ready


@contextmanager
def _spark() -> Iterator["SparkSession"]:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "2g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]").appName("peer")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _spark_job(spark: "SparkSession", log: Path) -> Contender:
    from pyspark.sql.functions import col, date_format, lit, monotonically_increasing_id

    columns = [f"{name} {_SPARK_TYPES.get(name, 'string')}" for name in COLUMNS]
    schema = ", ".join([*columns, "bad string"])

    @contextmanager
    def ready(folder: Path) -> Iterator[Callable[[], object]]:
        def run() -> None:
            read = spark.read.csv(
                str(log),
                schema=schema,
                header=True,
                timestampFormat="yyyy-MM-dd HH:mm:ss",
                columnNameOfCorruptRecord="bad",
            )
            lineage = {
                "record_id": monotonically_increasing_id(),
                "source_file": lit(log.name),
                "source_line": monotonically_increasing_id(),
                "ingest_seq": lit(1),
                "invoice_month": date_format("invoice_date", "yyyy-MM"),
            }
            rows = read.where(col("bad").isNull()).drop("bad").withColumns(lineage)
            rows.write.partitionBy("invoice_month").parquet(str(folder / "order_lines"))
            read.where(col("bad").isNotNull()).write.parquet(str(folder / "rejects"))

        yield run

    return ready


if __name__ == "__main__":
    main()
