"""`lakehouse generate`, run as people run it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Start `lakehouse generate` with a home of its own, away from any lakehouse.toml."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
        program = [
            sys.executable,
            "-m",
            "lakehouse",
            "--home",
            "a home, 100% \"quoted'",
            "generate",
        ]
        return subprocess.Popen(
            [*program, *map(str, arguments)],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.mark.parametrize(("log", "suffix"), [("orders", ".csv"), ("access", ".log")])
def test_days_of_the_past(command: Command, tmp_path: Path, log: str, suffix: str) -> None:
    arguments = (log, "--start", "2025-07-04", "--days", 3, "--json")
    code, out, _ = outcome(command(*arguments))
    report = json.loads(out)
    files = sorted((tmp_path / "a home, 100% \"quoted'" / "logs" / log).iterdir())
    assert code == 0
    assert [Path(file).name for file in report["files"]] == [file.name for file in files]
    assert files[0].name == f"{log}-2025-07-04{suffix}"
    assert report["written"] == len(files) == (2 if log == "orders" else 3)  # 5 July: Saturday
    assert report["bytes"] == sum(file.stat().st_size for file in files)
    code, out, _ = outcome(command(*arguments))
    assert (code, json.loads(out)["written"]) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_live_log_ends_at_a_line_when_it_is_told_to(
    command: Command, tmp_path: Path, number: signal.Signals
) -> None:
    live = tmp_path / "live" / "orders-live.csv"
    process = command("orders", "--follow", "--rate", 3_000, "--out", live.parent, "--json")
    while process.poll() is None and not (live.is_file() and live.stat().st_size > 10_000):
        time.sleep(0.01)  # the file grows in another process: there is nothing to wait on
    process.send_signal(number)
    code, out, err = outcome(process)
    assert (code, err) == (0, f"writing {live}; stop with Ctrl-C\n")
    text = live.read_bytes()
    assert text.endswith(b"\n")
    # A header, and what was counted.
    assert text.count(b"\n") == json.loads(out)["lines"] + 1
    # By default it begins on the day after the year that `lakehouse build` generates.
    assert text.splitlines()[1].split(b",")[4].startswith(b"2026-01-02")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--seed", -1], 2, ("generate.seed", "flag")),
        (["--days", 0], 2, ("generate.days", "flag")),
        (["--start", "1999-12-31"], 2, ("generate.start", "flag")),
        (["--start", "2070-01-01"], 2, ("generate.start", "flag")),
        (["--orders-per-day", 0], 2, ("generate.orders_per_day", "flag")),
        (["--bad-lines", 0.9], 2, ("generate.bad_lines", "flag")),
        (["--start", "31/12/2025"], 2, ("--start", "--help")),
        (["--rate", 0], 2, ("--rate", "--help")),
        (["--follow", "--days", 3], 2, ("--days", "--help")),
        (["--out", "/dev/null/logs"], 7, ("/dev/null/logs", "another folder")),
        (["--follow", "--out", "/dev/null/logs"], 7, ("/dev/null/logs", "another folder")),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_with_a_hint(
    command: Command, tmp_path: Path, arguments: list[object], code: int, said: tuple[str, str]
) -> None:
    found, out, err = outcome(command(*arguments))
    assert (found, out) == (code, "")
    assert all(words in err for words in said)
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
