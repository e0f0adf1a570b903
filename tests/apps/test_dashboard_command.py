"""`lakehouse dashboard` as a person starts and ends it."""

import gzip
import http.client
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

Started = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Started]:
    """Start the command on an empty home; what still runs at the end is killed."""
    processes = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "lakehouse", "--home", str(tmp_path / "a 'home' #1 %")]
        process = subprocess.Popen(
            [*command, "dashboard", "--no-browser", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_serves_and_ends_cleanly(
    dashboard: Started, end: signal.Signals
) -> None:
    process = dashboard("--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    # Waits until the app is up: the port is open from the first moment.
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"<title>" in gzip.decompress(answer.read())

    process.send_signal(end)
    output, messages = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output == ""
    assert messages == "lakehouse: Ctrl-C ends the dashboard\n"


def test_a_port_in_use_is_an_error_with_a_hint(dashboard: Started) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        process = dashboard("--port", str(port))
        output, messages = process.communicate(timeout=60)
    assert process.returncode == 7
    assert output == ""
    assert f"lakehouse: error: can't listen on 127.0.0.1:{port}: Address already in use" in messages
    assert "--port" in messages.split("hint:")[1]


def test_an_unknown_host_is_an_error(dashboard: Started) -> None:
    process = dashboard("--host", "no.such.host.invalid", "--port", "0")
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "can't listen on no.such.host.invalid:0" in messages


def test_a_port_out_of_range_is_a_configuration_error(dashboard: Started) -> None:
    process = dashboard("--port", "70000")
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "dashboard.port" in messages


def test_pages_of_other_sites_are_refused(dashboard: Started) -> None:
    process = dashboard("--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    port = url.rpartition(":")[2]
    for headers, status in (
        ({"Origin": url}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": f"evil.example:{port}"}, 400),  # a name that was pointed at this machine
        ({"Host": f"localhost:{port}"}, 200),
    ):
        with closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)) as client:
            client.request("GET", "/", headers=headers)
            assert client.getresponse().status == status, headers
