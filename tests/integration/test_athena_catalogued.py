"""`"$path"`, information_schema and EXPLAIN: what a person may ask about tables and queries."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings

Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(folder=tmp_path_factory.mktemp("home"), environment={})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database shop")
        session.run("""
            create table shop.days (id bigint comment 'the key', day date, v decimal(5,2))
            partitioned by (day) tblproperties ('table_type'='iceberg')""")
        session.run("""insert into shop.days values
            (1, date '2024-01-01', decimal '1.5'), (2, date '2024-01-02', decimal '2')""")
        session.run("create view shop.doubled as select id, v * 2 as w from shop.days")
        raw = home.home / "raw"
        raw.mkdir()
        (raw / "a.txt").write_text("1\n2\n")
        session.run(f"""create external table shop.raw (a int, b array<string>)
            partitioned by (p string) location '{raw}'""")
        session.run(f"alter table shop.raw add partition (p = 'x') location '{raw}'")
        yield session


def answer(session: AthenaSession, sql: str) -> Rows:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [row for page in pages for row in page]


def plan(session: AthenaSession, sql: str) -> str:
    return "".join(str(row[-1]) for row in answer(session, sql))


def test_a_row_tells_its_file(session: AthenaSession, home: Settings) -> None:
    with open_catalog(home) as catalog:
        files = catalog.load_table("shop.days").scan().plan_files()
        expected = {str(task.file.partition[0]): task.file.file_path for task in files}
    assert len(expected) == 2
    found = answer(session, 'select "$path" from shop.days order by id')
    assert {path for (path,) in found} == set(expected.values())
    assert answer(session, "select * from shop.days where id = 1") == [("1", "2024-01-01", "1.50")]
    sql = "select t.id, t.* from shop.days t where t.\"$path\" like '%2024-01-02%'"
    assert answer(session, sql) == [("2", "2", "2024-01-02", "2.00")]
    joined = """select count(*) from "shop"."days$files" f
        join "AwsDataCatalog".shop.days t on f.file_path = t."$PATH" """
    assert answer(session, joined) == [("2",)]
    with pytest.raises(AthenaError, match="COLUMN_NOT_FOUND"):
        session.run('select "$path" from shop.doubled')


def test_information_schema_tells_what_there_is(session: AthenaSession) -> None:
    base, view = "BASE TABLE", "VIEW"
    assert answer(session, """select table_name, table_type from information_schema.tables
        where table_schema = 'shop' order by 1""") == [
        ("days", base), ("doubled", view), ("raw", base)
    ]  # fmt: skip
    assert ("awsdatacatalog", "shop") in answer(session, "TABLE information_schema.schemata")
    assert answer(session, 'SELECT "view_definition" FROM "information_schema"."views"') == [
        ("select id, v * 2 as w from shop.days",)
    ]
    columns = answer(
        session,
        """
        SELECT table_name, column_name, ordinal_position, data_type, comment, extra_info
        FROM AwsDataCatalog.INFORMATION_SCHEMA.columns WHERE table_schema = 'shop'
        ORDER BY table_name, ordinal_position""",
    )
    assert columns == [
        ("days", "id", "1", "bigint", "the key", None),
        ("days", "day", "2", "date", None, "partition key"),
        ("days", "v", "3", "decimal(5,2)", None, None),
        ("doubled", "id", "1", "bigint", None, None),
        ("doubled", "w", "2", "decimal(15,2)", None, None),
        ("raw", "a", "1", "integer", None, None),
        ("raw", "b", "2", "array(varchar)", None, None),
        ("raw", "p", "3", "varchar", None, "partition key"),
    ]
    with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
        session.run("select * from information_schema.nothing")
    with pytest.raises(AthenaError, match="NOT_SUPPORTED"):
        session.run("delete from information_schema.tables")


def test_explain_tells_the_files_of_each_table(session: AthenaSession, home: Settings) -> None:
    with open_catalog(home) as catalog:
        entries = catalog.load_table("shop.days").inspect.files().to_pylist()
    assert len(entries) == 2
    one = plan(session, "EXPLAIN SELECT id FROM shop.days WHERE day = DATE '2024-01-01'")
    assert "ICEBERG_SCAN" in one
    assert one.splitlines()[-1].startswith("shop.days: 1 file, ")
    both = plan(session, "explain analyze select count(*) from shop.doubled where w > 0")
    assert "shop.days: 2 files, " in both
    size = (home.home / "raw" / "a.txt").stat().st_size
    io = json.loads(plan(session, "explain (type io) select a, id from shop.raw, shop.days"))
    read = {each["table"]["schemaTable"]["table"]: each for each in io["inputTableColumnInfos"]}
    assert (read["raw"]["files"], read["raw"]["bytes"]) == (1, size)
    assert read["days"]["files"] == 2
    assert 0 < read["days"]["bytes"] < sum(entry["file_size_in_bytes"] for entry in entries)


def test_explain_has_the_options_of_athena(session: AthenaSession) -> None:
    made = json.loads(plan(session, "EXPLAIN (FORMAT JSON, TYPE DISTRIBUTED) SELECT 1"))
    assert (set(made), made["tables"]) == ({"plan", "tables"}, [])
    assert json.loads(plan(session, "explain analyze (format json) select 1"))["tables"] == []
    assert plan(session, "explain (format graphviz) select 1").lstrip().startswith("digraph")
    assert answer(session, "explain (type validate) select * from shop.days") == [("true",)]
    for sql, code in (
        ("explain (type validate) select nosuch from shop.days", "COLUMN_NOT_FOUND"),
        ("explain (type logical, type io) select 1", "INVALID_ARGUMENTS"),
        ("explain analyze (type io) select 1", "NOT_SUPPORTED"),
        ("explain (format yaml) select 1", "SYNTAX_ERROR"),
        ("explain drop table shop.days", "NOT_SUPPORTED"),
    ):
        with pytest.raises(AthenaError) as refused:
            session.run(sql)
        assert refused.value.code == code


def test_nothing_in_the_catalog_is_an_empty_table(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment={})
    with open_athena(settings, write=True) as session:
        for name in ("tables", "columns", "views"):
            assert answer(session, f"select * from information_schema.{name}") == []
