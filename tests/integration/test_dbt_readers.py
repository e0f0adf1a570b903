"""What others see of a table while dbt builds it, and what is left of a build that was killed."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from dbt_project.plugin.invocation import PROJECT
from dbt_project.plugin.lake import lake_of
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions

# Version n has n thousand rows, every other one has one more column and other partitions: a
# reader that saw two of them at once, or half of one, would count something else.
MODEL = """
{% set version = var("version") | int %}
{{ config(partitioned_by="part" if version % 2 else []) }}
select {{ version }} as version, i % 5 as part
    {%- if version % 2 %}, 'more' as text {% endif %}
from range({{ version }} * 1000) as r(i)
"""
MERGED = """
{{ config(materialized="incremental", unique_key="i") }}
select {{ var("version") | int }} as version, i from range(2000) as r(i)
"""
VERSIONS = range(1, 5)
STATES = {"rebuilt": {(version * 1000, 1) for version in VERSIONS}, "merged": {(2000, 1)}}

Seen = set[tuple[int, int]]  # rows and versions found by one query


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "trial"
    shutil.copytree(PROJECT / "macros", folder / "macros")
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        "{name: trial, profile: cadabra, models: {+materialized: table}}"
    )
    return folder


def arguments(project: Path, version: int) -> list[str]:
    folders = ["--project-dir", str(project), "--profiles-dir", str(PROJECT)]
    return ["run", *folders, "--vars", f"{{version: {version}}}", "--no-use-colors"]


def dbt(project: Path, settings: Settings, version: int) -> None:
    with lake_of(settings):
        result = dbtRunner().invoke([*arguments(project, version), "--log-level", "none"])
    assert result.success, result


@contextmanager
def through_duckdb(settings: Settings, table: str) -> Iterator[Callable[[], tuple[int, int]]]:
    with catalog_endpoint(settings) as endpoint, duckdb.connect() as connection:
        load_extensions(connection)
        attach_lake(connection, endpoint, read_only=True)
        query = f"select count(*), count(distinct version) from lake.core.{table}"
        yield lambda: connection.execute(query).fetchall()[0]  # type: ignore[return-value]


@contextmanager
def through_pyiceberg(settings: Settings, table: str) -> Iterator[Callable[[], tuple[int, int]]]:
    with open_catalog(settings) as catalog:

        def read() -> tuple[int, int]:
            rows = catalog.load_table(("core", table)).scan(selected_fields=("version",))
            versions = rows.to_arrow()["version"].to_pylist()
            return len(versions), len(set(versions))

        yield read


class Watcher(threading.Thread):
    """Reads a table over and over, and keeps what it saw."""

    def __init__(self, read: Callable[[], tuple[int, int]]) -> None:
        super().__init__()
        self.seen: Seen = set()
        self.failure: Exception | None = None
        self._read = read
        self._stop_asked = threading.Event()

    def run(self) -> None:
        try:
            while not self._stop_asked.is_set():
                self.seen.add(self._read())
        except Exception as e:  # noqa: BLE001 - the test reports it
            self.failure = e

    def stop(self) -> Seen:
        self._stop_asked.set()
        self.join()
        if self.failure:
            raise self.failure
        return self.seen


def test_readers_see_whole_states_only(project: Path, settings: Settings) -> None:
    (project / "models" / "rebuilt.sql").write_text(MODEL)
    (project / "models" / "merged.sql").write_text(MERGED)
    dbt(project, settings, 1)
    doors = [(table, door) for table in STATES for door in (through_duckdb, through_pyiceberg)]
    with ExitStack() as open_doors:
        watchers = [
            (table, Watcher(open_doors.enter_context(door(settings, table))))
            for table, door in doors
        ]
        for _, watcher in watchers:
            watcher.start()
        for version in VERSIONS[1:]:
            dbt(project, settings, version)
        for table, watcher in watchers:
            seen = watcher.stop()
            assert seen <= STATES[table]
            assert len(seen) == 1 if table == "merged" else len(seen) > 1


def test_a_killed_build_leaves_the_old_table_and_the_next_one_works(
    project: Path, settings: Settings
) -> None:
    (project / "models" / "t.sql").write_text(MODEL)
    dbt(project, settings, 1)
    endless = MODEL.replace("* 1000", "* 1000000000").replace(
        "i % 5", "cast(hash(i) % 5 as bigint)"
    )
    (project / "models" / "t.sql").write_text(endless)
    with open_catalog(settings) as catalog:
        folder = path_of(catalog.load_table(("core", "t")).location())
    assert folder is not None
    before = set(folder.rglob("*.parquet"))
    environment = {**os.environ, "LAKEHOUSE_HOME": str(settings.home)}
    command = [str(Path(sys.executable).parent / "dbt"), *arguments(project, 2)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as killed:
        while not set(folder.rglob("*.parquet")) - before:
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"dbt ended by itself: {killed.wait(0.05)}")
        killed.send_signal(signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    with through_duckdb(settings, "t") as read:
        assert read() == (1000, 1)
    (project / "models" / "t.sql").write_text(MODEL)
    dbt(project, settings, 2)
    with through_pyiceberg(settings, "t") as read:
        assert read() == (2000, 1)
