"""The database of a session: what a name without one means, in every kind of statement."""

import csv
import io
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings, load_settings

Rows = list[tuple[str | None, ...]]
ICEBERG = "tblproperties ('table_type'='iceberg')"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("home")
    return load_settings(folder=folder, environment={}, flags={"query.database": "Shop"})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database shop")
        session.run("create database other")
        session.run(f"create table other.t (id int) {ICEBERG}")
        session.run(f"create table t (id int) {ICEBERG}")
        session.run("insert into t values (1), (2)")
        yield session


def answer(session: AthenaSession, sql: str) -> Rows:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [row for page in pages for row in page]


def test_every_statement_means_the_database_of_the_session(
    session: AthenaSession, home: Settings
) -> None:
    assert answer(session, "select count(*) from t") == [("2",)]
    assert answer(session, "select count(*) from shop.t") == [("2",)]
    assert answer(session, "select count(*) from other.t") == [("0",)]
    assert answer(session, 'select operation from "t$snapshots"') == [("append",)]
    session.run("create view v as select id from t where id > 1")
    assert answer(session, "show views") == [("v",)]
    session.run("create table c with (table_type = 'iceberg') as select * from v")
    session.run("merge into c using t on c.id = t.id when not matched then insert values (t.id)")
    session.run("update c set id = 9 where id = 1")
    assert answer(session, "select id from shop.c order by id") == [("2",), ("9",)]
    assert answer(session, "show tables") == [("c",), ("t",), ("v",)]
    assert answer(session, "describe c") == [("id", "int", "")]
    session.run("alter table c add columns (x int)")
    session.run("optimize c rewrite data using bin_pack")
    raw = home.home / "raw"
    raw.mkdir()
    (raw / "a").write_text("7\n")
    session.run(f"create external table e (a int) location '{raw}'")
    assert answer(session, "select a from shop.e") == [("7",)]
    for sql in ("drop table e", "drop view v", "drop table c"):
        session.run(sql)
    assert answer(session, "show tables in shop") == [("t",)]


def test_a_view_keeps_its_own_database(session: AthenaSession, home: Settings) -> None:
    session.run("create view kept as select count(*) as n from t")
    flags = {"home": home.home, "query.database": "other"}
    with open_athena(load_settings(folder=home.home, environment={}, flags=flags)) as elsewhere:
        assert answer(elsewhere, "select n from shop.kept") == [("2",)]
        assert answer(elsewhere, "select count(*) from t") == [("0",)]
        with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
            elsewhere.run("select * from kept")
    session.run("drop view kept")


def test_use_is_refused_and_says_what_to_do(session: AthenaSession) -> None:
    with pytest.raises(AthenaError, match="NOT_SUPPORTED") as refused:
        session.run("USE other")
    assert "--database" in refused.value.hint


@pytest.mark.usefixtures("session")
def test_the_command_takes_the_database_and_writes_athenas_csv(home: Settings) -> None:
    sql = """select id, cast(null as varchar) as nothing, '' as "em""pty", 'a"b,c' as quoted
        from t order by id limit 1"""
    arguments = ["--home", str(home.home), "sql", "--database", "shop", "--format", "athena-csv"]
    done = CliRunner().invoke(lakehouse, [*arguments, sql])
    assert done.exit_code == 0
    assert done.stdout == '"id","nothing","em""pty","quoted"\n"1",,"","a""b,c"\n'
    assert list(csv.reader(io.StringIO(done.stdout)))[1] == ["1", "", "", 'a"b,c']
    plain = ["--home", str(home.home), "sql", "--dialect", "duckdb", "--database", "other"]
    counted = CliRunner().invoke(lakehouse, [*plain, "--format", "csv", "select count(*) n from t"])
    assert counted.stdout == "n\n0\n"
