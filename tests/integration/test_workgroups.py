"""`lakehouse sql --workgroup`: limits and permissions hold for the statement that runs."""

from pathlib import Path

import pytest

from lakehouse.cli.root import _exit_code

CONFIG = """
[workgroups.etl]
write = true
[workgroups.readers]
write = false
[workgroups.small]
memory_limit = "64MiB"
[workgroups.hasty]
timeout = 0.3
[workgroups.duck]
dialect = "duckdb"
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "lakehouse.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = _exit_code(["sql", *arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_a_workgroups_permission_and_limits_hold(run) -> None:
    assert run("--workgroup", "etl", "create database core")[0] == 0
    create = "create table core.t with (table_type = 'ICEBERG', is_external = false) as select 1 x"
    code, _, err = run("--workgroup", "readers", "--write", create)
    assert code == 5
    assert "may not write" in err
    for group in ("readers", "primary"):
        code, _, err = run("--workgroup", group, create)
        assert code == 5
        assert "PERMISSION_DENIED" in err
    assert run("--workgroup", "etl", create)[0] == 0
    numbers = "unnest(sequence(1, 10000)) a(i) cross join unnest(sequence(1, 10000)) b(j)"
    code, _, err = run("--workgroup", "hasty", f"select sum(i * j % 7) from {numbers}")
    assert code == 5
    assert "0.3 s" in err
    code, _, err = run("--workgroup", "small", "select cardinality(array_agg(i)) from " + numbers)
    assert code == 5
    assert "EXCEEDED_LOCAL_MEMORY_LIMIT" in err or "process has ended" in err
    code, out, _ = run("--workgroup", "duck", "--format", "csv", "select 7 / 2 as x")
    assert (code, out) == (0, "x\n3.5\n")
    code, _, err = run("--workgroup", "nosuch", "select 1")
    assert code == 2
    assert "there are: " in err
