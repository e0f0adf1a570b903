"""Several writers at once: nothing lost, nothing doubled, nothing half done."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError
from pyiceberg.table import Table

from lakehouse.catalog import Endpoint, open_catalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings, load_settings
from tests.contract.conftest import Service, client_of

WRITERS, COMMITS = 4, 3
SCHEMA = pa.schema({"id": pa.int64()})
LOG = ("ops", "log")
TABLE_BODY = {
    "name": "log",
    "schema": {
        "type": "struct",
        "fields": [{"id": 1, "name": "id", "required": False, "type": "long"}],
    },
}

# Forked children would share SQLite connections and locks with this process.
processes = multiprocessing.get_context("spawn")


def append_all(catalog: Catalog, writer: int) -> None:
    for number in range(COMMITS):
        row = pa.table({"id": [writer * 100 + number]}, schema=SCHEMA)
        catalog.load_table(LOG).append(row)


def expected() -> list[int]:
    return sorted(w * 100 + n for w in range(WRITERS) for n in range(COMMITS))


def ids(table: Table) -> list[int]:
    return sorted(table.refresh().scan().to_arrow()["id"].to_pylist())


def make_log(settings: Settings) -> Table:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("ops")
        return catalog.create_table(LOG, SCHEMA)


def metadata_files(settings: Settings) -> list[Path]:
    return list(settings.warehouse.rglob("*.metadata.json"))


@pytest.mark.parametrize("through", ["sqlite", "rest"])
def test_threads_that_retry_lose_and_double_nothing(
    settings: Settings, endpoint: Endpoint, through: str
) -> None:
    table = make_log(settings)

    def write(writer: int) -> None:
        with open_catalog(settings) if through == "sqlite" else client_of(endpoint) as catalog:
            append_all(catalog, writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert ids(table) == expected()
    # One metadata file for the creation and each commit; the losers' are gone.
    assert len(metadata_files(settings)) == 1 + WRITERS * COMMITS


def test_threads_may_share_one_catalog(settings: Settings) -> None:
    table = make_log(settings)
    with open_catalog(settings) as catalog, ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda writer: append_all(catalog, writer), range(WRITERS)))
    assert ids(table) == expected()


def _append_in_process(folder: str, writer: int) -> None:
    with open_catalog(load_settings(folder=Path(folder), environment={})) as catalog:
        catalog.create_namespace_if_not_exists("ops")
        catalog.create_table_if_not_exists(LOG, SCHEMA)
        append_all(catalog, writer)


def test_processes_that_open_a_new_home_at_once_share_it(tmp_path: Path) -> None:
    with processes.Pool(2) as pool:
        pool.starmap(_append_in_process, [(str(tmp_path), writer) for writer in (0, 1)])
    with open_catalog(load_settings(folder=tmp_path, environment={})) as catalog:
        assert ids(catalog.load_table(LOG)) == [0, 1, 2, 100, 101, 102]


def at_once(act: Callable[[int], int], times: int = 8) -> list[int]:
    """The results of `times` threads that start at the same moment."""
    start = Barrier(times)

    def run(number: int) -> int:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(run, range(times)))


def test_of_many_that_create_a_namespace_one_succeeds(settings: Settings) -> None:
    with open_catalog(settings) as catalog:

        def create(_: int) -> int:
            try:
                catalog.create_namespace("ops", {"a": "1"})
            except NamespaceAlreadyExistsError:
                return 409
            return 200

        assert at_once(create) == [200, *[409] * 7]


@pytest.mark.parametrize("staged", [False, True])
def test_of_many_that_create_a_table_one_succeeds(
    settings: Settings, service: Service, staged: bool
) -> None:
    service("POST", "namespaces", {"namespace": ["ops"]}).raise_for_status()
    path = "namespaces/ops/tables"

    def create(_: int) -> int:
        response = service("POST", path, TABLE_BODY | {"stage-create": staged})
        if staged and response.status_code == 200:
            metadata = response.json()["metadata"]
            updates = [
                {"action": "upgrade-format-version", "format-version": 2},
                {"action": "add-schema", "schema": metadata["schemas"][0]},
                {"action": "set-current-schema", "schema-id": -1},
                {"action": "add-spec", "spec": metadata["partition-specs"][0]},
                {"action": "set-default-spec", "spec-id": -1},
                {"action": "add-sort-order", "sort-order": metadata["sort-orders"][0]},
                {"action": "set-default-sort-order", "sort-order-id": -1},
                {"action": "set-location", "location": metadata["location"]},
            ]
            body = {"requirements": [{"type": "assert-create"}], "updates": updates}
            response = service("POST", f"{path}/log", body)
        return response.status_code

    assert at_once(create) == [200, *[409] * 7]
    assert service("GET", f"{path}/log").status_code == 200
    assert len(metadata_files(settings)) == 1


def test_changes_without_requirements_are_put_on_top_of_each_other(
    settings: Settings, service: Service
) -> None:
    make_log(settings)

    def change(number: int) -> int:
        updates = [{"action": "set-properties", "updates": {f"key{number}": "set"}}]
        body = {"requirements": [], "updates": updates}
        return service("POST", "namespaces/ops/tables/log", body).status_code

    results = at_once(change, 4)
    properties = service("GET", "namespaces/ops/tables/log").json()["metadata"]["properties"]
    # A change may lose its race too often and be refused, but none is half there.
    assert set(results) <= {200, 409}
    assert sum(key.startswith("key") for key in properties) == results.count(200) > 0


def test_transactions_over_two_tables_never_interleave(
    settings: Settings, service: Service
) -> None:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("ops")
        for name in ("a", "b"):
            catalog.create_table(("ops", name), SCHEMA)

    def commit(number: int) -> int:
        updates = [{"action": "set-properties", "updates": {"writer": str(number)}}]
        names = ["a", "b"] if number % 2 else ["b", "a"]
        changes = [
            {"identifier": {"namespace": ["ops"], "name": name}, "updates": updates}
            for name in names
        ]
        return service("POST", "transactions/commit", {"table-changes": changes}).status_code

    results = at_once(commit, 4)
    assert set(results) <= {204, 409}
    writers = [
        service("GET", f"namespaces/ops/tables/{name}").json()["metadata"]["properties"]["writer"]
        for name in ("a", "b")
    ]
    assert writers[0] == writers[1]


def _die_before_the_swap(folder: str) -> None:
    class Dying(LakeSqlCatalog):
        @staticmethod
        def _write_metadata(*arguments: object, **named: object) -> None:
            LakeSqlCatalog._write_metadata(*arguments, **named)
            os._exit(9)

    settings = load_settings(folder=Path(folder), environment={})
    with open_catalog(settings) as catalog:
        catalog.__class__ = Dying
        catalog.load_table(LOG).append(pa.table({"id": [2]}, schema=SCHEMA))


def test_a_writer_killed_in_mid_commit_leaves_the_old_table(
    tmp_path: Path, settings: Settings
) -> None:
    table = make_log(settings)
    table.append(pa.table({"id": [1]}, schema=SCHEMA))
    child = processes.Process(target=_die_before_the_swap, args=(str(tmp_path),))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert len(metadata_files(settings)) == 3  # the third is the dead writer's, referred to nowhere
    assert ids(table) == [1]
    table.append(pa.table({"id": [3]}, schema=SCHEMA))
    assert ids(table) == [1, 3]


def test_two_branches_conflict_over_a_sequence_number(settings: Settings) -> None:
    table = make_log(settings)
    table.append(pa.table({"id": [1]}, schema=SCHEMA))
    snapshot = table.refresh().metadata.current_snapshot_id
    assert snapshot is not None
    with table.manage_snapshots() as manage:
        manage.create_branch(snapshot, "audit")
    stale = table.catalog.load_table(LOG)
    table.append(pa.table({"id": [2]}, schema=SCHEMA))
    # The branch did not move, yet the sequence number did: refused as a conflict, then retried.
    stale.append(pa.table({"id": [3]}, schema=SCHEMA), branch="audit")
    assert ids(table) == [1, 2]
    assert sorted(table.refresh().scan().use_ref("audit").to_arrow()["id"].to_pylist()) == [1, 3]
