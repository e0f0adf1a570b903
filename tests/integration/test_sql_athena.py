"""`lakehouse sql` in Athena's dialect, on a real catalog, as Trino's documentation has it."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.cli.root import _exit_code
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError
from lakehouse.query import open_session

Row = tuple[str | None, ...]
Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    settings = load_settings(folder=folder, environment={})
    with open_session(settings, write=True) as session:
        session.run("create schema core")
        session.run("create schema landing")
        session.run(
            "create table core.orders as select i::bigint as id, (i / 4)::decimal(18, 4) as net, "
            "timestamp '2024-03-01 10:00:00.25' + to_days(i::int) as ordered_at, "
            "['a', null] as tags from range(10) t(i)"
        )
        session.run("create table landing.lines as select 1 as line")
    return settings


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home) as session:
        yield session


def answer(session: AthenaSession, sql: str) -> tuple[list[str], list[Row]]:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [column.name for column in result.columns], [row for page in pages for row in page]


@pytest.fixture
def run(home: Settings, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs the command in this process, into a pipe."""

    def run(*arguments: str | Path) -> tuple[int, bytes, str]:
        code = _exit_code(["--home", str(home.home), "sql", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.mark.parametrize(
    "name",
    ["orders", "core.orders", "Core.ORDERS", '"AwsDataCatalog".core.orders', '"core"."orders"'],
)
def test_a_table_is_found_by_every_name(session: AthenaSession, name: str) -> None:
    assert answer(session, f"select count(*) from {name}") == (["_col0"], [("10",)])


def test_values_and_names_are_athenas(session: AthenaSession) -> None:
    asked = (
        "select 7/2, id, avg(net) over () as mean, ordered_at, tags, 1e0/3, row(1, null), x'00ff', "
        "map(array['k'], array[1.5]), '', null, true, interval '2' day, "
        "with_timezone(timestamp '2024-01-02 03:04:05', 'Asia/Tokyo') from orders where id = 1"
    )
    assert answer(session, asked) == (
        ["_col0", "id", "mean", "ordered_at", "tags", *(f"_col{i}" for i in range(5, 14))],
        [
            (
                "3",
                "1",
                "0.2500",
                "2024-03-02 10:00:00.250000",
                "[a, null]",
                "0.3333333333333333",
                "{field0=1, field1=null}",
                "00 ff",
                "{k=1.5}",
                "",
                None,
                "true",
                "2 00:00:00.000",
                "2024-01-02 03:04:05.000 Asia/Tokyo",
            )
        ],
    )


@pytest.mark.parametrize(
    ("sql", "names", "expected"),
    [
        ("show databases", ["database_name"], [("core",), ("landing",)]),
        ("show schemas like 'l.*'", ["database_name"], [("landing",)]),
        ("show tables", ["tab_name"], [("orders",)]),
        ("show tables in landing 'x|li*'", ["tab_name"], [("lines",)]),
        ("show tables in landing 'line.'", ["tab_name"], []),
        (
            "show columns in core.orders",
            ["field"],
            [("id",), ("net",), ("ordered_at",), ("tags",)],
        ),
        (
            "describe orders",
            ["col_name", "data_type", "comment"],
            [
                ("id", "bigint", ""),
                ("net", "decimal(18,4)", ""),
                ("ordered_at", "timestamp", ""),
                ("tags", "array<string>", ""),
            ],
        ),
        ("desc orders net", ["col_name", "data_type", "comment"], [("net", "decimal(18,4)", "")]),
    ],
)
def test_the_catalog_is_listed(
    session: AthenaSession, sql: str, names: list[str], expected: list[Row]
) -> None:
    assert answer(session, sql) == (names, expected)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select 1/0", "DIVISION_BY_ZERO"),
        ("select id / (id - id) from orders", "DIVISION_BY_ZERO"),
        ("select cast('x' as integer)", "INVALID_CAST_ARGUMENT"),
        ("select 9223372036854775807 + id from orders", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select list_transform(tags, x -> x) from orders", "FUNCTION_NOT_FOUND"),
        ("select nosuch from orders", "COLUMN_NOT_FOUND"),
        ("select 1 from core.nosuch", "TABLE_NOT_FOUND"),
        ("select * from read_csv('/etc/passwd')", "NOT_SUPPORTED"),
        ("from orders", "SYNTAX_ERROR"),
        ("select 1; select 2", "SYNTAX_ERROR"),
        ("  ;", "SYNTAX_ERROR"),
        ("show tables in nosuch", "SCHEMA_NOT_FOUND"),
        ("describe nosuch", "TABLE_NOT_FOUND"),
        ("show create table nosuch", "TABLE_NOT_FOUND"),
        ("explain delete from orders", "NOT_SUPPORTED"),
        ("explain analyze (type io) select 1", "NOT_SUPPORTED"),
        ("delete from orders", "PERMISSION_DENIED"),
        ("insert into orders select * from orders", "PERMISSION_DENIED"),
        ("create table t as select 1 a", "PERMISSION_DENIED"),
        ("drop table orders", "PERMISSION_DENIED"),
    ],
)
def test_what_is_wrong_has_athenas_code(session: AthenaSession, sql: str, code: str) -> None:
    with pytest.raises(AthenaError) as refused:
        answer(session, sql)
    assert refused.value.code == code
    assert answer(session, "select count(*) from orders") == (["_col0"], [("10",)])


def test_an_error_far_down_is_told_while_rows_are_read(session: AthenaSession) -> None:
    numbers = "unnest(sequence(1, 10000)) as a(i) cross join unnest(sequence(1, 100)) as b(j)"
    with pytest.raises(AthenaError, match="DIVISION_BY_ZERO"):
        answer(session, f"select 1 / (i * 100 + j - 1000050) from {numbers}")


def test_csv_tells_null_from_the_empty_text(run: Run) -> None:
    code, out, err = run(
        "select null, '', 'a,b', 1e100, tags from orders limit 1",
        "--format",
        "csv",
    )
    assert (code, out) == (0, b'_col0,_col1,_col2,_col3,tags\n,"","a,b",1.0E100,"[a, null]"\n')
    assert err.startswith("1 row in ")


def test_a_table_shows_athenas_types(run: Run) -> None:
    code, out, _ = run("select id, net, ordered_at, tags from orders where id = 2")
    head = [cell.strip() for cell in out.decode().splitlines()[2].split("│")[1:-1]]
    assert (code, head) == (0, ["bigint", "decimal(18,4)", "timestamp(6)", "array(varchar)"])


def test_json_and_parquet_keep_values(run: Run, tmp_path: Path) -> None:
    asked = "select id, net, tags, interval '90' minute as took from orders where id = 3"
    _, out, _ = run(asked, "--format", "ndjson")
    assert json.loads(out) == {"id": 3, "net": 0.75, "tags": ["a", None], "took": "0 01:30:00.000"}
    run(asked, "-o", tmp_path / "out.parquet")
    types = pq.ParquetFile(tmp_path / "out.parquet").schema_arrow
    assert [str(field.type) for field in types][:2] == ["int64", "decimal128(18, 4)"]


def test_a_plan_is_shown(run: Run) -> None:
    code, out, _ = run("explain analyze select id from orders")
    assert code == 0
    assert b"Total Files Read: 1" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["select foo(1)"], 5, "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
        (["from orders"], 5, "--dialect duckdb"),
        (["select 1 from nosuch"], 5, "lakehouse catalog tables"),
        (["delete from orders"], 5, "lakehouse sql --write"),
        (["--allow", ".", "select 1"], 2, "--dialect duckdb"),
        (["--dialect", "hive", "select 1"], 2, "athena"),
    ],
)
def test_errors_have_a_message_and_a_code(
    run: Run, arguments: list[str], code: int, said: str
) -> None:
    ended, out, err = run(*arguments)
    assert (ended, out) == (code, b"")
    assert said in err


def test_the_dialect_is_a_setting(
    home: Settings, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "lakehouse.toml"
    for dialect, name in (("athena", "_col0"), ("duckdb", "(1 + 1)")):
        file.write_text(f'[query]\ndialect = "{dialect}"\n')
        given = ["--config", str(file), "--home", str(home.home), "sql", "--format", "csv"]
        assert _exit_code([*given, "select 1 + 1"]) == 0
        assert next(csv.reader(io.StringIO(capfdbinary.readouterr()[0].decode()))) == [name]


def test_a_warm_session_sees_what_has_become_of_a_table(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment={})

    def written(*statements: str) -> None:
        with open_session(settings, write=True) as writer:
            for sql in statements:
                writer.run(sql)

    written("create schema core", "create table core.t as select 2147483647::integer as a")
    with open_athena(settings) as warm:
        assert answer(warm, "select * from t") == (["a"], [("2147483647",)])
        with pytest.raises(AthenaError, match="Overflow"):
            answer(warm, "select a + 1 from t")
        written("alter table core.t add column b varchar")
        assert answer(warm, "select b, a from t") == (["b", "a"], [(None, "2147483647")])
        written("drop table core.t", "create table core.t as select 2147483647::bigint as a")
        assert answer(warm, "select a + 1 from t") == (["_col0"], [("2147483648",)])
        written("drop table core.t")
        with pytest.raises(AthenaError) as gone:
            answer(warm, "select a from t")
        assert gone.value.code == "TABLE_NOT_FOUND"


def test_a_statement_has_all_its_time_after_one_that_took_too_long(home: Settings) -> None:
    limits = {"timeout": 2.0}
    impatient = home.model_copy(update={"query": home.query.model_copy(update=limits)})
    endless = "select count(*) from " + ", ".join(f"orders o{i}" for i in range(30))
    with open_athena(impatient) as session:
        assert answer(session, "select 1")[1] == [("1",)]
        with pytest.raises(LakehouseError, match="longer than the 2 s"):
            answer(session, endless)
        assert answer(session, "select count(*) from landing.lines")[1] == [("1",)]
