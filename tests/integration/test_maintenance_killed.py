"""`kill -9` in the middle of each action: the table is whole, and the next run clears up."""

import importlib
import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import load_settings
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.maintenance.reachability import reachable
from lakehouse.tables.maintenance.run import Maintenance
from lakehouse.tables.maintenance.site import Order
from tests.unit.tables.maintenance.conftest import utc_now

LOG = ("ops", "log")
SCHEMA = pa.schema({"id": pa.int64()})
KEPT = MaintenanceSettings(snapshot_retention=timedelta(0), keep_snapshots=1)
processes = multiprocessing.get_context("spawn")

# What a run goes through, in this order; it dies before or after each of them.
POINTS = {
    "rewriting": "lakehouse.tables.maintenance.compaction:write_rows",
    "the swap": "lakehouse.catalog.sql:LakeSqlCatalog.commit_tables",
    "the second swap": "lakehouse.catalog.sql:LakeSqlCatalog.commit_tables",
    "deleting what expired": "lakehouse.tables.maintenance.expiry:remove_files",
    "forgetting": "lakehouse.tables.maintenance.journal:Journal.keep",
    "recording": "lakehouse.tables.maintenance.run:record",
}
QUICK = {("the swap", True), ("deleting what expired", False)}
DEATHS = [
    pytest.param(
        point,
        after,
        marks=() if (point, after) in QUICK else pytest.mark.soak,
        id=f"{point}-{after}",
    )
    for point in POINTS
    for after in (False, True)
]


def maintain(catalog: Catalog, folder: str) -> None:
    notes = Path(folder) / "notes"
    for done in Maintenance(catalog, Order(KEPT), notes, utc_now).run([LOG]):
        assert done.error is None


def die(folder: str, point: str, after: bool) -> None:
    module, _, path = POINTS[point].partition(":")
    owner: object = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    passes = [1] if point == "the second swap" else []

    def dying(*arguments: object, **named: object) -> object:
        if passes:
            passes.pop()
            return original(*arguments, **named)
        if after:
            original(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    with open_catalog(load_settings(folder=Path(folder), environment={})) as catalog:
        setattr(owner, name, dying)
        maintain(catalog, folder)


@pytest.mark.parametrize(("point", "after"), DEATHS)
def test_a_killed_run_leaves_the_table_whole_and_the_next_clears_up(
    tmp_path: Path, point: str, after: bool
) -> None:
    with open_catalog(load_settings(folder=tmp_path, environment={})) as catalog:
        catalog.create_namespace("ops")
        table = catalog.create_table(LOG, SCHEMA)
        for number in range(6):
            table.append(pa.table({"id": [number]}, schema=SCHEMA))
        child = processes.Process(target=die, args=(str(tmp_path), point, after))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        table = catalog.load_table(LOG)
        assert sorted(table.scan().to_arrow()["id"].to_pylist()) == list(range(6))
        for _ in range(2):  # what the first one replaces, the second one removes
            maintain(catalog, str(tmp_path))
        table = catalog.load_table(LOG)
        assert sorted(table.scan().to_arrow()["id"].to_pylist()) == list(range(6))
        assert len(table.metadata.snapshots) == len(list(table.scan().plan_files())) == 1
        folder = path_of(table.location())
        assert folder is not None
        known = reachable(table.metadata, table.metadata_location, table.io)
        left = {path for path in folder.rglob("*") if path.is_file() and str(path) not in known}
        # A metadata file that the catalog never came to name has to wait for its age.
        assert {path for path in left if not path.name.endswith(".metadata.json")} == set()
