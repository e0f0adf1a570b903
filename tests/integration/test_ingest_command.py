"""`lakehouse ingest` and `lakehouse bookmarks`, run as people run them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest.streams import land_stream
from lakehouse.catalog import open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import load_settings
from lakehouse.errors import ConfigError
from tests.order_logs import BAD, Lake, order_line, order_lines, write_log

Command = Callable[..., subprocess.Popen[str]]
HOME = "a home, 100% \"quoted'"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Start `lakehouse` with a home of its own, away from any lakehouse.toml but the test's."""

    def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "lakehouse", "--home", HOME, *map(str, arguments)],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def answer(process: subprocess.Popen[str]) -> object:
    """What was printed as JSON by a command that succeeded."""
    code, out, err = outcome(process)
    assert code == 0, err
    return json.loads(out)


def test_a_declared_stream_is_landed_once(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text(
        '[streams.orders]\nsource = ["shop/*.csv", "till.csv"]\n'
    )
    (tmp_path / "shop").mkdir()
    first = write_log(tmp_path / "shop" / "a.csv", [*order_lines(1, 3), BAD])
    second = write_log(tmp_path / "till.csv", [order_line(4)])
    began = datetime.now(UTC)

    code, out, err = outcome(command("ingest", "--json"))

    assert code == 0, err
    assert err.startswith("access_logs: left out, for there is no folder "), err
    report = json.loads(out)["orders"]
    assert (report["lines"], report["landed"], report["deliveries"]) == (5, 4, 1)
    assert report["rejected"] == {"wrong_column_count": 1}
    assert report["files"] == ["shop/a.csv", "till.csv"]
    with first.open("a") as file:
        file.write(order_line(5) + "\n")
    shown = answer(command("bookmarks", "--json"))
    waiting = len(order_line(5)) + 1
    assert [(p["log"], p["lines"], p["size"], p["lag"]) for p in shown] == [  # type: ignore[attr-defined]
        ("shop/a.csv", 5, first.stat().st_size, waiting),
        ("till.csv", 2, second.stat().st_size, 0),
    ]
    assert {(p["sequence"], p["record_id"]) for p in shown} == {(1, 5)}  # type: ignore[attr-defined]
    (status,) = answer(command("ingest", "orders", "--status", "--json"))  # type: ignore[misc]
    assert began <= datetime.fromisoformat(status.pop("committed")) <= datetime.now(UTC)
    assert 0 < status.pop("lag_seconds") < (datetime.now(UTC) - began).total_seconds()
    assert status.pop("paused") is None
    assert status == {
        "stream": "orders",
        "sequence": 1,
        "lines": 5,
        "landed": 4,
        "rejected": {"wrong_column_count": 1},
        "dropped": 0,
        "lag_bytes": waiting,
        "lag_logs": 1,
    }


def test_followers_deliver_their_buffer_when_they_are_stopped(
    command: Command, tmp_path: Path
) -> None:
    """They follow a live writer; every line it wrote is delivered once, by one of three runs."""
    soon = {"LAKEHOUSE_STREAMS__ORDERS__BUFFER_INTERVAL": "1"}
    writer = command("generate", "--follow", "--rate", 4_000, "--rotate-mb", 0.1)
    followed = 0
    for number in (signal.SIGINT, signal.SIGTERM):
        follower = command("ingest", "--follow", "--json", **soon)
        assert follower.stderr is not None
        told = [follower.stderr.readline() for _ in range(3)]
        assert "orders: following" in told[0]
        assert "access_logs: following" in told[1]
        assert "lines delivered" in told[2]
        follower.send_signal(number)
        code, out, err = outcome(follower)
        assert code == 0, err
        followed += json.loads(out)["orders"]["lines"]
    writer.send_signal(signal.SIGINT)
    assert outcome(writer)[0] == 0

    settings = load_settings(folder=tmp_path, environment={}, flags={"home": tmp_path / HOME})
    with open_catalog(settings) as catalog:
        rest = land_stream("orders", catalog, settings)
        ledger = catalog.load_table("ops.deliveries").scan().to_arrow()

    texts = [file.read_bytes() for file in settings.streams["orders"].source[0].glob("*.csv")]
    assert len(texts) > 1
    assert followed + rest.lines == sum(text.count(b"\n") - 1 for text in texts)
    assert len(Lake(settings).lines()) == followed + rest.lines
    assert sum(ledger["lines"].to_pylist()) == followed + rest.lines


def test_a_follower_that_is_stopped_while_it_starts_ends_well(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "lakehouse", "ingest", "--follow", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as follower:
        assert follower.stderr is not None
        assert any(line.split()[-1] == "lakehouse.config" for line in follower.stderr)
        follower.send_signal(signal.SIGTERM)
        out, err = follower.communicate(timeout=300)
    assert follower.returncode == 0, err
    assert json.loads(out)["orders"]["lines"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ingest"], 3, ("no logs in", "lakehouse generate")),
        (["ingest", "web"], 2, ("no stream 'web'", "there are: orders, access_logs")),
        (["ingest", "--follow", "--status"], 2, ("--status", "--help")),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_with_a_hint(
    command: Command, arguments: list[str], code: int, said: tuple[str, str]
) -> None:
    found, out, err = outcome(command(*arguments))
    assert (found, out) == (code, "")
    assert all(words in err for words in said), err
    assert "Traceback" not in err


def test_bookmarks_are_paused_rewound_and_reset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lakehouse.toml").write_text('[streams.orders]\nsource = "orders.csv"\n')
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(lakehouse, ["--home", HOME, *arguments])

    def told(*arguments: str) -> Any:
        return json.loads(run(*arguments, "--yes", "--json").stdout)

    def refused(*arguments: str) -> str:
        error = run(*arguments).exception
        assert isinstance(error, ConfigError), error
        return f"{error} {error.hint}"

    assert run("ingest").exit_code == 0
    assert json.loads(run("bookmarks", "pause", "orders", "--json").stdout)["action"] == "pause"
    with log.open("a") as file:
        file.write(order_line(4) + "\n")
    paused = run("ingest")
    assert (paused.exit_code, paused.stdout) == (0, "")
    assert "has been paused since" in paused.stderr
    assert run("bookmarks", "resume", "orders").exit_code == 0
    assert run("ingest").exit_code == 0

    assert "--yes" in refused("bookmarks", "rewind", "orders", "--to", "1")
    assert "no delivery 9" in refused("bookmarks", "rewind", "orders", "--to", "9", "--yes")
    change = told("bookmarks", "rewind", "orders", "--to", "1")
    assert (change["from_sequence"], change["to_sequence"], change["rows_removed"]) == (2, 1, 1)
    (shown,) = json.loads(run("bookmarks", "orders", "--json").stdout)
    assert (shown["sequence"], shown["lag"]) == (1, len(order_line(4)) + 1)
    assert told("bookmarks", "reset", "orders")["rows_removed"] == 3


def test_events_are_json_lines_on_request(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text('[streams.orders]\nsource = "orders.csv"\n')
    write_log(tmp_path / "orders.csv", [*order_lines(1, 3), BAD])
    code, _, err = outcome(command("ingest", "--log-format", "json"))
    assert code == 0, err
    events = [json.loads(line) for line in err.splitlines()]
    assert {"time", "level", "event", "message"} <= set.intersection(*map(set, events))
    (landed,) = [event for event in events if event["event"] == "landed"]
    assert (landed["stream"], landed["sequence"], landed["landed"]) == ("orders", 1, 3)
    assert landed["rejected"] == {"wrong_column_count": 1}
    (tmp_path / "orders.csv").write_text("")
    code, _, err = outcome(command("ingest", LAKEHOUSE_LOG_FORMAT="json"))
    error = json.loads(err.splitlines()[-1])
    assert (code, error["level"], error["exit_code"]) == (3, "error", 3)
    assert error["hint"]
