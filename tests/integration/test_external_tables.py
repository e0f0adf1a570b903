"""External tables: raw files read by Athena's SerDes; expected rows follow from the files' text."""

import bz2
import gzip
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import orc, parquet

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import Settings, load_settings
from lakehouse.errors import QueryError
from lakehouse.query import open_session

Rows = list[tuple[str | None, ...]]
CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
OPENX = "org.openx.data.jsonserde.JsonSerDe"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    return load_settings(folder=folder, environment={})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database raw")
        yield session


@pytest.fixture
def folder(home: Settings, request: pytest.FixtureRequest) -> Path:
    made = home.home / "files ☃" / str(request.node.name)
    made.mkdir(parents=True)
    return made


def answer(session: AthenaSession, sql: str) -> Rows:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [row for page in pages for row in page]


def refused(session: AthenaSession, sql: str) -> str:
    with pytest.raises(AthenaError) as error:
        answer(session, sql)
    return error.value.code


def at(folder: Path) -> str:
    return "'" + str(folder).replace("\\", "\\\\").replace("'", "\\'") + "'"


def put(file: Path, content: str | bytes) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def test_csv_is_read_as_opencsvserde_reads_it(session: AthenaSession, folder: Path) -> None:
    lines = ["id,name,n", '1,"a, b",1', '2,"say ""hi""",', "3,plain,x,more", r'4,"\"q\"",7', "5"]
    path = put(folder / "a.csv", "\n".join(lines) + "\n")
    put(folder / "_SUCCESS", "no data")
    put(folder / "empty.csv", "")
    put(folder / "header.csv", "id,name,n")
    session.run(f"""
        CREATE EXTERNAL TABLE raw.csv_texts (id string, name string, n string)
        ROW FORMAT SERDE '{CSV}'
        WITH SERDEPROPERTIES ("separatorChar" = ",", "quoteChar" = "\\"", 'escapeChar' = '\\\\')
        LOCATION {at(folder)} TBLPROPERTIES ('skip.header.line.count'='1')""")
    assert answer(session, 'select *, "$path" = ' + f"'{path.replace(chr(39), chr(39) * 2)}'"
                  " from raw.csv_texts order by id") == [
        ("1", "a, b", "1", "true"),
        ("2", 'say "hi"', "", "true"),
        ("3", "plain", "x", "true"),
        ("4", '"q"', "7", "true"),
        ("5", None, None, "true"),
    ]  # fmt: skip
    session.run(f"""
        create external table raw.csv_numbers (id int, name string, n int)
        row format serde '{CSV}' location {at(folder)}
        tblproperties ('skip.header.line.count'='1')""")
    assert answer(session, "select sum(id) from raw.csv_numbers") == [("15",)]
    assert refused(session, "select n from raw.csv_numbers") == "HIVE_BAD_DATA"


def test_csv_dates_are_days_and_timestamps_milliseconds(
    session: AthenaSession, folder: Path
) -> None:
    put(folder / "a.csv", '"18276","1579059880000"\n')
    session.run(f"""create external table raw.moments (d date, t timestamp)
        row format serde '{CSV}' location {at(folder)}""")
    # 2020-01-15 is day 18276; the moment is the example of Athena's documentation.
    assert answer(session, "select * from raw.moments") == [
        ("2020-01-15", "2020-01-15 03:44:40.000")
    ]


def test_delimited_text_gives_null_for_what_it_cannot_read(
    session: AthenaSession, folder: Path
) -> None:
    put(
        folder / "y=2024" / "m=01" / "a.txt.gz",
        gzip.compress(
            b"1|x|2024-01-02|2024-01-02 03:04:05.5|1,2|k:1,j:2|true|1.50\n"
            b"abc|\\N|2024-13-01|soon|7|k|maybe|x\n"
            b"2.9|a\\|b\n"
        ),
    )
    put(folder / "y=2025" / "m=02" / "b.txt.bz2", bz2.compress(b"7|\n"))
    put(folder / "y=__HIVE_DEFAULT_PARTITION__" / "m=03" / "c", b"8|acht|||||FALSE|+.5\n")
    session.run(f"""
        CREATE EXTERNAL TABLE raw.`delimited` (`id` bigint, name string, d date, t timestamp,
            a array<int>, m map<string,int>, b boolean, amount decimal(5,1))
        PARTITIONED BY (y int, m_ string)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\\\'
            COLLECTION ITEMS TERMINATED BY ',' MAP KEYS TERMINATED BY ':'
            LINES TERMINATED BY '\\n'
        STORED AS TEXTFILE LOCATION {at(folder)}""")
    assert answer(session, "select * from raw.delimited") == []
    session.run("drop table raw.delimited")
    session.run(f"""
        create external table raw.delimited (id bigint, name string, d date, t timestamp,
            a array<int>, mp map<string,int>, b boolean, amount decimal(5,1))
        partitioned by (y int, m string)
        row format delimited fields terminated by '|' escaped by '\\\\'
            collection items terminated by ',' map keys terminated by ':'
        location {at(folder)}""")
    session.run("MSCK REPAIR TABLE raw.delimited")
    assert answer(session, "show partitions raw.delimited") == [
        ("y=2024/m=01",), ("y=2025/m=02",), ("y=__HIVE_DEFAULT_PARTITION__/m=03",),
    ]  # fmt: skip
    nothing = (None,) * 6
    assert answer(session, "select * from raw.delimited where y = 2024 order by id nulls last") == [
        ("1", "x", "2024-01-02", "2024-01-02 03:04:05.500", "[1, 2]", "{k=1, j=2}", "true", "1.5",
         "2024", "01"),
        ("2", "a|b", *nothing, "2024", "01"),
        (None, None, None, None, "[7]", "{k=null}", None, None, "2024", "01"),
    ]  # fmt: skip
    assert answer(session, "select id, name, b, amount, y from raw.delimited where m > '01'") == [
        ("7", "", None, None, "2025"),
        ("8", "acht", "false", "0.5", None),
    ]


def test_json_lines_are_read_by_both_serdes(session: AthenaSession, folder: Path) -> None:
    put(
        folder / "a.json",
        '{"Id": 1, "s": {"A": 5, "B": ["1", 2, null]}, "j": {"k": 1.50}, "m": {"Q": 1},'
        ' "at": "2024-01-02T03:04:05Z", "req-id": "r"}\n'
        '{"id": "x", "s": null, "at": 1704164645}\n',
    )
    columns = "id bigint, s struct<a:int,b:array<string>>, j string, m map<string,int>"
    session.run(f"""create external table raw.openx ({columns}, at timestamp, req string)
        row format serde '{OPENX}' with serdeproperties ('mapping.req' = 'req-id')
        location {at(folder)}""")
    moment = "2024-01-02 03:04:05.000"
    assert answer(session, "select * from raw.openx") == [
        ("1", "{a=5, b=[1, 2, null]}", '{"k":1.50}', "{Q=1}", moment, "r"),
        (None, None, None, None, moment, None),
    ]
    session.run(f"create external table raw.hcat ({columns}) stored as json location {at(folder)}")
    assert refused(session, "select j from raw.hcat") == "HIVE_BAD_DATA"


def test_a_line_that_is_no_json_fails_unless_it_may_be_ignored(
    session: AthenaSession, folder: Path
) -> None:
    put(folder / "a.json", '{"id": 1}\nnot json\n{"id": 3}\n')
    session.run(f"""create external table raw.strict (id int)
        row format serde '{OPENX}' location {at(folder)}""")
    assert refused(session, "select * from raw.strict") == "HIVE_CURSOR_ERROR"
    session.run(f"""create external table raw.lenient (id int) row format serde '{OPENX}'
        with serdeproperties ('ignore.malformed.json' = 'TRUE') location {at(folder)}""")
    assert answer(session, "select * from raw.lenient") == [("1",), (None,), ("3",)]


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"\xff\xfe\n", "a"), (b"no gzip", "a.gz")],
    ids=["another encoding", "another compression"],
)
def test_a_file_that_is_no_text_is_bad_data(
    session: AthenaSession, folder: Path, content: bytes, name: str
) -> None:
    put(folder / name, b"first\n" + content if name == "a" else content)
    session.run(f"create external table raw.no_text (v string) location {at(folder)}")
    with pytest.raises(QueryError, match=r"^HIVE_(BAD_DATA|CANNOT_OPEN_SPLIT)"):
        answer(session, "select v from raw.no_text")
    session.run("drop table raw.no_text")


def test_logs_are_read_by_patterns(session: AthenaSession, folder: Path) -> None:
    line = '127.0.0.1 - bob [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
    put(folder / "a.log", f"{line}\ngarbage\n")
    session.run(f"""
        CREATE EXTERNAL TABLE raw.regex (ip string, who string, status int)
        ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
        WITH SERDEPROPERTIES ("input.regex" = "^(\\\\S+) - (\\\\S+) .*? (\\\\d{{3}}) \\\\d+$")
        LOCATION {at(folder)}""")
    assert answer(session, "select * from raw.regex") == [
        ("127.0.0.1", "bob", "200"), (None, None, None),
    ]  # fmt: skip
    session.run(f"""
        CREATE EXTERNAL TABLE raw.grok (verb string, clientip string, response int)
        ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe'
        WITH SERDEPROPERTIES ('input.format' = '%{{COMMONAPACHELOG}}') LOCATION {at(folder)}""")
    assert answer(session, "select * from raw.grok where response is not null") == [
        ("GET", "127.0.0.1", "200")
    ]


@pytest.mark.parametrize("stored", ["parquet", "orc", "avro"])
def test_files_with_a_schema_are_read_by_it(
    session: AthenaSession, folder: Path, stored: str
) -> None:
    place = folder / "d=2024-01-01"
    place.mkdir()
    table = pa.table({
        "OrderId": pa.array([1, 2], pa.int32()), "Amount": pa.array([1.5, None]),
        "Name": pa.array(["a", "☃"]),
    })  # fmt: skip
    if stored == "parquet":
        parquet.write_table(table, place / "f.parquet")
    elif stored == "orc":
        orc.write_table(table, str(place / "f.orc"))
    else:
        pl.DataFrame(table).write_avro(place / "f.avro", name="row")
    session.run(f"""create external table raw.{stored}_ (orderid bigint, amount double, name string,
        new string) partitioned by (d date) stored as {stored} location {at(folder)}""")
    session.run(f"alter table raw.{stored}_ add partition (d = '2024-01-01')")
    expected = [("1", "1.5", "a", None, "2024-01-01"), ("2", None, "☃", None, "2024-01-01")]
    assert answer(session, f"select * from raw.{stored}_ order by orderid") == expected
    assert answer(session, f"select count(*) from raw.{stored}_ where d > date '2024-01-01'") == [
        ("0",)
    ]
    paths = answer(session, f'select distinct "$path" from raw.{stored}_')
    assert paths == [(str(place / f"f.{stored}"),)]
    put(folder / "broken" / "f", "PAR1 no")
    session.run(f"""create external table raw.{stored}_broken (orderid bigint)
        stored as {stored} location {at(folder / "broken")}""")
    with pytest.raises(QueryError, match="HIVE_"):
        answer(session, f"select * from raw.{stored}_broken")
    session.run(f"""create external table raw.{stored}_wrong (orderid boolean)
        stored as {stored} location {at(place)}""")
    assert refused(session, f"select * from raw.{stored}_wrong") == "HIVE_BAD_DATA"


def test_partitions_come_and_go_and_files_stay(session: AthenaSession, folder: Path) -> None:
    for year in ("2023", "2024"):
        put(folder / f"year={year}" / "a", f"{year}\n")
    elsewhere = put(folder.with_name(f"{folder.name} elsewhere") / "b", "2025\n")
    session.run(f"""create external table raw.years (v int) partitioned by (year int)
        location {at(folder)}""")
    add = "alter table raw.years add"
    session.run(f"{add} partition (year = 2023) partition (year = '2024')")
    assert refused(session, f"{add} partition (year = 2023)") == "ALREADY_EXISTS"
    assert refused(session, f"{add} partition (year = 'x')") == "HIVE_INVALID_PARTITION_VALUE"
    assert refused(session, f"{add} partition (month = 1)") == "COLUMN_NOT_FOUND"
    assert refused(session, f"{add} partition (year = 1) location '/etc'") == "PERMISSION_DENIED"
    where = at(Path(elsewhere).parent)
    session.run(f"{add} if not exists partition (year=2023) partition (year=2025) location {where}")
    every = "select v, year from raw.years order by v"
    assert answer(session, every) == [("2023", "2023"), ("2024", "2024"), ("2025", "2025")]
    session.run("alter table raw.years drop partition (year = 2024), partition (year = 2025)")
    assert refused(session, "alter table raw.years drop partition (year = 2024)") == "NOT_FOUND"
    session.run("alter table raw.years drop if exists partition (year = 2024)")
    session.run("alter table raw.years partition (year=2023) rename to partition (year=1999)")
    assert answer(session, every) == [("2023", "1999")]
    session.run("drop table raw.years")
    assert Path(elsewhere).read_text() == "2025\n"
    assert (folder / "year=2024" / "a").exists()
    assert refused(session, "select * from raw.years") == "TABLE_NOT_FOUND"


def test_show_create_table_makes_the_same_table_again(session: AthenaSession, folder: Path) -> None:
    put(folder / "p=a b" / "x", "1\t'one'\\\\N\n")
    session.run(f"""create external table raw.shown (id int comment 'it\\'s', v string)
        comment 'all' partitioned by (p string) row format delimited fields terminated by '\\t'
        null defined as '' location {at(folder)} tblproperties ('k'='v')""")
    session.run("msck repair table raw.shown")
    lines = [line for (line,) in answer(session, "show create table raw.shown") if line]
    rows = answer(session, "select * from raw.shown")
    assert rows == [("1", "'one'\\\\N", "a b")]
    session.run("drop table raw.shown")
    session.run("\n".join(lines))
    session.run("msck repair table raw.shown")
    assert answer(session, "select * from raw.shown") == rows
    assert [line for (line,) in answer(session, "show create table raw.shown")] == lines
    assert answer(session, "describe raw.shown") == [
        ("id", "int", "it's"), ("v", "string", ""), ("p", "string", ""), ("", "", ""),
        ("# Partition Information", "", ""), ("# col_name", "data_type", "comment"),
        ("", "", ""), ("p", "string", ""),
    ]  # fmt: skip
    assert ("shown",) in answer(session, "show tables in raw")
    assert answer(session, "show tblproperties raw.shown('k')") == [("k", "v")]


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ("(a int) location '/etc/'", "PERMISSION_DENIED"),
        ("(a int) location '{home}'", "PERMISSION_DENIED"),
        ("(a int) location '{home}/warehouse/x'", "PERMISSION_DENIED"),
        ("(a int) location '{home}/../../..'", "PERMISSION_DENIED"),
        ("(a int) location 's3://bucket/x/'", "NOT_SUPPORTED"),
        ("(a int) location 'here'", "INVALID_TABLE_PROPERTY"),
        ("(a int)", "INVALID_TABLE_PROPERTY"),
        ("(a int, a string) location '{home}/x'", "DUPLICATE_COLUMN_NAME"),
        ("(a int) partitioned by (a int) location '{home}/x'", "DUPLICATE_COLUMN_NAME"),
        ("(a int) partitioned by (a) location '{home}/x'", "SYNTAX_ERROR"),
        ("(a int) stored as rcfile location '{home}/x'", "NOT_SUPPORTED"),
        ("(a int) row format serde 'x.Y' location '{home}/x'", "NOT_SUPPORTED"),
        (
            "(a int) location '{home}/x' tblproperties ('projection.enabled'='true')",
            "NOT_SUPPORTED",
        ),
        (
            "(a int) location '{home}/x' tblproperties ('skip.header.line.count'='one')",
            "HIVE_INVALID_METADATA",
        ),
        (
            "(a array<int>) row format serde '" + CSV + "' location '{home}/x'",
            "NOT_SUPPORTED",
        ),
        (
            "(a int) row format serde 'com.amazonaws.glue.serde.GrokSerDe' "
            "with serdeproperties ('input.format'='%{{NOPE:a}}') location '{home}/x'",
            "INVALID_TABLE_PROPERTY",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(
    session: AthenaSession, home: Settings, clauses: str, code: str
) -> None:
    where = str(home.home).replace("'", "\\'")
    sql = f"create external table raw.refused {clauses.format(home=where)}"
    assert refused(session, sql) == code
    assert refused(session, "select * from raw.refused") == "TABLE_NOT_FOUND"


def test_a_session_reads_no_more_than_the_tables(
    session: AthenaSession, home: Settings, folder: Path
) -> None:
    secret = put(home.home / "secret.txt", "secret\n")
    put(folder / "a.txt", "open\n")
    (folder / "link.txt").symlink_to("/etc/hostname")
    session.run(f"create external table raw.linked (v string) location {at(folder)}")
    assert answer(session, "select * from raw.linked") == [("open",)]
    assert refused(session, "insert into raw.linked values ('x')") == "NOT_SUPPORTED"
    assert refused(session, "delete from raw.linked") == "NOT_SUPPORTED"
    assert refused(session, "select * from raw.linked for version as of 1") == "NOT_SUPPORTED"
    with open_session(home) as plain, pytest.raises(QueryError):
        plain.run(f"from read_text('{secret.replace(chr(39), chr(39) * 2)}')")
    with open_athena(home) as reader:
        assert answer(reader, "select * from raw.linked") == [("open",)]
        with pytest.raises(AthenaError, match="PERMISSION_DENIED"):
            reader.run("drop table raw.linked")


def test_folders_of_the_configuration_are_open_too(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    put(raw / "a.txt", "1\n")
    (tmp_path / "lakehouse.toml").write_text('[external]\nfolders = ["raw"]\n', encoding="utf-8")
    with open_athena(load_settings(folder=tmp_path, environment={}), write=True) as session:
        session.run("create database d")
        session.run(f"create external table d.t (v int) location 'file://{raw}/'")
        assert answer(session, "select v from awsdatacatalog.d.t") == [("1",)]
        session.run("drop database d cascade")
    assert (raw / "a.txt").exists()
