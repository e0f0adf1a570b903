"""A table of 1,000 small commits with maintenance on schedule, against one written at once.

The bars: at most 4 files a partition, no orphan older than the guard, and planning a scan (the
table loaded, its manifests read) in 1.5 times what the table takes that was written at once.
"""

import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField

from benchmarks.rounds import Contender, interleaved, judge_at_most
from lakehouse.catalog import open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import load_settings
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.details import partitions_of
from lakehouse.tables.maintenance.reachability import reachable
from lakehouse.tables.maintenance.run import Maintenance
from lakehouse.tables.maintenance.site import Order

COMMITS, ROWS, EVERY, PARTITIONS = 1000, 100, 100, 5
GUARD = timedelta(seconds=5)
SCHEMA = Schema(
    NestedField(1, "part", LongType(), required=True),
    NestedField(2, "id", LongType(), required=True),
)
SPEC = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "part"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(folder=Path(folder), environment={})
        with open_catalog(settings) as catalog:
            catalog.create_namespace("bench")
            for name in ("kept", "fresh"):
                catalog.create_table(f"bench.{name}", SCHEMA, partition_spec=SPEC)
            upkeep = _write(catalog, settings.home)
            whole = _rows(0, COMMITS * ROWS)
            catalog.load_table("bench.fresh").append(whole)
            _report(catalog, upkeep)


def _write(catalog: Catalog, home: Path) -> tuple[float, float]:
    """Seconds spent on commits, and on maintenance."""
    kept = MaintenanceSettings(snapshot_retention=GUARD, keep_snapshots=5, orphan_age=GUARD)
    work = Maintenance(catalog, Order(kept), home / "maintenance", _now)
    table = catalog.load_table("bench.kept")
    writing = maintaining = 0.0
    for number in range(COMMITS):
        start = time.perf_counter()
        table.append(_rows(number * ROWS, ROWS))
        writing += time.perf_counter() - start
        if (number + 1) % EVERY == 0:
            start = time.perf_counter()
            list(work.run([("bench", "kept")]))
            maintaining += time.perf_counter() - start
            table.refresh()
    time.sleep(GUARD.total_seconds())
    list(work.run([("bench", "kept")]))
    return writing, maintaining


def _rows(first: int, count: int) -> pa.Table:
    ids = range(first, first + count)
    columns = {"part": [number % PARTITIONS for number in ids], "id": list(ids)}
    return pa.table(columns, schema=SCHEMA.as_arrow())


def _report(catalog: Catalog, upkeep: tuple[float, float]) -> None:
    table = catalog.load_table("bench.kept")
    assert table.scan().count() == COMMITS * ROWS
    most = max(each.files for each in partitions_of(table))
    share = upkeep[1] / upkeep[0]
    print(f"  {COMMITS} commits of {ROWS} rows; maintenance took {share:.2f} of their time")
    judge_at_most("files a partition", most, 4, "")
    folder = path_of(table.location())
    assert folder is not None
    known = reachable(table.metadata, table.metadata_location, table.io)
    guard = time.time() - GUARD.total_seconds()
    lost = [
        path
        for path in folder.rglob("*")
        if path.is_file() and str(path) not in known and path.stat().st_mtime < guard
    ]
    judge_at_most("orphans older than the guard", len(lost), 0, "")

    def plan(name: str) -> Contender:
        def run() -> None:
            for _ in range(10):
                list(catalog.load_table(f"bench.{name}").scan().plan_files())

        return lambda _: nullcontext(run)

    median = interleaved({"kept": plan("kept"), "fresh": plan("fresh")}, rounds=10)
    judge_at_most(
        "planning, of a table written at once", median["kept"].cpu / median["fresh"].cpu, 1.5
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
