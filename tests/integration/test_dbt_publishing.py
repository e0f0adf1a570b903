"""Audit before publish, through the real dbt: what readers find before, while and after."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError

from dbt_project.plugin.invocation import PROJECT
from dbt_project.plugin.lake import lake_of, published, refused
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.errors import BuildError, CatalogError, LockedError
from lakehouse.locks import home_lock
from lakehouse.query import open_session

MARTS = ("first", "second", "third")
# Every mart holds one row with its version; `second` is merged, `third` reads the other two.
MODELS = {
    "first": "select {v} as version",
    "second": "{{{{ config(materialized='incremental', unique_key='k') }}}}"
    " select 1 as k, {v} as version",
    "third": "select max(version) as version from (select version from {{{{ ref('first') }}}}"
    " union all select version from {{{{ ref('second') }}}})",
}
HOOKS = """
name: trial
profile: cadabra
flags: {send_anonymous_usage_stats: false}
models: {+materialized: table}
on-run-start: "{{ lake_begin() }}"
on-run-end: "{{ lake_end(results) }}"
"""


class Shop:
    """A dbt project of three marts whose version goes up, and a test that some versions fail."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        shutil.copytree(PROJECT / "macros", folder / "macros")
        (folder / "dbt_project.yml").write_text(HOOKS)
        for name in ("models", "tests", "seeds"):
            (folder / name).mkdir()
        self.check("version < 0")

    def check(self, bad: str, severity: str = "error", mart: str = "third") -> None:
        head = f"{{{{ config(severity='{severity}') }}}}\n"
        sql = f"select * from {{{{ ref('{mart}') }}}} where {bad}"
        (self.folder / "tests" / "checked.sql").write_text(head + sql)

    def write(self, version: int) -> None:
        for name, sql in MODELS.items():
            (self.folder / "models" / f"{name}.sql").write_text(sql.format(v=version))

    def arguments(self, *given: str) -> list[str]:
        return [*given, "--project-dir", str(self.folder), "--profiles-dir", str(PROJECT)]

    def dbt(self, *given: str) -> dbtRunnerResult:
        with lake_of(self.settings):
            return dbtRunner().invoke([*self.arguments(*given), "--log-level", "none"])

    def build(self, version: int, *given: str) -> bool:
        self.write(version)
        return bool(self.dbt("build", *given).success)


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Shop:
    return Shop(tmp_path / "a shop", settings)


@pytest.fixture
def lake(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


def version(catalog: Catalog, mart: str) -> int | None:
    try:
        [row] = catalog.load_table(("core", mart)).scan().to_arrow().to_pylist()
    except NoSuchTableError:
        return None
    return int(row["version"])


def versions(catalog: Catalog, marts: Sequence[str] = MARTS) -> list[int | None]:
    return [version(catalog, mart) for mart in marts]


def test_a_failed_data_test_never_reaches_the_marts(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    shop.check("version = 2")
    assert not shop.build(2)
    assert published() is None
    assert versions(lake) == [1, 1, 1]
    assert shop.build(3)
    assert versions(lake) == [3, 3, 3]


def test_the_first_build_fails_and_no_mart_appears(shop: Shop, lake: Catalog) -> None:
    shop.check("version = 1")
    assert not shop.build(1)
    assert versions(lake) == [None, None, None]
    assert shop.build(2)
    assert versions(lake) == [2, 2, 2]
    assert all(len(lake.load_table(("core", mart)).snapshots()) == 1 for mart in MARTS)


def test_a_warning_does_not_block(shop: Shop, lake: Catalog) -> None:
    shop.check("version = 1", severity="warn")
    assert shop.build(1)
    assert versions(lake) == [1, 1, 1]


def test_an_error_in_one_model_keeps_all_others_back(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    shop.write(2)
    (shop.folder / "models" / "first.sql").write_text("select cast('x' as int) as version")
    assert not shop.dbt("build").success
    assert versions(lake) == [1, 1, 1]


def test_rows_that_failed_are_kept_though_nothing_is_published(shop: Shop, lake: Catalog) -> None:
    shop.check("version = 1")
    assert not shop.build(1, "--store-failures")
    [name] = lake.list_tables("dbt_test__audit")
    assert lake.load_table(name).scan().to_arrow().to_pylist() == [{"version": 1}]
    assert versions(lake) == [None, None, None]


def test_the_ledger_tells_what_went_public(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    before = lake.load_table(("core", "first")).current_snapshot()
    assert shop.build(2, "--select", "first")
    after = lake.load_table(("core", "first")).current_snapshot()
    assert before
    assert after
    rows = lake.load_table(("ops", "publications")).scan().to_arrow().to_pylist()
    last = [row for row in rows if row["publication_id"] == 2]
    assert [(r["table_name"], r["row_count"]) for r in last] == [("core.first", 1)]
    assert last[0]["snapshot_before"] == before.snapshot_id
    assert last[0]["snapshot_id"] == after.snapshot_id
    first = [row["table_name"] for row in rows if row["publication_id"] == 1]
    assert first == ["core.first", "core.second", "core.third"]
    assert all(row["snapshot_before"] is None for row in rows if row["publication_id"] == 1)


def test_an_empty_run_publishes_nothing(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    assert shop.build(2, "--empty")
    assert versions(lake) == [1, 1, 1]


def test_retry_goes_on_with_the_draft(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    shop.check("version = 2")
    assert not shop.build(2)
    shop.check("version < 0")
    done = shop.dbt("retry")
    assert done.success
    assert [run.node.name for run in done.result.results if "trial-on" not in run.node.name] == [
        "checked"
    ]
    assert versions(lake) == [2, 2, 2]


def test_retry_after_another_run_is_refused(shop: Shop, lake: Catalog, tmp_path: Path) -> None:
    shop.check("version = 1")
    assert not shop.build(1)
    kept = tmp_path / "kept"
    kept.mkdir()
    shutil.copy(shop.folder / "target" / "run_results.json", kept)
    assert not shop.build(1)
    assert not shop.dbt("retry", "--state", str(kept)).success
    assert isinstance(refused(), BuildError)
    assert versions(lake) == [None, None, None]


def test_a_mart_that_somebody_changed_meanwhile(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    shop.write(2)

    def interfere(event: object) -> None:
        if event.info.name == "ConcurrencyLine":  # type: ignore[attr-defined]
            return
        if event.info.name == "NodeFinished" and not done:  # type: ignore[attr-defined]
            done.append(1)
            with lake.load_table(("core", "first")).transaction() as transaction:
                transaction.set_properties({"touched": "yes"})

    done: list[int] = []
    with lake_of(shop.settings):
        result = dbtRunner(callbacks=[interfere]).invoke(
            [*shop.arguments("build"), "--log-level", "none"]
        )
    assert not result.success
    assert isinstance(refused(), CatalogError)
    assert versions(lake) == [1, 1, 1]
    assert lake.load_table(("core", "first")).properties["touched"] == "yes"
    assert shop.build(2)
    assert versions(lake) == [2, 2, 2]


def test_one_run_at_a_time(shop: Shop) -> None:
    with home_lock(shop.settings.home, "draft", "building the marts of"):
        assert not shop.build(1)
    assert isinstance(refused(), LockedError)


class Reader(threading.Thread):
    """Asks for the versions of all marts in one statement, over and over, as people do in SQL."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.seen: set[tuple[object, ...]] = set()
        self.asked = 0
        self._settings = settings
        self._stop_asked = threading.Event()

    def run(self) -> None:
        each = ", ".join(f"(select max(version) from core.{mart}) as {mart}" for mart in MARTS)
        with open_session(self._settings) as session:
            while not self._stop_asked.is_set():
                for page in session.run(f"select {each}").pages():
                    self.seen.update(zip(*page.to_pydict().values(), strict=True))
                self.asked += 1

    def stop(self) -> set[tuple[object, ...]]:
        self._stop_asked.set()
        self.join()
        return self.seen


def test_readers_find_the_marts_of_one_build(shop: Shop) -> None:
    assert shop.build(1)
    reader = Reader(shop.settings)
    reader.start()
    for number in (2, 3, 4):
        assert shop.build(number)
    assert reader.stop() <= {(n, n, n) for n in (1, 2, 3, 4)}
    assert reader.asked > 1


@pytest.mark.parametrize("moment", ["START test checked", "Finished running"])
def test_a_killed_build_changes_nothing_and_is_cleared(
    shop: Shop, lake: Catalog, moment: str
) -> None:
    assert shop.build(1)
    at_first = {path for path in shop.settings.warehouse.rglob("*") if path.is_file()}
    shop.write(2)
    environment = {**os.environ, "LAKEHOUSE_HOME": str(shop.settings.home)}
    command = [str(Path(sys.executable).parent / "dbt"), *shop.arguments("build")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=shop.folder
    ) as killed:
        assert killed.stdout
        for line in killed.stdout:
            if moment in line:
                killed.send_signal(signal.SIGKILL)
                break
    seen = versions(lake)
    assert seen in ([1, 1, 1], [2, 2, 2])
    assert shop.dbt("run", "--select", "first", "--empty").success
    if seen == [1, 1, 1]:
        left = {path for path in shop.settings.warehouse.rglob("*") if path.is_file()}
        assert left == at_first
    assert shop.build(3)
    assert versions(lake) == [3, 3, 3]
