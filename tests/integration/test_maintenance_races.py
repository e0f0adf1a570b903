"""Writers and a maintainer at once, each in a process of its own."""

import multiprocessing
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.maintenance.run import Maintenance
from lakehouse.tables.maintenance.site import Order
from tests.unit.tables.maintenance.conftest import utc_now

WRITERS = 4
LOG = ("ops", "log")
SCHEMA = Schema(
    NestedField(1, "writer", LongType(), required=True),
    NestedField(2, "number", LongType(), required=True),
)
SPEC = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "writer"))
processes = multiprocessing.get_context("spawn")


def settings_of(folder: str) -> Settings:
    return load_settings(folder=Path(folder), environment={})


def write(folder: str, writer: int, commits: int) -> None:
    with open_catalog(settings_of(folder)) as catalog:
        table = catalog.load_table(LOG)
        for number in range(commits):
            rows = pa.table(
                {"writer": [writer] * 3, "number": [number * 3 + n for n in range(3)]},
                schema=table.schema().as_arrow(),
            )
            table.append(rows)


def maintain(catalog: Catalog, settings: Settings, retention: timedelta) -> list[str]:
    """The errors there were."""
    kept = MaintenanceSettings(snapshot_retention=retention, keep_snapshots=3)
    work = Maintenance(catalog, Order(kept, full=True), settings.home / "maintenance", utc_now)
    return [str(each.error) for each in work.run([LOG]) if each.error]


def maintain_until(folder: str, errors: "multiprocessing.Queue[str]", done: Event) -> None:
    settings = settings_of(folder)
    with open_catalog(settings) as catalog:
        while not done.is_set():
            # PyIceberg's append needs the snapshot it began on until it is through.
            for error in maintain(catalog, settings, timedelta(minutes=5)):
                errors.put(error)
            done.wait(0.5)  # on schedule, not all the time: who writes has to get a turn


@pytest.mark.parametrize("commits", [6, pytest.param(50, marks=pytest.mark.soak)])
def test_no_row_is_lost_or_doubled_and_nobody_fails(tmp_path: Path, commits: int) -> None:
    with open_catalog(settings_of(str(tmp_path))) as catalog:
        catalog.create_namespace("ops")
        catalog.create_table(LOG, SCHEMA, partition_spec=SPEC)
    errors, done = processes.Queue(), processes.Event()
    maintainer = processes.Process(target=maintain_until, args=(str(tmp_path), errors, done))
    writers = [
        processes.Process(target=write, args=(str(tmp_path), writer, commits))
        for writer in range(WRITERS)
    ]
    for process in (maintainer, *writers):
        process.start()
    for process in writers:
        process.join()
    done.set()
    maintainer.join()
    assert [process.exitcode for process in (*writers, maintainer)] == [0] * (WRITERS + 1)
    assert errors.empty(), errors.get()
    settings = settings_of(str(tmp_path))
    with open_catalog(settings) as catalog:
        assert maintain(catalog, settings, timedelta(0)) == []
        table = catalog.load_table(LOG)
        found = table.scan().to_arrow().sort_by([("writer", "ascending"), ("number", "ascending")])
        expected = [(w, n) for w in range(WRITERS) for n in range(commits * 3)]
        assert list(zip(*found.to_pydict().values(), strict=True)) == expected
        assert len(list(table.scan().plan_files())) == WRITERS
        done_actions = catalog.load_table("ops.maintenance").scan().to_arrow()
        assert {"compact", "expire"} <= set(done_actions["action"].to_pylist())
