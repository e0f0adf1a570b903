"""Athena's statements that write, on a real catalog; what they did is read by PyIceberg."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings

STRUCT = "struct<8: a: optional int, 9: b: optional map<string, double>>"
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    return load_settings(folder=folder, environment={})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database shop comment 'what we sell'")
        # Never dropped, so that the database is not empty whichever test comes first.
        session.run("create table shop.standing (a int) tblproperties ('table_type'='iceberg')")
        yield session


@pytest.fixture(scope="module")
def catalog(home: Settings, session: AthenaSession) -> Iterator[Catalog]:
    with open_catalog(home) as catalog:
        yield catalog


def changed(session: AthenaSession, sql: str) -> int | None:
    return session.run(sql)[0].changed


def answer(session: AthenaSession, sql: str) -> list[tuple[str | None, ...]]:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [row for page in pages for row in page]


def held(catalog: Catalog, name: str) -> Rows:
    found = catalog.load_table(f"shop.{name}").scan().to_arrow()
    columns = [found.column(i).to_pylist() for i in range(found.num_columns)]
    return sorted(zip(*columns, strict=True), key=repr)


@pytest.fixture
def made(session: AthenaSession, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a table for this test alone, with three rows; gives its name."""

    def make(columns: str = "id bigint, name string, price decimal(10,2)") -> str:
        name = f"t{abs(hash(request.node.name))}"
        session.run(f"drop table if exists shop.{name}")
        session.run(f"create table shop.{name} ({columns}) tblproperties ('table_type'='iceberg')")
        if columns.startswith("id bigint, name"):
            values = "(1, 'one', 1.5), (2, 'two', 2.0), (3, null, null)"
            assert changed(session, f"insert into shop.{name} values {values}") == 3
        return name

    return make


def test_a_table_has_what_its_statement_says(session: AthenaSession, catalog: Catalog) -> None:
    session.run("""
        CREATE TABLE shop.events (id bigint COMMENT 'the key', at timestamp, tags array<string>,
            s struct<a:int,b:map<string,double>>, day date, code string)
        COMMENT 'all events'
        PARTITIONED BY (month(at), bucket(8, id), truncate(2, code), day)
        TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet', 'write_compression'='SNAPPY',
            'vacuum_min_snapshots_to_keep'='5')""")
    table = catalog.load_table("shop.events")
    assert [(f.name, str(f.field_type), f.required) for f in table.schema().fields] == [
        ("id", "long", False),
        ("at", "timestamp", False),
        ("tags", "list<string>", False),
        ("s", STRUCT, False),
        ("day", "date", False),
        ("code", "string", False),
    ]
    assert table.schema().find_field("id").doc == "the key"
    assert [str(f.transform) for f in table.spec().fields] == [
        "month",
        "bucket[8]",
        "truncate[2]",
        "identity",
    ]
    properties = table.properties
    assert properties["comment"] == "all events"
    assert properties["write.parquet.compression-codec"] == "snappy"
    assert properties["vacuum_min_snapshots_to_keep"] == "5"


def test_rows_are_inserted_by_place_or_by_name(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    assert changed(session, f"insert into shop.{name} (price, id) select decimal '7.0', 4") == 1
    rows = held(catalog, name)
    assert [(i, n, None if p is None else str(p)) for i, n, p in rows] == [
        (1, "one", "1.50"),
        (2, "two", "2.00"),
        (3, None, None),
        (4, None, "7.00"),
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ("(1, 2, 3)", "TYPE_MISMATCH"),  # a number is no string
        ("(1, 'a')", "TYPE_MISMATCH"),
        ("('1', 'a', 1)", "TYPE_MISMATCH"),
        ("(1, 'a', 1e0)", "TYPE_MISMATCH"),  # a double is wider than a decimal
        ("(1, 'a', 100)", "TYPE_MISMATCH"),  # an integer has ten digits before the point
    ],
)
def test_values_that_do_not_fit_are_refused(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str], values: str, code: str
) -> None:
    name = made()
    with pytest.raises(AthenaError) as refused:
        session.run(f"insert into shop.{name} values {values}")
    assert refused.value.code == code
    assert len(held(catalog, name)) == 3


def test_update_and_delete_change_what_the_condition_says(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    sql = f"update shop.{name} set name = upper(name) || '!', price = price / 3 where id < 3"
    assert changed(session, sql) == 2
    # decimal(10,2) / integer is decimal(10,2) in Trino: half up at two digits.
    assert [(i, n, str(p)) for i, n, p in held(catalog, name)] == [
        (1, "ONE!", "0.50"),
        (2, "TWO!", "0.67"),
        (3, None, "None"),
    ]
    assert changed(session, f"update shop.{name} set name = 'x' where false") == 0
    assert changed(session, f"update shop.{name} set name = 'x' where id > 100") == 0
    assert changed(session, f"delete from shop.{name} where name is null") == 1
    assert [row[0] for row in held(catalog, name)] == [1, 2]
    subquery = f"delete from shop.{name} where id in (select max(id) from shop.{name})"
    assert changed(session, subquery) == 1
    assert [row[0] for row in held(catalog, name)] == [1]
    assert changed(session, f"delete from shop.{name}") == 1
    assert held(catalog, name) == []


def test_merge_updates_deletes_and_inserts(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    into = f"MERGE INTO shop.{name} AS t USING (VALUES (1, 'uno'), (2, 'dos'), (9, 'new'), "
    sql = f"""{into} (10, 'no')) AS s(key, word) ON t.id = s.key
        WHEN MATCHED AND s.word <> 'uno' THEN UPDATE SET name = s.word, price = decimal '3.00'
        WHEN NOT MATCHED AND s.key < 10 THEN INSERT (id, name) VALUES (s.key, s.word)"""
    assert changed(session, sql) == 2
    assert [(i, n, None if p is None else str(p)) for i, n, p in held(catalog, name)] == [
        (1, "one", "1.50"),
        (2, "dos", "3.00"),
        (3, None, None),
        (9, "new", None),
    ]
    drop = f"MERGE INTO shop.{name} t USING (VALUES 9, 77) s(k) ON t.id = s.k WHEN MATCHED "
    assert changed(session, f"{drop} THEN DELETE") == 1
    assert [row[0] for row in held(catalog, name)] == [1, 2, 3]


# A row each: what the target is to hold afterwards, and how many rows were written.
MERGES = {
    "updates, the first that holds": (
        """using (values (1, 'p'), (2, 'q'), (3, 'q')) s(k, w) on t.id = s.k
        when matched and w = 'p' then update set name = 'first'
        when matched and t.id < 3 then update set name = 'second', price = null
        when matched and t.id = 3 then update set price = decimal '9'""",
        3,
        [(1, "first", "1.50"), (2, "second", None), (3, None, "9.00")],
    ),
    "a delete before an update, and its source is no new row": (
        """using (values (1, 'gone'), (2, 'kept'), (9, 'new'), (10, 'not')) s(k, w) on t.id = s.k
        when matched and w = 'gone' then delete
        when matched then update set name = w
        when not matched and w = 'not' then insert (id) values (-1)
        when not matched then insert (id, name) values (k, w)""",
        4,
        [(-1, None, None), (2, "kept", "2.00"), (3, None, None), (9, "new", None)],
    ),
    "an update before a delete": (
        """using (values 1, 2, 3) s(k) on t.id = s.k
        when matched and t.price > 1.7 then update set price = decimal '3'
        when matched then delete""",
        3,
        [(2, "two", "3.00")],
    ),
    "deletes, one of them never": (
        """using (values 1, 2) s(k) on t.id = s.k
        when matched and false then update set name = 'x'
        when matched and t.id = 1 then delete when matched and name is null then delete""",
        1,
        [(2, "two", "2.00"), (3, None, None)],
    ),
    "the table itself as its source": (
        """using shop.{name} s on t.id = s.id - 1
        when matched and s.id = 2 then delete when matched then update set name = s.name
        when not matched then insert values (s.id + 100, s.name, s.price)""",
        3,
        [(2, None, "2.00"), (3, None, None), (101, "one", "1.50")],
    ),
}


@pytest.mark.parametrize("case", MERGES)
def test_of_several_clauses_of_a_merge_the_first_that_holds_wins(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str], case: str
) -> None:
    name = made()
    sql, count, rows = MERGES[case]
    assert changed(session, f"merge into shop.{name} t {sql.format(name=name)}") == count
    found = [(i, n, None if p is None else str(p)) for i, n, p in held(catalog, name)]
    assert sorted(found, key=lambda row: int(str(row[0]))) == rows


@pytest.mark.parametrize(
    "clauses",
    [
        "when matched and t.id = 5 then delete when matched then update set name = 'x'",
        "when matched then delete",
        "when matched and name is null then update set name = 'x' when matched then delete",
    ],
)
def test_a_merge_that_would_take_a_row_twice_changes_nothing(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str], clauses: str
) -> None:
    name = made()
    before = held(catalog, name)
    with pytest.raises(AthenaError) as refused:
        session.run(f"merge into shop.{name} t using (values 1, 1) s(k) on t.id = s.k {clauses}")
    assert refused.value.code == "MERGE_TARGET_ROW_MULTIPLE_MATCHES"
    assert held(catalog, name) == before


def test_merge_refuses_two_sources_of_one_row(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    with pytest.raises(AthenaError) as refused:
        session.run(
            f"merge into shop.{name} t using (values 1, 1) s(k) on t.id = s.k "
            "when matched then update set name = 'x'"
        )
    assert refused.value.code == "MERGE_TARGET_ROW_MULTIPLE_MATCHES"
    assert "one" in {row[1] for row in held(catalog, name)}


def test_ctas_makes_a_table_with_its_rows(session: AthenaSession, catalog: Catalog) -> None:
    sql = """
        CREATE TABLE shop.monthly WITH (table_type = 'ICEBERG', is_external = false,
            partitioning = ARRAY['month(day)', 'bucket(4, id)'], write_compression = 'gzip')
        AS SELECT id, date_add('day', id * 20, DATE '2024-01-01') AS day, id / 2e0 AS half,
            1 AS one, cast(null as varchar) AS nothing
        FROM UNNEST(sequence(1, 5)) AS t(id)"""
    assert changed(session, sql) == 5
    table = catalog.load_table("shop.monthly")
    assert [(f.name, str(f.field_type)) for f in table.schema().fields] == [
        ("id", "long"),
        ("day", "date"),
        ("half", "double"),
        ("one", "int"),
        ("nothing", "string"),
    ]
    assert [str(f.transform) for f in table.spec().fields] == ["month", "bucket[4]"]
    assert table.properties["write.parquet.compression-codec"] == "gzip"
    assert held(catalog, "monthly")[0] == (1, date(2024, 1, 21), 0.5, 1, None)
    assert changed(session, "create table if not exists shop.monthly as select 1 a") is None
    with pytest.raises(AthenaError, match="TABLE_ALREADY_EXISTS"):
        session.run("create table shop.monthly as select 1 as a")
    assert changed(session, "create table shop.empty as select 1 as a with no data") == 0
    assert held(catalog, "empty") == []


def test_a_ctas_that_fails_leaves_nothing(session: AthenaSession, catalog: Catalog) -> None:
    with pytest.raises(AthenaError, match="DIVISION_BY_ZERO"):
        session.run(
            "create table shop.never as select 1 / (id - 3) as a from "
            "unnest(sequence(1, 5)) as t(id)"
        )
    assert not catalog.table_exists("shop.never")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("create table shop.a (id int)", "NOT_SUPPORTED"),
        ("create table shop.a (id tinyint) tblproperties ('table_type'='iceberg')",
         "NOT_SUPPORTED"),
        ("create table shop.a (id int, ID int) tblproperties ('table_type'='iceberg')",
         "DUPLICATE_COLUMN_NAME"),
        ("create table shop.a (id int) location 's3://b/' tblproperties ('table_type'='iceberg')",
         "NOT_SUPPORTED"),
        ("create table shop.a (id int) tblproperties ('table_type'='iceberg', 'x'='y')",
         "INVALID_TABLE_PROPERTY"),
        ("create table shop.a (id int) partitioned by (month(id)) "
         "tblproperties ('table_type'='iceberg')", "INVALID_TABLE_PROPERTY"),
        ("create table shop.a (id int) partitioned by (b) tblproperties ('table_type'='iceberg')",
         "COLUMN_NOT_FOUND"),
        ("create table nosuch.a (id int) tblproperties ('table_type'='iceberg')",
         "SCHEMA_NOT_FOUND"),
        ("create external table shop.a (id int) location 's3://b/'", "NOT_SUPPORTED"),
        ("create external table shop.a (id int)", "INVALID_TABLE_PROPERTY"),
        ("create table shop.a as select 1", "COLUMN_NAME_NOT_SPECIFIED"),
        ("create table shop.a as select 1 a, 2 a", "DUPLICATE_COLUMN_NAME"),
        ("create table shop.a as select json '1' a", "NOT_SUPPORTED"),
        ("create table shop.a with (format = 'ORC', table_type='ICEBERG') as select 1 a",
         "INVALID_TABLE_PROPERTY"),
        ("insert into shop.nosuch values (1)", "TABLE_NOT_FOUND"),
        ("drop table shop.nosuch", "TABLE_NOT_FOUND"),
        ("drop database nosuch", "SCHEMA_NOT_FOUND"),
        ("drop database shop", "SCHEMA_NOT_EMPTY"),
        ("create database shop", "SCHEMA_ALREADY_EXISTS"),
        ("alter table shop.nosuch add columns (a int)", "TABLE_NOT_FOUND"),
        ("insert into other.shop.events values (1)", "CATALOG_NOT_FOUND"),
        ("msck repair table shop.none", "TABLE_NOT_FOUND"),
    ],
)  # fmt: skip
def test_what_athena_refuses_is_refused_by_its_code(
    session: AthenaSession, catalog: Catalog, sql: str, code: str
) -> None:
    with pytest.raises(AthenaError) as refused:
        session.run(sql)
    assert refused.value.code == code
    assert not catalog.table_exists("shop.a")


def test_columns_evolve(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    for change in (
        "add columns (note string comment 'a note', n int)",
        "change column n number bigint comment 'wider' after id",
        "drop column price",
        "change name title string first",
        "set tblproperties ('write_compression'='zstd', 'vacuum_max_snapshot_age_seconds'='60')",
        "unset tblproperties ('vacuum_max_snapshot_age_seconds')",
    ):
        session.run(f"alter table shop.{name} {change}")
    table = catalog.load_table(f"shop.{name}")
    assert [(f.name, str(f.field_type), f.doc) for f in table.schema().fields] == [
        ("title", "string", None),
        ("id", "long", None),
        ("number", "long", "wider"),
        ("note", "string", "a note"),
    ]
    assert table.properties["write_compression"] == "zstd"
    assert "vacuum_max_snapshot_age_seconds" not in table.properties
    assert answer(session, f"select title, id, number from shop.{name} where id = 1") == [
        ("one", "1", None)
    ]
    for refused in ("change id id string", "drop column nosuch", "add columns (id int)",
                    "replace columns (a int)", "add partition (a = 1)"):  # fmt: skip
        with pytest.raises(AthenaError):
            session.run(f"alter table shop.{name} {refused}")


def test_views_are_queries_with_a_name(
    session: AthenaSession, home: Settings, made: Callable[[str], str]
) -> None:
    name = made()
    session.run(
        f"create view shop.cheap as select id, price * 2 as twice from shop.{name} where price < 2"
    )
    session.run("create or replace view shop.names as select id from shop.cheap")
    assert answer(session, "select * from shop.cheap") == [("1", "3.00")]
    session.run(f"insert into shop.{name} values (8, 'eight', 0.25)")
    assert sorted(answer(session, "select n.id from shop.names n")) == [("1",), ("8",)]
    session.run("create or replace view shop.names as select id + 1 as next from shop.cheap")
    assert sorted(answer(session, "select next from shop.names")) == [("2",), ("9",)]
    with open_athena(home) as reading:
        assert answer(reading, "select count(*) from shop.names") == [("2",)]
    for sql, code in (
        ("create view shop.cheap as select 1 as a", "TABLE_ALREADY_EXISTS"),
        (f"create view shop.{name} as select 1 as a", "TABLE_ALREADY_EXISTS"),
        ("create view shop.bad as select nosuch from shop.cheap", "COLUMN_NOT_FOUND"),
        ("create view shop.bad as select 1", "COLUMN_NAME_NOT_SPECIFIED"),
        ("insert into shop.cheap values (1, 2)", "NOT_SUPPORTED"),
        ("drop table shop.cheap", "TABLE_NOT_FOUND"),
        ("select * from shop.cheap for version as of 1", "NOT_SUPPORTED"),
    ):
        with pytest.raises(AthenaError) as refused:
            session.run(sql)
        assert refused.value.code == code
    session.run(
        "create or replace view shop.cheap as select next as id, 1.0 as twice from shop.names"
    )
    with pytest.raises(AthenaError, match="recursive"):
        session.run("select * from shop.names")
    for view in ("names", "cheap"):
        session.run(f"drop view shop.{view}")
    session.run("drop view if exists shop.names")
    with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
        session.run("select * from shop.names")


def test_statements_are_prepared_and_executed(
    session: AthenaSession, home: Settings, made: Callable[[str], str]
) -> None:
    name = made()
    session.run(f"prepare cheap from select id from shop.{name} where price < ? and id <> ?")
    with open_athena(home) as other:
        assert answer(other, "execute cheap using 1.75, 7") == [("1",)]
        assert answer(other, "execute cheap using decimal '1.0', 1") == []
        for wrong in ("execute cheap", "execute cheap using 1, 2, 3", "execute nosuch using 1"):
            with pytest.raises(AthenaError):
                other.run(wrong)
        assert answer(other, "execute immediate 'select ? || ?' using 'a', 'b'") == [("ab",)]
    session.run(f"prepare add from insert into shop.{name} values (?, ?, ?)")
    assert changed(session, "execute add using 5, 'five', 5.5") == 1
    assert answer(session, f"select name from shop.{name} where id = 5") == [("five",)]
    session.run("deallocate prepare cheap")
    with pytest.raises(AthenaError, match="not found"):
        session.run("execute cheap using 1, 2")


def test_a_reading_session_writes_nothing(home: Settings, session: AthenaSession) -> None:
    with open_athena(home) as reading:
        for sql in ("create table shop.x as select 1 a", "drop database shop cascade",
                    "create view shop.v as select 1 a", "delete from shop.events",
                    "execute immediate 'drop table shop.events'"):  # fmt: skip
            with pytest.raises(AthenaError) as refused:
                reading.run(sql)
            assert refused.value.code == "PERMISSION_DENIED"
            assert "--write" in refused.value.hint


def test_moments_are_kept_to_the_microsecond(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made("at timestamp, zoned timestamp with time zone, day date")
    session.run(
        f"insert into shop.{name} values (timestamp '2024-05-06 07:08:09.123456', "
        "timestamp '2024-05-06 07:08:09.5 Asia/Tokyo', date '2024-02-29')"
    )
    assert held(catalog, name) == [
        (
            datetime(2024, 5, 6, 7, 8, 9, 123456),  # noqa: DTZ001 - a timestamp without a zone
            datetime(2024, 5, 5, 22, 8, 9, 500000, tzinfo=UTC),
            date(2024, 2, 29),
        )
    ]


def test_dropped_tables_leave_no_files(session: AthenaSession, catalog: Catalog) -> None:
    session.run("create table shop.gone as select 1 as a")
    folder = Path(catalog.load_table("shop.gone").location().removeprefix("file://"))
    assert list(folder.rglob("*.parquet"))
    session.run("drop table shop.gone")
    assert not list(folder.rglob("*.parquet"))


def test_definitions_are_shown(session: AthenaSession) -> None:
    session.run("""
        create table shop.shown (id bigint comment 'the key', at timestamp)
        comment 'it''s shown' partitioned by (day(at), bucket(4, id))
        tblproperties ('table_type'='iceberg', 'write_compression'='gzip')""")
    lines = [line for (line,) in answer(session, "show create table shop.shown")]
    location = lines[lines.index("LOCATION") + 1]
    assert "/shown" in location
    assert [line for line in lines if line != location] == [
        "CREATE TABLE shop.shown (",
        "  id bigint COMMENT 'the key',",
        "  at timestamp)",
        "COMMENT 'it''s shown'",
        "PARTITIONED BY (day(`at`), bucket(4, `id`))",
        "LOCATION",
        "TBLPROPERTIES (",
        "  'format'='parquet',",
        "  'table_type'='iceberg',",
        "  'write_compression'='gzip');",
    ]
    assert answer(session, "describe shop.shown") == [
        ("id", "bigint", "the key"),
        ("at", "timestamp", ""),
    ]
    assert ("write_compression", "gzip") in answer(session, "show tblproperties shop.shown")
    asked = "show tblproperties shop.shown('format')"
    assert answer(session, asked) == [("format", "parquet")]
    session.run("insert into shop.shown values (1, timestamp '2024-05-06 07:08:09')")
    ((partition,),) = answer(session, "show partitions shop.shown")
    assert partition
    assert partition.startswith("day(at)=2024-05-06/bucket(4, id)=")
    session.run("create view shop.seen as select id\nfrom shop.shown")
    assert answer(session, "show create view shop.seen") == [
        ("CREATE VIEW shop.seen AS",),
        ("select id",),
        ("from shop.shown",),
    ]
    assert answer(session, "show views in shop") == [("seen",)]
    assert ("seen",) in answer(session, "show tables in shop 's*'")
    assert answer(session, "describe shop.seen") == [("id", "bigint", "")]
    session.run("drop view shop.seen")


def test_metadata_tables(
    session: AthenaSession, catalog: Catalog, made: Callable[[str], str]
) -> None:
    name = made()
    session.run(f"delete from shop.{name} where id = 1")
    table = catalog.load_table(f"shop.{name}")
    first, second = table.metadata.snapshots
    asked = f'select snapshot_id, parent_id, operation from shop."{name}$snapshots" order by 2'
    rows = answer(session, asked)
    assert [row[:2] for row in rows] == [
        (str(second.snapshot_id), str(first.snapshot_id)),
        (str(first.snapshot_id), None),
    ]
    assert rows[1][2] == "append"
    assert answer(
        session,
        f'select count(*), count_if(is_current_ancestor) from shop."{name}$history"',
    ) == [("2", "2")]
    ((moment,),) = answer(session, f'select max(committed_at) from "shop"."{name}$snapshots"')
    assert moment
    assert moment.endswith(" UTC")
    files = f'select sum(record_count) from shop."{name}$files" where content = 0'
    assert answer(session, files) == [("3",)]
    bounds = f'select lower_bounds[1], upper_bounds[2] from shop."{name}$files" where content = 0'
    assert answer(session, bounds) == [("1", "two")]
    refs = f'select name, type, snapshot_id from shop."{name}$refs"'
    assert answer(session, refs) == [("main", "BRANCH", str(second.snapshot_id))]
    manifests = f'select sum(added_rows_count) from shop."{name}$manifests"'
    assert int(str(answer(session, manifests)[0][0])) >= 3
    partitions = f'select record_count, file_count from shop."{name}$partitions"'
    assert answer(session, partitions) == [("3", "1")]
    before = f"select count(*) from shop.{name} for version as of {first.snapshot_id}"
    assert answer(session, before) == [("3",)]
    moments = [datetime.fromtimestamp(s.timestamp_ms / 1000, UTC) for s in (first, second)]
    for at, rows_then in zip(moments, ("3", "2"), strict=True):
        past = f"for timestamp as of timestamp '{at:%Y-%m-%d %H:%M:%S.%f} UTC' as t"
        assert answer(session, f"select count(*) from shop.{name} {past}") == [(rows_then,)]
    now = f"select count(*) from shop.{name} for timestamp as of current_timestamp"
    assert answer(session, now) == [("2",)]
    with pytest.raises(AthenaError):
        session.run(f"select * from shop.{name} for version as of 1")
    for wrong in (f'shop."{name}$nosuch"', 'shop."nosuch$files"'):
        with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
            session.run(f"select * from {wrong}")
    with pytest.raises(AthenaError):
        session.run(f'delete from shop."{name}$files"')
