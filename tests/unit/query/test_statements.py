import duckdb
import pytest

from lakehouse.errors import QueryError
from lakehouse.query.statements import admit

READS = [
    "select 1",
    "-- why\nselect 1 /* what */ ; -- done",
    "; select ';' ;;",
    "with x as (select 1) select * from x",
    "values (1), (2)",
    "from range(3)",
    "describe select 1",
    "summarize select 1",
    "show all tables",
    "pivot (select 1 a, 'x' b) on b using sum(a)",
    "pivot (select 1 a, 'x' b) on b in ('x') using sum(a)",
    "unpivot (select 1 a) on a into name n value v",
]
EXPLAINS = [
    "explain select 1",
    "EXPLAIN ANALYZE select 1",
    "explain (format json) select 1",
    "explain (analyze) select 1",
    "explain (select 1)",
    "explain -- why\n(select 1) union (select 2);",
    "explain analyze pivot (select 1 a, 'x' b) on b using sum(a)",
    "explain show tables",
]
WRITES = [
    "insert into t values (1)",
    "with x as (select 1) insert into t select * from x",
    "insert into t pivot (select 1 a, 'x' b) on b using sum(a)",
    "update t set a = 1",
    "delete from t",
    "truncate t",
    "merge into t using u on t.a = u.a when matched then delete",
    "create table t as select 1 a",
    "create or replace table t (a int)",
    "create table if not exists t (a int)",
    "create table t as pivot (select 1 a, 'x' b) on b using sum(a)",
    "create schema s",
    "alter table t add column b int",
    "drop table if exists t",
    "drop schema s",
]
NEVER = [
    "copy (select 1) to 'x.csv'",
    "copy t from 'x.csv'",
    "attach 'x.db'",
    "detach lake",
    "use memory",
    "set threads = 1",
    "reset threads",
    "pragma enable_profiling",
    "call pragma_version()",
    "checkpoint",
    "install spatial",
    "load spatial",
    "begin",
    "prepare q as select 1",
    "execute q",
    "export database 'x'",
    "vacuum",
    "create view v as select 1",
    "create or replace view v as select 1",
    "create macro f(a) as a",
    "create secret s (type s3)",
    "create temp table t (a int)",
    "create type e as enum ('a')",
    "drop view v",
    "comment on table t is 'x'",
    "explain analyze copy (select 1) to 'x.csv'",
    "explain insert into t values (1)",
    "explain analyze create table t as select 1",
    "explain (analyze) delete from t",
]


@pytest.mark.parametrize("sql", READS)
def test_reading_is_admitted(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    statement = admit(con, sql, write=False)
    assert (statement.sql, statement.writes, statement.explains) == (sql, False, False)


@pytest.mark.parametrize("sql", EXPLAINS)
def test_explaining_a_read_is_admitted(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    statement = admit(con, sql, write=False)
    assert (statement.writes, statement.explains) == (False, True)


@pytest.mark.parametrize("sql", WRITES)
def test_writing_needs_permission(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert admit(con, sql, write=True).writes
    with pytest.raises(QueryError, match="this session only reads") as refused:
        admit(con, sql, write=False)
    assert "--write" in refused.value.hint


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("sql", NEVER)
def test_reaching_past_the_tables_is_refused(
    con: duckdb.DuckDBPyConnection, sql: str, write: bool
) -> None:
    with pytest.raises(QueryError) as refused:
        admit(con, sql, write=write)
    assert refused.value.hint


@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- nothing", "/* nothing */ ;"])
def test_no_statement_is_said(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="no statement"):
        admit(con, sql, write=False)


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("select 1; select 2", 2),
        ("select 1; pivot (select 1 a, 'x' b) on b using sum(a)", 3),
        ("pivot (select 1 a) on a using sum(a); pivot (select 1 a) on a using sum(a)", 4),
        ("begin; delete from t; commit", 3),
    ],
)
def test_several_statements_are_refused(
    con: duckdb.DuckDBPyConnection, sql: str, count: int
) -> None:
    with pytest.raises(QueryError, match=f"{count} statements"):
        admit(con, sql, write=True)


def test_words_behind_letters_of_several_bytes_are_found(con: duckdb.DuckDBPyConnection) -> None:
    assert admit(con, "/* ☃é */ create /* ☃ */ table t as select '☃' a", write=True).writes


def test_show_tables_lists_every_namespace(con: duckdb.DuckDBPyConnection) -> None:
    assert "namespace" in admit(con, "Show -- all\n TABLES;", write=False).sql
    assert admit(con, "show tables from core", write=False).sql == "show tables from core"
