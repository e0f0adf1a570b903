"""`lakehouse sql` as a person runs it, in DuckDB's dialect."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow.parquet as pq
import pytest

from lakehouse.cli.root import _exit_code
from lakehouse.config import Settings, load_settings
from lakehouse.query import open_session

ENDLESS = "select range as i from range(1000000000000)"
# What `--help` must not load.
HEAVY = ("duckdb", "pyiceberg", "polars", "dbt", "streamlit", "pyarrow", "pandas", "sqlalchemy")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(folder=tmp_path_factory.mktemp("sql"), environment={})
    with open_session(settings, write=True) as session:
        session.run("create schema core")
        session.run("create table core.orders as select i as id, i / 4 as net from range(100) t(i)")
    return settings


def command(home: Settings, *arguments: str | Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "lakehouse",
        "--home",
        str(home.home),
        "sql",
        "--dialect",
        "duckdb",
        *map(str, arguments),
    ]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: bytes
    err: str


class Run(Protocol):
    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> Done: ...


@pytest.fixture
def run(
    home: Settings, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Runs the command in this process, into a pipe."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Done:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        given = ["--home", str(home.home), "sql", "--dialect", "duckdb", *map(str, arguments)]
        code = _exit_code(given)
        out, err = capfdbinary.readouterr()
        return Done(code, out, err.decode())

    return run


def test_a_statement_prints_a_table_and_tells_the_time(run: Run) -> None:
    done = run("select id, net from core.orders where id in (1, 2) order by id")
    assert done.code == 0
    assert done.out.decode().splitlines()[4:6] == ["│      1 │   0.25 │", "│      2 │    0.5 │"]
    assert done.err.startswith("2 rows in ")


def test_a_statement_comes_from_a_file_or_from_standard_input(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "query.sql"
    script.write_text("-- how many\nselect count(*) as n\nfrom orders;\n", encoding="utf-8-sig")
    for done in (
        run("-f", script, "--format", "csv"),
        run("--format", "csv", stdin=script.read_bytes()),
    ):
        assert (done.code, done.out) == (0, b"n\n100\n")


def test_a_pipe_gets_everything(run: Run) -> None:
    wide = ", ".join(f"'{'x' * 100}' as c{i}" for i in range(20))
    lines = run(f"select {wide} from orders").out.decode().splitlines()
    assert len(lines) == 105
    assert {len(line) for line in lines} == {20 * 103 + 1}


def test_a_terminal_gets_what_fits(home: Settings) -> None:
    wide = ", ".join(f"'{'x' * 30}' as c{i}" for i in range(20))
    lines = on_terminal(home, f"select {wide} from orders", columns=72)
    assert max(len(line) for line in lines) <= 72
    assert "100 rows (40 shown), 20 columns (4 shown)" in lines
    assert any(line.startswith("100 rows in ") for line in lines)


def on_terminal(home: Settings, *arguments: str, columns: int) -> list[str]:
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns)}
    with subprocess.Popen(
        command(home, *arguments), stdin=side, stdout=side, stderr=side, env=environment
    ) as process:
        os.close(side)
        shown = b""
        while True:
            try:
                shown += (read := os.read(main, 65536))
            except OSError:  # Linux tells so that the other side is closed
                break
            if not read:
                break
        os.close(main)
        process.wait()
    return shown.decode().split("\r\n")


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.ndjson", "out.parquet"])
def test_a_file_is_written_in_the_format_of_its_name(run: Run, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    done = run("select id from orders order by id limit 3", "--output", file)
    assert (done.code, done.out) == (0, b"")
    assert done.err.startswith(f"3 rows written to {file} in ")
    read = {
        ".csv": lambda: [int(row["id"]) for row in csv.DictReader(io.StringIO(file.read_text()))],
        ".json": lambda: [row["id"] for row in json.loads(file.read_bytes())],
        ".ndjson": lambda: [json.loads(line)["id"] for line in file.read_text().splitlines()],
        ".parquet": lambda: list(pq.ParquetFile(file).read().to_pydict()["id"]),
    }
    assert read[file.suffix]() == [0, 1, 2]


def test_a_failed_statement_leaves_the_file_as_it_was(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("before")
    failing = "select if(i < 4000000, '1', 'x')::int from range(5000000) t(i)"
    done = run(failing, "-o", file)
    assert done.code == 5
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["selec 1"], 5, "line 1: selec 1"),
        (["from core.order"], 5, "did you mean core.orders?"),
        (["select 1; select 2"], 5, "2 statements"),
        (["delete from orders"], 5, "--write"),
        (["from '/etc/passwd'"], 5, "hint:"),
        (["select 'x'::int"], 5, "try_cast"),
        ([""], 5, "no statement"),
        (["select 1", "-f", "pyproject.toml"], 2, "not both"),
        (["-f", "no such file.sql"], 2, "No such file"),
        (["select 1", "--format", "xml"], 2, "parquet"),
        (["select 1", "-o", "/no/such/folder/x.csv"], 7, "/no/such/folder"),
    ],
)
def test_errors_have_a_message_and_a_code(
    run: Run, arguments: list[str], code: int, said: str
) -> None:
    done = run(*arguments)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == b""


def test_writing_needs_the_flag(run: Run) -> None:
    done = run("--write", "create table core.made as select 1 as a")
    assert (done.code, done.out) == (0, b"")
    assert done.err.startswith("1 row written in ")
    assert run("from made", "--format", "csv").out == b"a\n1\n"


def test_ctrl_c_ends_a_running_statement(home: Settings) -> None:
    with subprocess.Popen(
        command(home, ENDLESS, "--format", "csv"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"i\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == b"\nlakehouse: interrupted\n"


def test_a_reader_that_has_enough_is_no_error(home: Settings) -> None:
    with subprocess.Popen(
        command(home, ENDLESS, "--format", "ndjson"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"i": 0}
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [["--help"], ["sql", "--help"], ["--version"]])
def test_help_loads_no_engine(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from lakehouse.cli.root import _exit_code\n"
        f"code = _exit_code({arguments!r})\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert (code, loaded) == (0, []), (code, loaded)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Example" in done.stdout or b"version" in done.stdout
