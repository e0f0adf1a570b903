"""What a plan reads of external tables, by the sizes of files that lie there."""

from pathlib import Path

import pytest

from lakehouse.athena.external.places import Places
from lakehouse.athena.external.scanned import scanned
from lakehouse.catalog.external_tables import ExternalColumn, ExternalPartition, ExternalTable
from lakehouse.query.planned import Plan, Scan

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def table(folder: Path, name: str, serde: str, sizes: dict[str, int]) -> ExternalTable:
    """A table with a partition of so many bytes for each year; one of '' is not partitioned."""
    for year, size in sizes.items():
        place = folder / name / (f"year={year}" if year else "")
        place.mkdir(parents=True, exist_ok=True)
        (place / "part").write_bytes(b"x" * size)
    keys = () if "" in sizes else (ExternalColumn("year", "int"),)
    partitions = tuple(
        ExternalPartition((year,), f"{folder}/{name}/year={year}") for year in sizes if year
    )
    return ExternalTable(
        database="raw",
        name=name,
        columns=(ExternalColumn("a", "int"),),
        partition_keys=keys,
        partitions=partitions,
        location=f"{folder}/{name}/",
        input_format="",
        output_format="",
        serde=serde,
    )


def lines(*filters: str) -> Scan:
    return Scan(("line",), filters, reader="ARROW_SCAN")


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        ((lines(),), {"logs": (2, 400)}),
        ((lines("key year=2024"),), {"logs": (1, 100)}),
        ((lines("key year=2024"), lines("key year=2024")), {"logs": (2, 200)}),
        ((lines("key year>2024"),), {"logs": (2, 400)}),
        ((), {"logs": (0, 0)}),
    ],
)
def test_conditions_on_keys_leave_out_partitions_of_lines(
    tmp_path: Path, scans: tuple[Scan, ...], expected: dict[str, tuple[int, int]]
) -> None:
    logs = table(tmp_path, "logs", LAZY, {"2024": 100, "2025": 300})
    reads = scanned([logs], Places((tmp_path,), tmp_path / "warehouse", ""), Plan(files=scans))
    assert {read.name.removeprefix("raw."): (read.files, read.bytes) for read in reads} == expected


def test_each_of_two_tables_has_its_own_scan(tmp_path: Path) -> None:
    logs = table(tmp_path, "logs", LAZY, {"2024": 100, "2025": 300})
    codes = table(tmp_path, "codes", LAZY, {"": 7})
    plan = Plan(files=(lines(), lines("key year=2025")))
    reads = scanned([codes, logs], Places((tmp_path,), tmp_path / "warehouse", ""), plan)
    assert {read.name: read.bytes for read in reads} == {"raw.codes": 7, "raw.logs": 300}


def test_of_parquet_the_largest_partitions_that_may_be_left_count(tmp_path: Path) -> None:
    marts = table(tmp_path, "marts", PARQUET, {"2023": 5, "2024": 100, "2025": 300})
    places = Places((tmp_path,), tmp_path / "warehouse", "")
    for count, expected in ((0, 0), (1, 300), (2, 400), (3, 405), (4, 705)):
        plan = Plan(files=(Scan(("a",), (), reader="READ_PARQUET"),) * count)
        assert [read.bytes for read in scanned([marts], places, plan)] == [expected]
