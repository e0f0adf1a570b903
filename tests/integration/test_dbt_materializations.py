"""The project's own materializations, on small models of their own."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from duckdb import DuckDBPyConnection
from pyiceberg.table import Table

from dbt_project.plugin.invocation import PROJECT
from dbt_project.plugin.lake import lake_of
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions

PROJECT_FILE = """
name: trial
profile: cadabra
flags: {send_anonymous_usage_stats: false}
models: {+materialized: table, +persist_docs: {relation: true, columns: true}}
"""


class Trial:
    """A dbt project with the macros and the profile of ours, and models of its own."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.catalog = open_catalog(settings)
        shutil.copytree(PROJECT / "macros", folder / "macros")
        self.write("dbt_project.yml", PROJECT_FILE)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def model(self, name: str, sql: str, **config: object) -> None:
        given = ", ".join(f"{key}={value!r}" for key, value in config.items())
        head = f"{{{{ config({given}) }}}}\n" if config else ""
        self.write(f"models/{name}.sql", head + sql)

    def dbt(self, *arguments: str) -> dbtRunnerResult:
        flags = ["--project-dir", str(self.folder), "--profiles-dir", str(PROJECT)]
        with lake_of(self.settings):
            return dbtRunner().invoke([*arguments, *flags, "--log-level", "none"])

    def run(self, *arguments: str) -> None:
        result = self.dbt("run", *arguments)
        assert result.success, messages(result)

    def table(self, name: str) -> Table:
        return self.catalog.load_table(("core", name))

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        found = self.table(name).scan().to_arrow()
        return sorted(zip(*found.to_pydict().values(), strict=True), key=str)


def messages(result: dbtRunnerResult) -> str:
    runs = getattr(result.result, "results", [])
    return "\n".join([str(result.exception), *(str(run.message) for run in runs)])


@pytest.fixture
def trial(tmp_path: Path, settings: Settings) -> Trial:
    return Trial(tmp_path / "it's a trial", settings)


@pytest.fixture
def duck(settings: Settings) -> Iterator[DuckDBPyConnection]:
    with catalog_endpoint(settings) as endpoint, duckdb.connect() as connection:
        load_extensions(connection)
        attach_lake(connection, endpoint)
        yield connection


def test_a_table_is_rebuilt_with_other_columns(trial: Trial) -> None:
    trial.write(
        "models/_models.yml",
        "models: [{name: t, description: 'It is.', columns: [{name: a, description: 'One.'}]}]",
    )
    trial.model("t", "select 1 as a, 'x' as b", partitioned_by="b")
    trial.run()
    trial.model("t", "select date '2011-02-03' as c, 2::bigint as a", partitioned_by=["month(c)"])
    trial.run()
    table = trial.table("t")
    assert [field.name for field in table.schema().fields] == ["c", "a"]
    assert table.schema().find_field("a").doc == "One."
    assert table.properties["comment"] == "It is."
    assert [str(field.transform) for field in table.spec().fields] == ["month"]
    assert trial.table("t").scan(selected_fields=("a",)).to_arrow().to_pylist() == [{"a": 2}]
    summary = table.snapshots()[-1].summary
    assert summary is not None
    assert summary["dbt-node"] == "model.trial.t"


def test_a_failed_rebuild_leaves_the_old_table_and_no_files(trial: Trial) -> None:
    trial.model("t", "select 1::bigint as a")
    trial.run()
    folder = path_of(trial.table("t").location())
    assert folder is not None
    before = sorted(folder.rglob("*"))
    boom = "select case when i = 900000 then error('boom') else i end as a from range(1000000) r(i)"
    trial.model("t", boom)
    result = trial.dbt("run")
    assert not result.success
    assert "boom" in messages(result)
    assert trial.rows("t") == [(1,)]
    assert sorted(folder.rglob("*")) == before


INCREMENTAL = {"materialized": "incremental", "unique_key": "k"}


def test_incremental_merges_by_key(trial: Trial) -> None:
    trial.model("t", "select * from (values (1, 'a'), (2, 'b')) as r(k, v)", **INCREMENTAL)
    trial.run()
    trial.model(
        "t", "select * from (values (2, 'B'), (3, 'c'), (1, 'a')) as r(k, v)", **INCREMENTAL
    )
    trial.run()
    assert trial.rows("t") == [(1, "a"), (2, "B"), (3, "c")]
    # DuckDB commits the updates and the inserts of a MERGE as two snapshots, together.
    updated, inserted = (snapshot.summary for snapshot in trial.table("t").snapshots()[1:])
    assert updated is not None
    assert inserted is not None
    written = [updated["added-records"], inserted["added-records"]]
    assert written == ["1", "1"], "the row that is as before is not written again"


def test_incremental_without_news_commits_nothing(trial: Trial) -> None:
    trial.model("t", "select 1 as k, 'a' as v", **INCREMENTAL)
    trial.run()
    snapshots = trial.table("t").snapshots()
    trial.run()
    trial.model("t", "select 1 as k, 'a' as v where false", **INCREMENTAL)
    trial.run()
    assert trial.table("t").snapshots() == snapshots


def test_rows_that_replace_where_covers_are_taken_back(trial: Trial) -> None:
    config = {**INCREMENTAL, "replace_where": "part in ({{ parts() }})"}
    trial.write("macros/parts.sql", "{% macro parts() %} 2, 3 {% endmacro %}")
    trial.model("t", "select i as k, i % 4 as part, 'a' as v from range(12) r(i)", **config)
    trial.run()
    trial.model("t", "select * from (values (2, 2, 'a'), (3, 3, 'b'), (99, 2, 'c')) r", **config)
    trial.write("models/t.sql", (trial.folder / "models/t.sql").read_text() + "(k, part, v)")
    trial.run()
    kept = [(i, i % 4, "a") for i in range(12) if i % 4 < 2]
    assert set(trial.rows("t")) == {*kept, (2, 2, "a"), (3, 3, "b"), (99, 2, "c")}
    trial.model("t", "select 1 as k, 1 as part, 'a' as v where false", **config)
    trial.run()
    assert set(trial.rows("t")) == set(kept), "nothing came, and all that was there is gone"


def test_a_column_that_came_to_a_contract_is_filled_in_every_row(trial: Trial) -> None:
    promised = "models: [{name: t, config: {contract: {enforced: true}}, columns: [%s]}]"
    k, v = "{name: k, data_type: int}", "{name: v, data_type: string}"
    config = {**INCREMENTAL, "on_schema_change": "append_new_columns"}
    trial.write("models/_models.yml", promised % k)
    trial.model("t", "select i::int as k from range(3) r(i)", **config)
    trial.run()
    trial.write("models/_models.yml", promised % f"{k}, {v}")
    latest = "{% if is_incremental() %} where i = 2 {% endif %}"
    trial.model("t", f"select i::int as k, 'a' as v from range(3) r(i) {latest}", **config)
    trial.run()
    assert trial.rows("t") == [(0, "a"), (1, "a"), (2, "a")]


def test_full_refresh_clears_what_merges_left(trial: Trial, duck: DuckDBPyConnection) -> None:
    for value in ("a", "b"):
        trial.model("t", f"select 1 as k, '{value}' as v", **INCREMENTAL)
        trial.run()
    trial.model("t", "select 2 as k, 5 as w", **INCREMENTAL)
    trial.run("--full-refresh")
    assert trial.rows("t") == [(2, 5)]
    assert duck.execute("from lake.core.t").fetchall() == [(2, 5)]
    manifests = trial.table("t").inspect.manifests().to_pydict()
    assert set(manifests["content"]) == {0}, "no delete files are left"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select * from (values (7, 'a'), (7, 'b')) as r(k, v)", ["not unique", "for example 7"]),
        ("select null::int as k, 'a' as v", ["null in 1 row"]),
    ],
)
def test_bad_keys_are_told_and_change_nothing(trial: Trial, sql: str, told: list[str]) -> None:
    trial.model("t", "select 1 as k, 'a' as v", **INCREMENTAL)
    trial.run()
    trial.model("t", sql, **INCREMENTAL)
    result = trial.dbt("run")
    assert not result.success
    assert all(part in messages(result) for part in told), messages(result)
    assert trial.rows("t") == [(1, "a")]


def test_keys_of_two_columns(trial: Trial) -> None:
    config = {**INCREMENTAL, "unique_key": ["k", "d"]}
    trial.model("t", "select 1 as k, date '2011-01-01' as d, 'a' as v", **config)
    trial.run()
    trial.model(
        "t", "select 1 as k, date '2011-01-01' + i::int as d, 'b' as v from range(2) r(i)", **config
    )
    trial.run()
    assert [row[2] for row in trial.rows("t")] == ["b", "b"]


@pytest.mark.parametrize(
    ("mode", "columns", "rows"),
    [
        ("ignore", ["k", "v"], [(1, "a"), (2, None)]),
        ("append_new_columns", ["k", "v", "w"], [(1, "a", None), (2, None, 9)]),
        ("sync_all_columns", ["k", "w"], [(1, None), (2, 9)]),
    ],
)
def test_columns_change_as_on_schema_change_says(
    trial: Trial, mode: str, columns: list[str], rows: list[tuple[Any, ...]]
) -> None:
    trial.model("t", "select 1 as k, 'a' as v", **INCREMENTAL, on_schema_change=mode)
    trial.run()
    trial.model("t", "select 2 as k, 9 as w", **INCREMENTAL, on_schema_change=mode)
    trial.run()
    assert [field.name for field in trial.table("t").schema().fields] == columns
    assert trial.rows("t") == rows


def test_on_schema_change_fail(trial: Trial) -> None:
    trial.model("t", "select 1 as k, 'a' as v", **INCREMENTAL, on_schema_change="fail")
    trial.run()
    trial.model("t", "select 2 as k, 9 as w", **INCREMENTAL, on_schema_change="fail")
    result = trial.dbt("run")
    assert not result.success
    assert "New: w; gone: v" in messages(result)
    assert trial.rows("t") == [(1, "a")]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"materialized": "view"}, "holds no views"),
        ({"materialized": "incremental"}, "needs a unique_key"),
        ({**INCREMENTAL, "incremental_strategy": "append"}, "not append"),
        ({"materialized": "table", "grants": {"select": ["me"]}}, "no grants"),
        ({"materialized": "table", "partitioned_by": ["bucket(4, k)"]}, "no partition term"),
    ],
)
def test_what_the_lake_cannot_do_is_refused(
    trial: Trial, config: dict[str, object], told: str
) -> None:
    trial.model("t", "select 1 as k", **config)
    result = trial.dbt("run")
    assert not result.success
    assert told in messages(result)
    assert not trial.catalog.table_exists(("core", "t"))


def test_a_contract_is_kept(trial: Trial) -> None:
    trial.write(
        "models/_models.yml",
        "models: [{name: t, config: {contract: {enforced: true}}, columns:"
        " [{name: b, data_type: bigint}, {name: a, data_type: string}]}]",
    )
    trial.model("t", "select 'x' as a, 1::bigint as b")
    trial.run()
    assert [field.name for field in trial.table("t").schema().fields] == ["b", "a"]
    trial.model("t", "select 'x' as a, 1.5 as b")
    result = trial.dbt("run")
    assert not result.success
    assert "enforced contract that failed" in messages(result)
    assert trial.rows("t") == [(1, "x")]


def test_hooks_run_around_the_model(trial: Trial) -> None:
    trial.model(
        "t",
        "select getvariable('told') as a",
        pre_hook="set variable told = 'before'",
        post_hook=["create table after as select * from {{ this }}", "drop table after"],
    )
    trial.run()
    assert trial.rows("t") == [("before",)]


def test_seeds_are_rebuilt_whole(trial: Trial) -> None:
    for name, text in (("code", "code,number\n007,1\nx,\n"), ("other", 'other,number\n"a,b",2\n')):
        types = f"{{column_types: {{{name}: varchar}}}}"
        trial.write("seeds/s.csv", text)
        trial.write("seeds/_seeds.yml", f"seeds: [{{name: s, config: {types}}}]")
        result = trial.dbt("seed")
        assert result.success, messages(result)
    assert trial.rows("s") == [("a,b", 2)]


STATES = "select * from (values {}) as r(k, seen, price)"
HISTORY = {
    "strategy": "event_time",
    "unique_key": "k",
    "updated_at": "seen",
    "check_cols": ["price"],
}


def snapshot(trial: Trial, sql: str, config: dict[str, object]) -> list[tuple[Any, ...]]:
    """The rows of the snapshot `s` without dbt's hash and its own time."""
    given = ", ".join(f"{key}={value!r}" for key, value in config.items())
    trial.write(
        "snapshots/s.sql",
        f"{{% snapshot s %}}\n{{{{ config({given}) }}}}\n{sql}\n{{% endsnapshot %}}",
    )
    result = trial.dbt("snapshot")
    assert result.success, messages(result)
    found = trial.table("s").scan().to_arrow().drop_columns(["dbt_scd_id", "dbt_updated_at"])
    return sorted(zip(*found.to_pydict().values(), strict=True), key=str)


def test_a_history_of_events_does_not_depend_on_when_dbt_ran(trial: Trial) -> None:
    def states(*days: tuple[str, int, str]) -> str:
        rows = [f"('{key}', date '2011-01-0{day}', {price})" for key, day, price in days]
        return STATES.format(", ".join(rows))

    day = [dt.date(2011, 1, number) for number in range(1, 10)]
    assert snapshot(trial, states(("a", 1, "5"), ("a", 2, "5"), ("a", 4, "6")), HISTORY) == [
        ("a", day[0], 5, day[0], day[3]),
        ("a", day[3], 6, day[3], None),
    ]
    # A day came late, another one was taken back, and a key is new.
    later = states(("a", 1, "5"), ("a", 3, "null"), ("a", 5, "5"), ("b", 2, "1"))
    expected = [
        ("a", day[0], 5, day[0], day[2]),
        ("a", day[2], None, day[2], day[4]),
        ("a", day[4], 5, day[4], None),
        ("b", day[1], 1, day[1], None),
    ]
    assert snapshot(trial, later, HISTORY) == expected
    before = trial.table("s").current_snapshot()
    assert snapshot(trial, later, HISTORY) == expected
    assert trial.table("s").current_snapshot() == before, "nothing new, nothing written"


def test_the_snapshot_strategies_of_dbt(trial: Trial) -> None:
    noted = {"strategy": "timestamp", "unique_key": "k", "updated_at": "seen"}
    sql = "select 'a' as k, timestamp '2011-01-0{} 00:00:00' as seen, {} as price"
    first, second = dt.datetime.fromisoformat("2011-01-01"), dt.datetime.fromisoformat("2011-01-03")
    assert snapshot(trial, sql.format(1, 5), noted) == [("a", first, 5, first, None)]
    assert snapshot(trial, sql.format(3, 6), noted) == [
        ("a", first, 5, first, second),
        ("a", second, 6, second, None),
    ]
    assert len(snapshot(trial, sql.format(3, 6), noted)) == 2
    checked = {"strategy": "check", "unique_key": "k", "check_cols": ["price"], "alias": "s"}
    trial.catalog.drop_table(("core", "s"))
    for price in (5, 5, 6):
        states = snapshot(trial, f"select 'a' as k, {price} as price", checked)
    assert [(k, price, until is None) for k, price, _, until in states] == [
        ("a", 5, False),
        ("a", 6, True),
    ]
