"""The shell: what is typed through prompt_toolkit's pipe, and on a real terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from lakehouse.athena.executing import open_executions
from lakehouse.cli.shell.completion import SqlCompleter
from lakehouse.cli.shell.loop import Shell
from lakehouse.cli.shell.names import Names
from lakehouse.config import Settings, load_settings
from lakehouse.errors import QueryError
from lakehouse.query import open_session
from lakehouse.query.executions import Executions, State, open_archive

FOREVER = (
    "select sum(a.i * b.i * c.i) from unnest(sequence(1, 10000)) a(i) "
    "cross join unnest(sequence(1, 10000)) b(i) cross join unnest(sequence(1, 10000)) c(i)"
)
Typed = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(folder=tmp_path_factory.mktemp("a shell's ☃"), environment={})
    with open_session(settings, write=True) as session:
        session.run("create schema core")
        session.run("create schema landing")
        session.run("create table core.orders as select 7 as order_id, 'France' as country")
        session.run("create table landing.lines as select 1 as line")
    return settings


@pytest.fixture(scope="module")
def executions(home: Settings) -> Iterator[Executions]:
    with open_executions(home) as opened:
        yield opened


@pytest.fixture
def typed(home: Settings, executions: Executions, capfd: pytest.CaptureFixture[str]) -> Typed:
    """Types keys into a shell, and gives what it wrote to standard output and error."""

    def typed(keys: str, dialect: str = "athena") -> tuple[str, str]:
        with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
            keyboard.send_text(keys)
            Shell(executions, dialect, home.home).run()
        out, err = capfd.readouterr()
        return out, err

    return typed


def test_statements_of_several_lines_and_errors(typed: Typed) -> None:
    out, err = typed(
        "select order_id,\r country\rfrom orders;\r"
        "select nosuch from orders;\r"
        "select 1/0; select 5 as five;\r"
        "select 42 as answer;\r"
        "\x04"
    )
    assert "France" in out
    assert "COLUMN_NOT_FOUND" in err
    assert "DIVISION_BY_ZERO" in err
    assert "five" not in out  # what stands behind an error is not run
    assert "42" in out
    assert err.count("1 row in ") == 2


def test_commands(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "a file.csv"
    out, err = typed(
        "\\l\r\\dt\r\\dt landing\r\\d orders\r\\?\r\\nosuch\r\\d nosuch\r\\d a b\r"
        "\\timing\r\\x\rselect 1 as one, null as two;\r"
        f"\\o '{file}'\rselect 3 as three;\r\\o\r\\q\rselect 9;\r"
    )
    lines = out.splitlines()
    assert lines[:6] == [
        "core", "landing", "core.orders", "landing.lines", "landing.lines", "order_id  int",
    ]  # fmt: skip
    assert "one | 1" in out
    assert "two | NULL" in out
    assert "there is no command \\nosuch" in err
    assert "TABLE_NOT_FOUND" in err
    assert "takes one argument" in err
    assert "1 row in" not in err
    assert "9" not in lines
    assert file.read_text() == "three\n3\n"


def test_history_is_kept(typed: Typed, home: Settings) -> None:
    typed("select 12345 as earlier;\r\x04")
    out, _ = typed("\x1b[A\r\x04")  # the arrow up, and Enter
    assert "12345" in out
    assert "+select 12345" in (home.home / "queries" / "shell_history").read_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from or", {"orders"}),
        ("select * from la", {"landing.lines", "landing."}),
        ("select * from landing.", {"landing.lines"}),
        ("select cou| from orders", {"country"}),
        ("select o.ord| from orders o", {"o.order_id"}),
        ("select url_extract_ho", {"url_extract_host("}),
        ("selec", {"select"}),
        ("\\ti", {"\\timing"}),
        ("select * from nosuch.", set()),
    ],
)
def test_completion(executions: Executions, text: str, expected: set[str]) -> None:
    completer = SqlCompleter(Names(executions, QueryError))
    cursor = text.find("|") if "|" in text else len(text)
    document = Document(text.replace("|", ""), cursor)
    found = {c.text for c in completer.get_completions(document, CompleteEvent())}
    assert expected <= found
    assert found if expected else not found


def test_on_a_terminal(home: Settings) -> None:
    """Ctrl-C cancels what runs, a worker that dies is begun again, and Ctrl-D ends with 0."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "lakehouse", "--home", str(home.home), "sql"]
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", _ON_TERMINAL, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        screen = _Screen(ours)
        screen.until("lakehouse>")
        screen.type("select 40 + 2 as answer;\r")
        screen.until("42")
        screen.until("scanned")
        screen.until("lakehouse>")  # before that, the keys are the terminal's own
        screen.type(f"{FOREVER};\r")
        with open_archive(home) as archive:
            while not (found := archive.listed(state=State.RUNNING)):
                assert process.poll() is None, screen.text
            screen.type("\x03")
            screen.until("cancelled")
            screen.until("lakehouse>")
            assert archive.execution(found[0].id).state is State.CANCELLED
        screen.type("select 6 * 7 * 1000 as still;\r")
        screen.until("42000")
        screen.until("scanned")
        screen.until("lakehouse>")  # before that, the keys are the terminal's own
        screen.type("\x04")
        screen.until_the_end()
        assert process.wait() == 0
    os.close(ours)


# Ctrl-C is a signal only to a process that the terminal controls.
_ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class _Screen:
    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.text = ""
        self._read = 0

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def until(self, expected: str) -> None:
        """Read on until that was written, behind what was expected before."""
        while (at := self.text.find(expected, self._read)) < 0:
            self.text += os.read(self._terminal, 65536).decode(errors="replace")
        self._read = at + len(expected)

    def until_the_end(self) -> None:
        """Read on until the program has ended: it waits for that, too."""
        with suppress(OSError):  # as Linux tells that there is nobody at the other end
            while os.read(self._terminal, 65536):
                pass
