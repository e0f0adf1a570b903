"""Query executions on a real catalog: what is recorded, kept, used again, cut off and stopped."""

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lakehouse.athena.executing import open_executions
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import QueryError
from lakehouse.query import open_session
from lakehouse.query.executions import (
    Archive,
    CancelledError,
    Executions,
    ScanCutoffError,
    State,
    open_archive,
)

FOREVER = (
    "select sum(a.i * b.i * c.i) from unnest(sequence(1, 10000)) a(i) "
    "cross join unnest(sequence(1, 10000)) b(i) cross join unnest(sequence(1, 10000)) c(i)"
)
HOUR = timedelta(hours=1)
CONFIG = """
[workgroups.cut]
scan_cutoff = "10MB"
[workgroups.etl]
write = true
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    (folder / "lakehouse.toml").write_text(CONFIG)
    settings = load_settings(folder=folder, environment={})
    with open_session(settings, write=True) as session:
        session.run("create schema core")
        session.run("create table core.days (id bigint, day date, name varchar, noise varchar)")
        for month in (1, 2, 3):
            session.run(
                f"insert into core.days select {month} * 1000 + i, date '2024-0{month}-01' + "
                "(i % 28)::int, 'n' || i, md5(i::varchar) from range(1000) t(i)"
            )
        session.run(
            "create table core.wide as select md5((i * 7 + j)::varchar) || md5((i + j)::varchar) "
            "as a, i as b from range(600000) t(i), range(1) u(j)"
        )
    return settings


@pytest.fixture(scope="module")
def executions(home: Settings) -> Iterator[Executions]:
    with open_executions(home) as opened:
        yield opened


def files(settings: Settings, table: str) -> list[Path]:
    with open_catalog(settings) as catalog:
        tasks = catalog.load_table(table).scan().plan_files()
    return [Path(task.file.file_path.removeprefix("file://")) for task in tasks]


def chunk_bytes(file: Path, *columns: str) -> int:
    """The compressed bytes of columns of a file, by its own footer."""
    metadata = pq.read_metadata(file)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    return sum(c.total_compressed_size for c in chunks if c.path_in_schema in columns)


def test_what_is_recorded(home: Settings, executions: Executions) -> None:
    handle = executions.start("select id, name from days where id = ? and name <> ?", [2003, "x"])
    found = handle.wait()
    assert (found.state, found.rows, found.workgroup) == (State.SUCCEEDED, 1, "primary")
    assert found.parameters == ("2003", "'x'")
    assert found.submitted_at <= found.started_at <= found.ended_at
    assert handle.page().to_pylist() == [{"id": 2003, "name": "n3"}]
    with open_catalog(home) as catalog:
        snapshot = catalog.load_table("core.days").current_snapshot()
    (read,) = found.tables
    assert (read.name, read.snapshot_id) == ("core.days", snapshot.snapshot_id)
    # Of three files one can hold the id; the condition's columns count too.
    (file,) = [f for f in files(home, "core.days") if 2003 in pq.read_table(f)["id"].to_pylist()]
    assert found.files_scanned == 1
    assert found.bytes_scanned == chunk_bytes(file, "id", "name")
    assert found.cost == pytest.approx(10 * 2**20 / 2**40 * 5)
    with open_archive(home) as archive:
        assert archive.execution(found.id) == found
        assert archive.execution(found.id[:13]) == found
        assert archive.page(found.id).to_pylist() == [{"id": 2003, "name": "n3"}]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("", 3),
        ("where day >= date '2024-02-01'", 2),
        ("where day = date '2023-01-01'", 0),
        ("where id in (1001, 3001)", 2),
        ("where id = 1001 or id = 1002", 1),
        ("where id < 2000 and day > date '2024-01-02'", 1),
        ("where id between 2000 and 3000", 2),
        ("where length(name) > 1", 3),
    ],
)
def test_bytes_are_of_the_columns_and_files_that_are_needed(
    home: Settings, executions: Executions, where: str, kept: int
) -> None:
    found = executions.complete(f"select noise from days {where}")
    used = {"noise", *(c for c in ("id", "day", "name") if f"{c} " in where or f"{c})" in where)}
    everything = files(home, "core.days")
    sizes = sorted(chunk_bytes(file, *used) for file in everything)
    assert found.files_scanned == kept
    if kept == len(everything):
        assert found.bytes_scanned == sum(sizes)
    else:
        assert sum(sizes[:kept]) <= found.bytes_scanned <= sum(sizes[len(sizes) - kept :])


def test_a_join_counts_both_sides(home: Settings, executions: Executions) -> None:
    found = executions.complete("select count(*) from days a join wide b on a.id = b.b")
    by_name = {table.name: table.bytes for table in found.tables}
    assert by_name == {
        "core.days": sum(chunk_bytes(file, "id") for file in files(home, "core.days")),
        "core.wide": sum(chunk_bytes(file, "b") for file in files(home, "core.wide")),
    }


def test_the_result_is_kept_as_athena_keeps_it(home: Settings, executions: Executions) -> None:
    sql = (
        """select null as n, '' as e, 'say "x", y' as t, 1e100 as d, array[1, null] as a, 1 as n"""
    )
    found = executions.complete(sql)
    place = Path(found.result_location) / f"{found.id}.csv"
    assert place.read_bytes() == (
        b'"n","e","t","d","a","n"\n,"","say ""x"", y","1.0E100","[1, null]","1"\n'
    )
    described = json.loads(place.with_name(place.name + ".metadata").read_text())
    assert (described["rows"], described["query_execution_id"]) == (1, found.id)
    assert [c["type"] for c in described["columns"]][1:] == [
        "varchar(0)", "varchar(10)", "double", "array(integer)", "integer",
    ]  # fmt: skip
    with open_archive(home) as archive:
        (page,) = archive.place(found.id).printed().pages()
    assert [column[0].as_py() for column in page.columns] == [
        None, "", 'say "x", y', "1.0E100", "[1, null]", "1",
    ]  # fmt: skip


def test_pages_of_a_large_result(executions: Executions) -> None:
    handle = executions.start("select b from wide order by b")
    assert handle.wait().rows == 600_000
    assert handle.page(599_998, 10)["b"].to_pylist() == [599_998, 599_999]
    assert handle.page(12_286, 4)["b"].to_pylist() == [12_286, 12_287, 12_288, 12_289]
    assert handle.page(700_000).num_rows == 0


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select 1/0", "DIVISION_BY_ZERO"),
        ("selec 1", "SYNTAX_ERROR"),
        ("select x", "COLUMN_NOT_FOUND"),
    ],
)
def test_a_failed_execution_says_why_and_costs_nothing(
    executions: Executions, sql: str, code: str
) -> None:
    handle = executions.start(sql)
    found = handle.wait()
    assert (found.state, found.error_code, found.cost) == (State.FAILED, code, 0.0)
    with pytest.raises(QueryError, match=code):
        handle.page()
    assert not list(Path(found.result_location).glob(f"{found.id}*"))


def test_an_execution_is_cancelled(executions: Executions) -> None:
    handle = executions.start(FOREVER)
    waiting = executions.start("select 1")
    assert waiting.state is State.QUEUED
    waiting.cancel()
    handle.cancel()
    assert handle.wait().state is State.CANCELLED
    assert waiting.wait().state is State.CANCELLED
    assert handle.execution.error_code == "USER_CANCELED"
    with pytest.raises(CancelledError):
        handle.result()
    assert executions.start("select 1").wait().state is State.SUCCEEDED


def test_a_scan_over_the_cutoff_is_refused(home: Settings) -> None:
    size = sum(chunk_bytes(file, "a") for file in files(home, "core.wide"))
    assert size > 10_000_000
    with open_executions(home, workgroup="cut") as cut:
        handle = cut.start("select max(a) from wide")
        found = handle.wait()
        assert (found.state, found.bytes_scanned, found.cost) == (State.CANCELLED, 0, 0.0)
        with pytest.raises(ScanCutoffError, match="Bytes scanned limit was exceeded") as refused:
            handle.result()
        assert f"{size:,}" in refused.value.hint
        assert cut.complete("select max(b) from wide").state is State.SUCCEEDED
        assert cut.start("select nosuch from wide").wait().error_code == "COLUMN_NOT_FOUND"


def test_a_result_is_used_again_only_while_nothing_changed(home: Settings) -> None:
    with open_executions(home, workgroup="etl") as etl:

        def reused(sql: str, parameters: list[object] | None = None) -> bool:
            return etl.complete(sql, parameters or [], reuse=HOUR).reused

        etl.complete(
            "create table core.r with (table_type = 'ICEBERG', is_external = false) as "
            "select 1 as x"
        )
        etl.complete("create view core.v as select x + 1 as y from core.r")
        etl.complete("create view core.clock as select x, now() as at from core.r")
        table, view = "select count(*) from r", "select sum(y) from v"
        for sql in (table, view, "select 1 + 1"):
            assert not reused(sql)
            assert reused(sql)
        assert not etl.complete(table).reused
        assert not etl.complete(table, reuse=timedelta(0)).reused
        assert not reused("select ? + x from r", [1])
        assert not reused("select ? + x from r", [2])
        assert reused("select ? + x from r", [1])
        for sql in (
            "select random()", "select now()", "select uuid()", "select x, current_date from r",
            "select * from clock", 'select * from "r$snapshots"', "show tables",
            "select * from days tablesample bernoulli (50)",
        ):  # fmt: skip
            etl.start(sql, reuse=HOUR).wait()
            assert not etl.start(sql, reuse=HOUR).wait().reused, sql
        again = etl.start(table, reuse=HOUR)
        found = again.wait()
        assert (found.reused, found.bytes_scanned, found.cost, found.rows) == (True, 0, 0.0, 1)
        assert again.page().to_pydict() == {"_col0": [1]}
        etl.complete("insert into core.r select 5")
        assert not reused(table)
        assert not reused(view)
        etl.complete("alter table core.r add columns (z int)")
        assert not reused(table)
        assert reused(view) is False
        etl.complete("create or replace view core.v as select x + 2 as y from core.r")
        assert not reused(view)
        assert reused(view)
        etl.complete("drop view core.v")
        assert etl.start(view, reuse=HOUR).wait().state is State.FAILED


def test_values_of_every_kind_are_parameters(executions: Executions) -> None:
    values = [None, 2**63 - 1, 1.5, True, "it's ?", b"\x00\xff", date(2024, 2, 29), [1, None]]
    handle = executions.start(f"select {', '.join('?' * len(values))}", values)
    handle.wait()
    assert [column[0].as_py() for column in handle.page().columns] == values
    with pytest.raises(QueryError, match="can be a set"):
        executions.start("select ?", [{1}])
    assert executions.start("select ?", [1, 2]).wait().error_code == "INVALID_PARAMETER_USAGE"


def test_the_other_dialect_has_executions_too(home: Settings) -> None:
    with open_executions(home, dialect="duckdb") as duck:
        sql = "select name, ?::varchar as x from days where day > ? order by id limit 1"
        handle = duck.start(sql, ["a", date(2024, 3, 1)])
        assert handle.wait().files_scanned == 1
        assert handle.page().to_pylist() == [{"name": "n1", "x": "a"}]
        assert duck.complete("from days select sum(id)", reuse=HOUR).reused is False
        assert duck.complete("from days select sum(id)", reuse=HOUR).reused is True
        for sql in (
            "select now()",
            "from days using sample 10",
            "pivot days on day using count(*)",
        ):
            duck.complete(sql, reuse=HOUR)
            assert duck.complete(sql, reuse=HOUR).reused is False


def sql_process(home: Settings, sql: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lakehouse", "--home", str(home.home), "sql", sql]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def running(archive: Archive, process: subprocess.Popen[str], sql: str) -> str:
    """The id of the execution, once the process is in the middle of it."""
    while True:
        for found in archive.listed(state=State.RUNNING, containing=sql):
            return found.id
        assert process.poll() is None, process.stderr.read()


def test_queries_of_other_processes_are_stopped_and_buried(home: Settings) -> None:
    marks = ("stop", "interrupt", "kill")
    with ExitStack() as held, open_archive(home) as archive:
        started = {m: held.enter_context(sql_process(home, f"{FOREVER} -- {m}")) for m in marks}
        ids = {m: running(archive, started[m], f"{FOREVER} -- {m}") for m in marks}
        assert archive.stop(ids["stop"]).state is State.CANCELLED
        _, err = started["stop"].communicate()
        assert started["stop"].returncode == 5
        assert "USER_CANCELED" in err
        with pytest.raises(QueryError, match="ended already"):
            archive.stop(ids["stop"])
        started["interrupt"].send_signal(signal.SIGINT)
        assert started["interrupt"].wait() == 130
        assert archive.execution(ids["interrupt"]).state is State.CANCELLED
        started["kill"].kill()
        started["kill"].wait()
        found = archive.execution(ids["kill"])
        assert found.state is State.FAILED
        assert "process that ran it has ended" in found.error


def test_csv_of_a_result_reads_back(executions: Executions) -> None:
    handle = executions.start(
        "select * from (values ('a\nb', null), (null, ''), (null, null)) t(x, y)"
    )
    found = handle.wait()
    text = (Path(found.result_location) / f"{found.id}.csv").read_text()
    assert [tuple(row) for row in csv.reader(io.StringIO(text))][1:] == [
        ("a\nb", ""), ("", ""), ("", ""),
    ]  # fmt: skip
