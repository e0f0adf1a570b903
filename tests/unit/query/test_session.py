"""Sessions on a real catalog."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import CatalogError, QueryError
from lakehouse.query import Session, open_session

ORDERS = "create table core.orders as select i as id, 'c' || i % 3 as country from range(100) t(i)"


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for page in session.run(sql).pages() for row in page.to_pylist()]


def run(settings: Settings, *statements: str) -> list[int | None]:
    with open_session(settings, write=True) as session:
        return [session.run(sql).changed for sql in statements]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    settings = load_settings(folder=folder, environment={})
    lines = "create table landing.lines as select 1 as line"
    run(settings, "create schema core", "create schema landing", ORDERS, lines)
    (settings.warehouse / "secret.csv").write_text("a\n1\n")
    return settings


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[Session]:
    with open_session(home) as session:
        yield session


def test_tables_need_no_catalog_before_their_name(session: Session) -> None:
    expected = [("c0", 34), ("c1", 33), ("c2", 33)]
    query = "select country, count(*) from {} group by all order by all"
    for name in ("core.orders", "orders", "lake.core.orders"):
        assert rows(session, query.format(name)) == expected
    assert rows(session, "from landing.lines") == [(1,)]


def test_tables_are_listed(session: Session) -> None:
    assert rows(session, "show tables") == [("core", "orders"), ("landing", "lines")]
    assert session.tables() == ["core.orders", "landing.lines"]
    assert [row[:2] for row in rows(session, "describe core.orders")] == [
        ("id", "BIGINT"),
        ("country", "VARCHAR"),
    ]


def test_columns_have_names_and_types(session: Session) -> None:
    result = session.run("select id, id, sum(id) over () from orders")
    assert [(c.name, str(c.type)) for c in result.columns[:2]] == [("id", "BIGINT")] * 2


def test_statements_of_duckdb_work_on_tables(session: Session) -> None:
    assert rows(session, "pivot orders on country using count(*) group by id")
    assert rows(session, "summarize orders")[0][0] == "id"
    assert "ICEBERG" in str(rows(session, "explain analyze from orders"))
    assert rows(session, "select count(*) from orders at (timestamp => now()::timestamp)")


def test_a_session_goes_on_after_errors(session: Session) -> None:
    for sql in ("selec 1", "from core.order", "select idd from orders", "select 1; select 2"):
        with pytest.raises(QueryError):
            session.run(sql)
    assert rows(session, "select 1") == [(1,)]


def test_a_result_may_be_left_unread(session: Session) -> None:
    next(session.run("from range(10000000)").pages())
    assert rows(session, "select 1") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('/etc/passwd')",
        "from '/etc/passwd'",
        "from 'passwd.csv'",
        "from read_text('{home}/catalog.db')",
        "from read_blob('{warehouse}/../catalog.db')",
        "from glob('/etc/*')",
        "from sniff_csv('/etc/passwd')",
        "from read_text('http://127.0.0.1:1/')",
        "from iceberg_scan('/etc')",
        "select * from query('copy (select 1) to ''x''')",
        "from set_iceberg_table_properties(core.orders, {{'a': 'b'}})",
        "import database '/etc'",
        "from home",
        "from postgres_scan('', '', '')",
    ],
)
def test_nothing_but_tables_can_be_reached(home: Settings, session: Session, sql: str) -> None:
    place = {"home": str(home.home), "warehouse": str(home.warehouse)}
    sql = sql.format(**{key: path.replace("'", "''") for key, path in place.items()})
    with pytest.raises(QueryError) as refused:
        rows(session, sql)
    assert refused.value.hint


def test_the_catalogs_token_is_not_shown(home: Settings) -> None:
    catalog = {"type": "rest", "warehouse": str(home.warehouse)}
    with catalog_endpoint(home) as service:
        catalog |= {"uri": service.uri, "token": service.token}
        settings = home.model_copy(update={"catalog": catalog})
        with open_session(settings) as session:
            assert rows(session, "select count(*) from orders") == [(100,)]
            for asked in ("databases", "settings", "variables", "functions"):
                assert service.token not in str(rows(session, f"from duckdb_{asked}()"))


def test_no_function_writes_a_log(
    home: Settings, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logged = "enable_logging('QueryLog', storage => 'file', storage_path => 'log')"
    for call in (logged, "enable_profiling(save_location => 'profile.json')"):
        for sql in (f"from {call}", f"explain analyze from {call}", f"from orders, {call}"):
            with pytest.raises(QueryError, match="is not allowed"):
                session.run(sql)
    with open_session(home, write=True) as writing, pytest.raises(QueryError, match="not allowed"):
        writing.run(f"create table core.made as from {logged}")
    assert rows(session, "select 1") == [(1,)]
    assert list(tmp_path.iterdir()) == []


def test_folders_can_be_opened(home: Settings, tmp_path: Path) -> None:
    file, other = tmp_path / "open" / "a.csv", tmp_path / "b.csv"
    file.parent.mkdir()
    file.write_text("a\n1\n")
    other.write_text("a\n1\n")
    with open_session(home, folders=[file.parent]) as session:
        assert rows(session, f"from '{file}'") == [(1,)]
        with pytest.raises(QueryError, match="Cannot access"):
            session.run(f"from '{other}'")


def test_limits_hold(home: Settings) -> None:
    settings = home.model_copy(
        update={"query": home.query.model_copy(update={"memory_limit": "64MiB", "threads": 1})}
    )
    with open_session(settings) as session:
        asked = "select current_setting('memory_limit'), current_setting('threads')"
        assert rows(session, asked) == [("64.0 MiB", 1)]
        # More than fits: what spills goes to the home, and is gone at the end.
        wide = "select distinct i, i::varchar || 'xxxxxxxxxxxx' from range(2000000) t(i)"
        spilling = f"select count(*) from ({wide})"
        assert rows(session, spilling) == [(2_000_000,)]
        assert rows(session, "select current_setting('TimeZone')") == [("UTC",)]
    assert not list((home.home / "tmp").glob("*"))


def test_what_spills_has_a_limit(home: Settings) -> None:
    limits = {"memory_limit": "64MiB", "threads": 1, "spill_limit": "8MiB"}
    settings = home.model_copy(update={"query": home.query.model_copy(update=limits)})
    wide = "select distinct i, i::varchar || 'xxxxxxxxxxxx' from range(2000000) t(i)"
    with open_session(settings) as session:
        with pytest.raises(QueryError) as raised:
            rows(session, f"select count(*) from ({wide})")
        assert "spill_limit" in raised.value.hint
        assert rows(session, "select 1") == [(1,)]
    assert not list((home.home / "tmp").glob("*"))


def test_writes_change_tables(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    changed = run(
        settings,
        "create schema core",
        ORDERS,
        "insert into orders values (100, 'new'), (101, 'new')",
        "update core.orders set country = 'old' where id < 10",
        "delete from orders where country = 'old'",
        "alter table core.orders add column note varchar",
    )
    assert changed == [None, 100, 2, 10, 10, None]
    assert not (tmp_path / "data").exists()
    table = open_catalog(settings).load_table("core.orders").scan().to_arrow()
    assert (table.num_rows, table.column_names) == (92, ["id", "country", "note"])
    with open_session(settings, write=True) as session:
        assert session.run("drop table core.orders").changed is None
        assert session.tables() == []


@pytest.mark.parametrize("name", ["memory.main.t", "temp.main.t", "memory.t"])
def test_nothing_is_written_to_where_it_would_vanish(home: Settings, name: str) -> None:
    with open_session(home, write=True) as session, pytest.raises(QueryError):
        session.run(f"create table {name} as select 1 as a")


def test_a_writing_session_reads_no_files(home: Settings) -> None:
    with (
        open_session(home, write=True) as session,
        pytest.raises(QueryError, match="Cannot access"),
    ):
        session.run("insert into landing.lines select 1 from read_text('/etc/passwd')")


def test_of_writers_at_once_the_later_ones_are_told(settings: Settings) -> None:
    run(settings, "create schema core", "create table core.t as select 0 as a")
    written, refused = [], []

    def write(first: int) -> None:
        with open_session(settings, write=True) as session:
            start.wait()
            for a in range(first, first + 5):
                try:
                    session.run(f"insert into core.t values ({a})")
                    written.append(a)
                except QueryError as e:
                    refused.append(e)

    start = threading.Barrier(2)
    writers = [threading.Thread(target=write, args=(first,)) for first in (10, 20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(written) + len(refused) == 10
    assert all("run it again" in error.hint for error in refused)
    with open_session(settings) as session:
        assert sorted(rows(session, "from core.t")) == [(a,) for a in sorted([0, *written])]


def test_an_empty_lakehouse_says_how_to_fill_it(settings: Settings) -> None:
    open_catalog(settings).close()
    with open_session(settings) as session:
        assert rows(session, "select 1") == [(1,)]
        with pytest.raises(QueryError) as refused:
            session.run("from core.fct_orders")
    assert "make build" in refused.value.hint


def test_a_session_sees_what_was_committed_meanwhile(settings: Settings) -> None:
    run(settings, "create schema core", "create table core.t as select 1 a")
    with open_session(settings) as session:
        assert rows(session, "from core.t") == [(1,)]
        reading = session.run("from core.t").pages()
        run(settings, "insert into core.t values (2)")
        assert [page.num_rows for page in reading] == [1]
        assert sorted(rows(session, "from core.t")) == [(1,), (2,)]


def interrupted(session: Session, sql: str) -> None:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    session.run(sql)


def test_ctrl_c_cancels_the_statement(session: Session) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(session, "select sum(sqrt(range)) from range(1000000000000)")
    assert rows(session, "select 1") == [(1,)]


def test_a_catalog_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = load_settings(
        folder=tmp_path,
        environment={},
        flags={"catalog": {"type": "rest", "uri": "http://127.0.0.1:1"}},
    )
    with pytest.raises(CatalogError), open_session(settings) as session:
        session.run("select 1")
