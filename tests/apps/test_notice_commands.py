"""`lakehouse alerts` and `lakehouse reports` on the shop, with a mail server at the other end."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from tests.notice_servers import MailServer, mail_server

ALERT = """
kpi = "overview.orders"
condition = "below"
threshold = 1000000
to = ["ops@example.com"]
"""


@pytest.fixture
def alert_home(shop_settings: Settings) -> Iterator[Path]:
    """The shop's home with an alert in it, which goes again."""
    home = shop_settings.home
    (home / "alerts").mkdir()
    (home / "alerts" / "few.toml").write_text(ALERT)
    yield home
    for folder in ("alerts", "notices"):
        shutil.rmtree(home / folder)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that the settings name."""
    with mail_server(MailServer()) as server:
        given = {"HOST": "127.0.0.1", "PORT": server.port, "SECURITY": "none", "SENDER": "b@c.org"}
        for name, value in given.items():
            monkeypatch.setenv(f"LAKEHOUSE_SMTP__{name}", str(value))
        yield server


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(lakehouse, ["--home", str(home), *arguments])


def test_alerts_are_measured_told_and_listed(alert_home: Path, mail: MailServer) -> None:
    checked = run(alert_home, "alerts", "check", "--json")
    assert checked.exit_code == 10, checked.exception
    (row,) = json.loads(checked.stdout)
    assert (row["name"], row["state"], row["event"]) == ("few", "beyond", "alert.fired")
    assert mail.to == ["ops@example.com"]

    (listed,) = json.loads(run(alert_home, "alerts", "--json").stdout)
    assert (listed["value"], listed["waiting"]) == (row["value"], 0)

    assert run(alert_home, "reports", "run").exit_code == 0  # nothing has changed
    assert run(alert_home, "alerts", "test", "few").exit_code == 0
    assert [sent["Subject"] for _, sent in mail.taken][1:] == ["Test of the alert few"]


def test_following_ends_with_a_signal(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if "LAKEHOUSE" not in key}
    command = [sys.executable, "-m", "lakehouse", "--home", str(tmp_path), "reports", "run"]
    with subprocess.Popen(
        [*command, "--follow"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "stop with Ctrl-C" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0


@pytest.mark.parametrize(
    "arguments",
    [("alerts", "check", "nope"), ("alerts", "test", "nope"), ("reports", "send", "nope")],
)
def test_what_is_not_there_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert isinstance(done.exception, ConfigError)
    assert f"there is no {arguments[0][:-1]} 'nope'" in done.exception.message
    assert done.exception.hint
    assert done.stdout == ""
