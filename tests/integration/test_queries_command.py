"""`lakehouse queries`: executions and saved queries, from the command line."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import _exit_code
from lakehouse.config import load_settings
from lakehouse.query.executions.journal import Journal
from lakehouse.tables.ops import QUERY_EXECUTIONS

Run = Callable[..., tuple[int, str, str]]
CREATE = "create table core.t with (table_type = 'ICEBERG', is_external = false) as select 1 as x"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "lakehouse.toml").write_text("[workgroups.dear]\nprice_per_tb = 1000\n")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = _exit_code(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_the_life_of_queries(run: Run, tmp_path: Path) -> None:
    code, _, err = run("queries", "list")
    assert (code, "no query was executed" in err) == (5, True)
    assert run("sql", "--write", "create database core")[0] == 0
    assert run("sql", "--write", CREATE)[0] == 0
    code, out, err = run("sql", "--workgroup", "dear", "select x, '' as e, null as n from t")
    assert code == 0
    assert run("sql", "select 1/0")[0] == 5

    listed = json.loads(run("queries", "list", "--json")[1])
    assert [e["state"] for e in listed] == ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]
    assert [e["kind"] for e in listed] == ["DML"] * 3 + ["DDL"]
    failed, asked, _, ddl = listed
    assert (failed["error_code"], asked["id"] in err) == ("DIVISION_BY_ZERO", True)
    assert [
        e["id"] for e in json.loads(run("queries", "list", "--state", "failed", "--json")[1])
    ] == [failed["id"]]
    for flags in (("--containing", "NULL AS n"), ("--workgroup", "dear"), ("--limit", "2")):
        assert asked["id"] in run("queries", "list", *flags)[1]
    assert asked["id"] not in run("queries", "list", "--until", "1h")[1]
    assert run("queries", "list", "--since", "never")[0] == 2

    out = run("queries", "show", asked["id"][:8])[1]
    assert "core.t" in out
    assert str(asked["tables"][0]["snapshot_id"]) in out.replace(",", "")
    assert run("queries", "show", "nosuch")[0] == 5

    out = run("queries", "results", asked["id"], "--format", "csv")[1]
    assert list(csv.reader(io.StringIO(out))) == [["x", "e", "n"], ["1", "", ""]]
    assert out.endswith('1,"",\n')
    out = run("queries", "results", asked["id"], "--format", "ndjson")[1]
    assert json.loads(out) == {"x": 1, "e": "", "n": None}
    code, _, err = run("queries", "results", failed["id"])
    assert (code, "it is FAILED" in err) == (5, True)
    code, _, err = run("queries", "stop", asked["id"])
    assert (code, "ended already" in err) == (5, True)

    ten_megabytes = 10 / 2**20  # of a terabyte
    days = json.loads(run("queries", "cost", "--json")[1])
    by_group = {row["workgroup"]: row["cost"] for row in days if row["day"] != "total"}
    assert by_group["dear"] == pytest.approx(1000 * ten_megabytes)
    assert by_group["primary"] == pytest.approx(5 * ten_megabytes)  # CREATE TABLE AS alone
    assert days[-1]["cost"] == pytest.approx(1005 * ten_megabytes)
    assert ddl["cost"] == 0

    synced = [run("queries", "sync")[2].split()[0] for _ in range(2)]
    assert synced == ["4", "0"]
    settings = load_settings(folder=tmp_path, environment={})
    journal = Journal(settings.home / "queries")
    journal._run("UPDATE executions SET carried = 0 WHERE id = ?", [asked["id"]])
    journal.close()
    # As after a kill between the two commits; and maintenance carries over what is new.
    assert run("sql", "select x from t")[0] == 0
    assert run("tables", "maintain")[0] == 0
    with open_catalog(settings) as catalog:
        rows = catalog.load_table(QUERY_EXECUTIONS).scan().to_arrow().to_pylist()
    assert len(rows) == len({row["id"] for row in rows}) == 5
    (row,) = [row for row in rows if row["id"] == asked["id"]]
    assert (row["state"], row["row_count"], row["workgroup"]) == ("SUCCEEDED", 1, "dear")
    assert json.loads(row["tables"])[0]["snapshot_id"] == asked["tables"][0]["snapshot_id"]


def test_saved_queries(run: Run, tmp_path: Path) -> None:
    run("sql", "--write", "create database core")
    sql = "select ? || '!' as a, ? + 1 as b"
    assert run("queries", "save", "greet", sql, "--description", "Says\nhello")[0] == 0
    file = tmp_path / ".lake/queries/saved/greet.sql"
    assert file.read_text() == (f"-- description: Says hello\n-- workgroup: primary\n{sql}\n")
    code, _, err = run("queries", "save", "greet", "select 2")
    assert (code, "--replace" in err) == (5, True)
    assert run("queries", "save", "../evil", "select 2")[0] == 5
    assert run("queries", "save", "other", "select 2", "--workgroup", "nosuch")[0] == 2
    out = run("queries", "run", "greet", "'it''s'", "1", "--format", "csv")[1]
    assert list(csv.reader(io.StringIO(out))) == [["a", "b"], ["it's!", "2"]]
    code, _, err = run("queries", "run", "greet", "1")
    assert (code, "INVALID_PARAMETER_USAGE" in err) == (5, True)
    (listed,) = json.loads(run("queries", "list", "--limit", "1", "--json")[1])
    assert run("queries", "save", "again", "--id", listed["id"])[0] == 0
    names = [query["name"] for query in json.loads(run("queries", "saved", "--json")[1])]
    assert names == ["again", "greet"]
    assert run("queries", "saved", "--remove", "again")[0] == 0
    code, _, err = run("queries", "run", "again")
    assert (code, "there are: greet" in err) == (5, True)
