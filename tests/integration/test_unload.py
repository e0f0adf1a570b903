"""UNLOAD: files that other readers understand, all of them or none."""

import bz2
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pyarrow import orc, parquet

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import Settings, load_settings

ROWS = """select * from (values
    (1, 'a', 1.5e0, date '2024-01-02', timestamp '2024-01-02 03:04:05.123', true, array[1, null],
        decimal '1.50', map(array['k'], array[2]),
        cast(row(1, 'x') as row(p int, q varchar)), 'DE'),
    (2, 'b☃', nan(), null, null, false, array[], null, null, null, null),
    (3, '', null, null, null, null, null, null, null, null, 'F/R'))
    as t(id, name, d, day, at, ok, arr, amount, mp, s, country)"""
COLUMNS = """id int, name string, d double, day date, at timestamp, ok boolean, arr array<int>,
    amount decimal(3,2), mp map<string,int>, s struct<p:int,q:string>"""
EXPECTED = [
    ("1", "a", "1.5", "2024-01-02", "2024-01-02 03:04:05.123", "true", "[1, null]", "1.50",
     "{k=2}", "{p=1, q=x}", "DE"),
    ("2", "b☃", "NaN", None, None, "false", "[]", None, None, None, None),
    ("3", "", None, None, None, None, None, None, None, None, "F/R"),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    return load_settings(folder=folder, environment={})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database out")
        yield session


@pytest.fixture
def folder(home: Settings, request: pytest.FixtureRequest) -> Path:
    return home.home / "out ☃" / f"at {abs(hash(request.node.name))}"


def unload(session: AthenaSession, query: str, folder: Path, properties: str) -> int | None:
    where = str(folder).replace("'", "''")
    return session.run(f"UNLOAD ({query}) TO '{where}/' WITH ({properties})")[0].changed


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("properties", "stored"),
    [
        ("format = 'PARQUET', compression = 'ZSTD', compression_level = 3", "stored as parquet"),
        ("format = 'orc', compression = 'zlib'", "stored as orc"),
        ("format = 'JSON', compression = 'zstd'", "stored as json"),
        ("format = 'TEXTFILE', compression = 'none'", ""),
    ],
)
def test_what_is_unloaded_is_read_as_it_was(
    session: AthenaSession, folder: Path, properties: str, stored: str
) -> None:
    asked = f"{properties}, partitioned_by = ARRAY['country']"
    assert unload(session, ROWS, folder, asked) == 3
    partitions = [path.parent.name for path in files(folder)]
    assert partitions == ["country=DE", "country=F%2FR", "country=__HIVE_DEFAULT_PARTITION__"]
    where = str(folder).replace("'", "\\'")
    session.run("drop table if exists out.again")
    session.run(f"""create external table out.again ({COLUMNS}) partitioned by (country string)
        {stored} location '{where}'""")
    session.run("msck repair table out.again")
    result = printed(*session.run("select * from out.again order by id"))
    found = [row for page in result.pages() for row in zip(*page.to_pydict().values(), strict=True)]
    assert found == EXPECTED


@pytest.mark.parametrize("compression", ["none", "deflate", "snappy"])
def test_avro_is_read_as_it_was(session: AthenaSession, folder: Path, compression: str) -> None:
    query = """select * from (values
        (1, timestamp '2024-01-02 03:04:05.123', date '1969-02-28', -1.5e0, true, x'00ff', 'b☃',
            array[timestamp '1969-12-31 23:59:59', null], map(array['k', ''], array[2, null]),
            cast(row(timestamp '2024-01-02 03:04:05', 'x') as row(a timestamp, b varchar))),
        (-70000, null, null, nan(), false, x'', '', array[], map(), null),
        (2, null, null, null, null, null, null, null, null, null))
        as t(id, at, day, d, ok, bytes, name, ats, mp, s)"""
    assert unload(session, query, folder, f"format = 'AVRO', compression = '{compression}'") == 3
    where = str(folder).replace("'", "\\'")
    session.run("drop table if exists out.avro")
    session.run(f"""create external table out.avro (id int, at timestamp, day date, d double,
        ok boolean, bytes binary, name string, ats array<timestamp>, mp map<string,int>,
        s struct<a:timestamp,b:string>) stored as avro location '{where}'""")
    result = printed(*session.run("select * from out.avro order by id"))
    found = [row for page in result.pages() for row in zip(*page.to_pydict().values(), strict=True)]
    assert found == [
        ("-70000", None, None, "NaN", "false", "", "", "[]", "{}", None),
        ("1", "2024-01-02 03:04:05.123", "1969-02-28", "-1.5", "true", "00 ff", "b☃",
         "[1969-12-31 23:59:59.000, null]", "{k=2, =null}",
         "{a=2024-01-02 03:04:05.000, b=x}"),
        ("2", *[None] * 9),
    ]  # fmt: skip


def test_avro_is_written_in_blocks(session: AthenaSession, folder: Path) -> None:
    query = "select n, cast(n as varchar) as t, timestamp '2024-01-02 03:04:05.123456' as at"
    many = f"{query} from unnest(sequence(1, 9999)) as s(n)"
    assert unload(session, many, folder, "format = 'AVRO'") == 9999
    (file,) = files(folder)
    read = pl.read_avro(file)
    assert read["n"].to_list() == list(range(1, 10_000))
    assert read["t"].to_list() == [str(n) for n in range(1, 10_000)]
    assert read["at"].dt.epoch("us").unique().to_list() == [1_704_164_645_123_456]


def test_other_readers_understand_the_files(session: AthenaSession, folder: Path) -> None:
    query = "select 1 as id, 'b☃' as name, true as ok, array[1] as arr, tinyint '7' as t"
    row = {"id": 1, "name": "b☃", "ok": True, "arr": [1], "t": 7}
    for kind, compression in (("parquet", "snappy"), ("orc", "zstd"), ("avro", "snappy"),
                              ("json", "bzip2"), ("textfile", "gzip")):  # fmt: skip
        place = folder / kind
        asked = f"format = '{kind}', compression = '{compression}'"
        assert unload(session, query, place, asked) == 1
        (file,) = files(place)
        if kind == "parquet":
            assert parquet.read_table(file).to_pylist() == [row]
        elif kind == "orc":
            assert orc.read_table(str(file)).to_pylist() == [row]
        elif kind == "avro":
            assert pl.read_avro(file).to_dicts() == [row]
        elif kind == "json":
            assert json.loads(bz2.decompress(file.read_bytes())) == row
        else:
            text = gzip.decompress(file.read_bytes()).decode()
            assert text == "1\x01b☃\x01true\x011\x017\n"


def test_the_folder_must_be_empty(session: AthenaSession, folder: Path) -> None:
    folder.mkdir(parents=True)
    asked = "format = 'textfile', compression = 'none', field_delimiter = '|'"
    assert unload(session, "select 1 as a where false", folder, asked) == 0
    assert unload(session, "select 1 as a, cast(null as int) as b", folder, asked) == 1
    (file,) = files(folder)
    assert file.read_text() == "1|\\N\n"
    with pytest.raises(AthenaError, match="HIVE_PATH_ALREADY_EXISTS"):
        unload(session, "select 2 as a", folder, asked)
    assert files(folder) == [file]


@pytest.mark.parametrize(
    ("query", "properties", "code"),
    [
        ("select 10 / (n - 9999) as a from unnest(sequence(1, 10000)) as t(n)",
         "format = 'json'", "DIVISION_BY_ZERO"),
        ("select n, n as p from unnest(sequence(1, 101)) as t(n)",
         "format = 'json', partitioned_by = ARRAY['p']", "HIVE_TOO_MANY_OPEN_PARTITIONS"),
        ("select 1 as a, 2 as A", "format = 'json'", "DUPLICATE_COLUMN_NAME"),
        ("select 1 as a", "format = 'csv'", "INVALID_TABLE_PROPERTY"),
        ("select 1 as a", "format = 'orc', compression = 'bzip2'", "INVALID_TABLE_PROPERTY"),
        ("select 1 as a", "format = 'json', nope = 1", "INVALID_TABLE_PROPERTY"),
        ("select 1 as a", "format = 'json', field_delimiter = ','", "INVALID_TABLE_PROPERTY"),
        ("select 1 as a, 2 as b", "partitioned_by = ARRAY['a']", "INVALID_TABLE_PROPERTY"),
        ("select 1 as a", "partitioned_by = ARRAY['a']", "INVALID_TABLE_PROPERTY"),
        ("select decimal '1.5' as a", "format = 'avro'", "NOT_SUPPORTED"),
        ("select map(array[1], array[2]) as a", "format = 'avro'", "NOT_SUPPORTED"),
        ("select 1 as \"a b\"", "format = 'avro'", "NOT_SUPPORTED"),
        ("select time '01:00:00' as a", "format = 'parquet'", "NOT_SUPPORTED"),
        ("select a from nowhere.t", "format = 'parquet'", "TABLE_NOT_FOUND"),
    ],
)  # fmt: skip
def test_what_fails_leaves_nothing(
    session: AthenaSession, folder: Path, query: str, properties: str, code: str
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    before = set(folder.parent.iterdir())
    with pytest.raises(AthenaError) as refused:
        unload(session, query, folder, properties)
    assert refused.value.code == code
    assert set(folder.parent.iterdir()) == before


def test_what_a_killed_process_left_is_removed(session: AthenaSession, folder: Path) -> None:
    left = folder.parent / ".unload-of-somebody-who-was-killed"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")
    assert unload(session, "select 1 as a", folder, "format = 'parquet'") == 1
    assert not left.exists()


def test_unload_stays_in_its_folders(session: AthenaSession, home: Settings) -> None:
    for where in (Path("/var/lakehouse-unloads-nothing"), home.warehouse / "x", home.home):
        with pytest.raises(AthenaError, match="PERMISSION_DENIED"):
            unload(session, "select 1 as a", where, "format = 'parquet'")
    with open_athena(home) as reader, pytest.raises(AthenaError, match="PERMISSION_DENIED"):
        unload(reader, "select 1 as a", home.home / "y", "format = 'parquet'")
    assert not (home.home / "y").exists()
