"""`lakehouse.connect()`: PEP 249, from threads and from several processes at once."""

import doctest
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import lakehouse
from lakehouse.config import Settings, load_settings
from lakehouse.query import open_session

DOCS = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("dbapi ☃")
    (folder / "lakehouse.toml").write_text(
        '[workgroups.few]\nmemory_limit = "512MiB"\nconcurrency = 2\n'
    )
    settings = load_settings(folder=folder, environment={})
    with open_session(settings, write=True) as session:
        session.run("create schema core")
        session.run("create table core.t as select i::bigint as x from range(10000) r(i)")
    return settings


@pytest.fixture(scope="module")
def connection(home: Settings) -> Iterator[lakehouse.Connection]:
    with lakehouse.connect(home.home) as connection:
        yield connection


def test_importing_it_loads_nothing_else() -> None:
    loaded = "import sys, lakehouse; print([m for m in sys.modules if 'duckdb' in m or 'pyi' in m])"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert lakehouse.connect.__module__.startswith("lakehouse.dbapi")
    with pytest.raises(AttributeError, match="nosuch"):
        _ = lakehouse.nosuch


def test_the_documentation_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = doctest.testfile(str(DOCS), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert done.attempted > 20
    assert done.failed == 0


def test_what_the_module_says_of_itself() -> None:
    assert (lakehouse.apilevel, lakehouse.threadsafety, lakehouse.paramstyle) == ("2.0", 2, "qmark")
    for name in ("Warning", "Error"):
        assert issubclass(getattr(lakehouse, name), Exception)
    for name in ("InterfaceError", "DatabaseError"):
        assert issubclass(getattr(lakehouse, name), lakehouse.Error)
    for name in ("Data", "Operational", "Integrity", "Internal", "Programming", "NotSupported"):
        kind = getattr(lakehouse, f"{name}Error")
        assert issubclass(kind, lakehouse.DatabaseError)
        assert getattr(lakehouse.Connection, f"{name}Error") is kind
    assert lakehouse.Binary(b"x") == b"x"
    assert lakehouse.Date(2024, 2, 29) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -5, 2**63 - 1, 1.5, -1e300, "", "it's ? ☃", b"", b"\x00\xff",
        Decimal("-12.340"), date(1, 1, 1), date(2024, 2, 29), time(23, 59, 59, 123456),
        datetime.fromisoformat("2024-02-29 12:30:01.250000"), datetime(2024, 2, 29, 12, tzinfo=UTC),
        UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59"), [1, None, 3], [["a"], []], {"k": 1.5},
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was_given(
    connection: lakehouse.Connection, value: object
) -> None:
    (row,) = connection.execute("select ?", [value]).fetchall()
    assert row == (value,)


def test_fetching(connection: lakehouse.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("select x, x as x from core.t where x < 5 order by 1")
    assert (cursor.rowcount, [c[0] for c in cursor.description]) == (5, ["x", "x"])
    assert cursor.fetchone() == (0, 0)
    assert cursor.fetchmany() == [(1, 1)]
    cursor.arraysize = 2
    assert cursor.fetchmany() == [(2, 2), (3, 3)]
    assert cursor.pl().to_dicts() == [{"x": 4, "x_1": 4}]
    assert (cursor.fetchone(), cursor.fetchall(), list(cursor)) == (None, [], [])
    other = connection.cursor()
    cursor.execute("select 1")
    other.execute("select 2")
    assert (cursor.fetchone(), other.fetchone()) == ((1,), (2,))
    cursor.execute("select x from core.t where x < 0")
    assert (cursor.rowcount, cursor.fetchall(), cursor.description[0][1]) == (0, [], "bigint")


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select 1/0", lakehouse.DataError),
        ("selec", lakehouse.ProgrammingError),
        ("select ?", lakehouse.ProgrammingError),
        ("drop table core.t", lakehouse.ProgrammingError),
        ("select * from core.t tablesample bernoulli (10)", lakehouse.NotSupportedError),
    ],
)
def test_errors_have_their_class(
    connection: lakehouse.Connection, sql: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        connection.execute(sql)
    assert connection.execute("select 1").fetchone() == (1,)


def test_wrong_use_is_an_error(home: Settings, tmp_path: Path) -> None:
    with pytest.raises(lakehouse.OperationalError, match="no lakehouse"):
        lakehouse.connect(tmp_path / "nowhere")
    with pytest.raises(lakehouse.InterfaceError, match="no workgroup"):
        lakehouse.connect(home.home, workgroup="nosuch")
    connection = lakehouse.connect(home.home, dialect="duckdb", reuse=timedelta(hours=1))
    cursor = connection.cursor()
    with pytest.raises(lakehouse.ProgrammingError, match="no query"):
        cursor.fetchone()
    with pytest.raises(lakehouse.ProgrammingError, match="sequence"):
        cursor.execute("select ?", "x")
    with pytest.raises(lakehouse.NotSupportedError):
        connection.rollback()
    connection.commit()
    assert cursor.execute("select {'a': ?} as s", [1]).fetchone() == ({"a": 1},)
    cursor.close()
    with pytest.raises(lakehouse.InterfaceError, match="cursor is closed"):
        cursor.execute("select 1")
    connection.close()
    connection.close()
    for use in (connection.cursor, connection.commit):
        with pytest.raises(lakehouse.InterfaceError, match="connection is closed"):
            use()


def test_threads_share_a_connection(connection: lakehouse.Connection) -> None:
    found: dict[int, object] = {}

    def ask(i: int) -> None:
        cursor = connection.execute("select sum(x) + ? from core.t where x <= ?", [i, i])
        found[i] = cursor.fetchone()

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: (i * (i + 1) // 2 + i,) for i in range(8)}


def test_a_statement_is_cancelled_from_another_thread(connection: lakehouse.Connection) -> None:
    cursor = connection.cursor()
    many = ", ".join(f"unnest(sequence(1, 10000)) {name}(i)" for name in "abc")
    sql = f"select sum(a.i * b.i * c.i) from {many}"
    ended: list[Exception] = []

    def run() -> None:
        try:
            cursor.execute(sql)
        except lakehouse.OperationalError as e:
            ended.append(e)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        cursor.cancel()
        thread.join(0.01)
    assert [error.code for error in ended] == ["USER_CANCELED"]


MANY = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import lakehouse

def asked(n):
    with lakehouse.connect(sys.argv[1], workgroup="few", config=sys.argv[2]) as connection:
        sql = "select count(*), sum(x * ?) from core.t where x % ? = 0"
        return [connection.execute(sql, [k, n]).fetchone() for k in range(1, 6)]

with ThreadPoolExecutor() as pool:
    print(json.dumps(list(pool.map(asked, map(int, sys.argv[3:])))))
"""


def test_twenty_queries_of_several_processes_are_all_right(home: Settings) -> None:
    """Four connections in two processes, of which the workgroup lets two run at once."""
    config = home.home.parent / "lakehouse.toml"
    asked = {
        (a, b): subprocess.Popen(
            [sys.executable, "-c", MANY, str(home.home), str(config), str(a), str(b)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for a, b in ((2, 3), (5, 7))
    }
    for divisors, process in asked.items():
        out, err = process.communicate()
        assert process.returncode == 0, err
        multiples = [range(0, 10000, n) for n in divisors]
        assert json.loads(out) == [
            [[len(each), sum(each) * k] for k in range(1, 6)] for each in multiples
        ]
