"""Transforms that behave, and all the ways not to: in real processes."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from ingest.transforms.contract import DROPPED, Failed, Record, StoppedError, Transformed
from ingest.transforms.functions import CommandFunction, Function, Limits, PythonFunction
from ingest.transforms.transform import Outcome, Patience, Transform
from lakehouse.errors import ConfigError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RECORDS = [Record(text.encode(), NOW) for text in ("one", "two", "drop me", "fail me")]
MUCH = 30.0  # seconds that no test waits for
PATIENCE = Patience()

UPPER = dedent(
    """
    import base64

    def handler(event):
        return {"records": [change(record) for record in event["records"]]}

    def change(record):
        text = base64.b64decode(record["data"]).decode()
        result = {"drop me": "Dropped", "fail me": "ProcessingFailed"}.get(text, "Ok")
        data = base64.b64encode(text.upper().encode()).decode()
        return {"recordId": record["recordId"], "result": result, "data": data}
    """
)
COMMAND = UPPER + dedent(
    """
    import json, sys
    print(json.dumps(handler(json.load(sys.stdin))))
    """
)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def run(tmp_path: Path, waits: list[float]) -> Iterator[Callable[..., list[Outcome]]]:
    """Transform records with a module's `handler`, or with a script when it is told so."""
    opened: list[Transform] = []

    def transform(
        code: str,
        records: list[Record] = RECORDS,
        *,
        command: bool = False,
        timeout: float = MUCH,
        patience: Patience = PATIENCE,
    ) -> list[Outcome]:
        function = made(tmp_path, code, command=command, timeout=timeout)
        opened.append(Transform("clicks", function, patience, now=lambda: NOW, wait=waits.append))
        return opened[-1].apply(records)

    yield transform
    for each in opened:
        each.__exit__(None, None, None)


def made(
    folder: Path,
    code: str,
    *,
    command: bool = False,
    timeout: float = MUCH,
    stopped: Callable[[], bool] = lambda: False,
) -> Function:
    (folder / "shop.py").write_text(dedent(code))
    if command:
        return CommandFunction([sys.executable, "shop.py"], folder, Limits(timeout, stopped))
    return PythonFunction("shop:handler", folder, Limits(timeout, stopped))


@pytest.mark.parametrize("command", [False, True])
def test_a_good_transform(run: Callable[..., list[Outcome]], command: bool) -> None:
    code = COMMAND if command else UPPER
    refused = Failed(
        "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record", 1, NOW
    )
    assert run(code, command=command) == [
        Transformed(b"ONE"),
        Transformed(b"TWO"),
        DROPPED,
        refused,
    ]


def test_a_lambda_handler_is_called_with_a_context(run: Callable[..., list[Outcome]]) -> None:
    code = UPPER.replace("handler(event)", "handler(event, context)")
    assert run(code, RECORDS[:1]) == [Transformed(b"ONE")]


def test_what_a_function_prints_and_reads_is_not_mixed_up(
    run: Callable[..., list[Outcome]],
) -> None:
    code = UPPER + "\nimport sys\nprint('loaded')\n"
    code = code.replace("    text =", "    print('x'); sys.stdin.read(); text =")
    assert run(code, RECORDS[:1]) == [Transformed(b"ONE")]


BASE = "import base64, json, os, sys, time, subprocess\n"
FAILS = {
    "raises": ("def handler(event):\n    raise ValueError('no')", "ValueError: no"),
    "dies": ("def handler(event):\n    os._exit(3)", "its process has ended"),
    "exits": ("def handler(event):\n    sys.exit()", "its process has ended"),
    "kills itself": ("def handler(event):\n    os.kill(os.getpid(), 9)", "its process has ended"),
    "answers nothing": ("def handler(event):\n    pass", 'no list of "records"'),
    "answers no JSON": ("def handler(event):\n    return {1, 2}", "not JSON serializable"),
    "says too much": ("def handler(event):\n    return 'x' * 7_000_000", "more than 6,291,456"),
    "bad base64": (
        "def handler(event):\n    return {'records': [dict(recordId=r['recordId'], result='Ok',"
        " data='!') for r in event['records']]}",
        "not base64",
    ),
}


@pytest.mark.parametrize(("code", "why"), FAILS.values(), ids=FAILS)
def test_a_function_that_fails_is_asked_four_times(
    run: Callable[..., list[Outcome]], waits: list[float], code: str, why: str
) -> None:
    found = run(BASE + code)
    assert len(found) == len(RECORDS)
    for each in found:
        assert isinstance(each, Failed)
        assert (each.attempts, each.ended) == (4, NOW)
        assert why in each.message
    assert waits == [0.1, 0.2, 0.4]


COMMANDS_FAIL = {
    "fails": ("sys.exit(3)", "exit code 3"),
    "dies": ("os.kill(os.getpid(), 9)", "signal SIGKILL"),
    "is silent": ("sys.stdin.read()", "no JSON"),
    "reads nothing": ("print('[]')", 'no list of "records"'),
    "says too much": ("sys.stdout.write('x' * 7_000_000)", "more than 6,291,456"),
    "babbles": ("print('hello'); print('{}')", "no JSON"),
}


@pytest.mark.parametrize(("code", "why"), COMMANDS_FAIL.values(), ids=COMMANDS_FAIL)
def test_a_command_that_fails(run: Callable[..., list[Outcome]], code: str, why: str) -> None:
    found = run(BASE + code, command=True, patience=Patience(retries=1))
    assert {(each.attempts, why in each.message) for each in found if isinstance(each, Failed)} == {
        (2, True)
    }
    assert len(found) == len(RECORDS)


def gone(process: int) -> bool:
    """Whether the process runs no more (one that nobody has waited for is a zombie)."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def wait_until(happened: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(600):
        if happened():
            return
        event.wait(0.05)
    pytest.fail("it never happened")


HANGING_FUNCTION = """
import os, subprocess, time

def handler(event):
    child = subprocess.Popen(["sleep", "600"])
    with open("part", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename("part", "pids")
    time.sleep(600)
"""


@pytest.mark.parametrize("command", [False, True])
def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, command: bool) -> None:
    function: Function
    if command:
        script = tmp_path / "hang"
        script.write_text("#!/bin/sh\nsleep 600 &\necho $$ $! > pids\nwait\n")
        script.chmod(0o755)
        function = CommandFunction(["./hang"], tmp_path, Limits(1))
    else:
        function = made(tmp_path, HANGING_FUNCTION, timeout=1)
    with Transform("clicks", function, Patience(retries=0), now=lambda: NOW) as transform:
        found = transform.apply(RECORDS)
    messages = {each.message for each in found if isinstance(each, Failed)}
    assert messages == {"no answer within 1 seconds"}
    processes = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(processes) == 2
    for process in processes:
        wait_until(lambda process=process: gone(process))  # type: ignore[misc]


@pytest.mark.parametrize("command", [False, True])
def test_one_that_hangs_is_ended_by_a_stop(tmp_path: Path, command: bool) -> None:
    """At the first attempt, long before its time is over; no other attempt is made."""
    told = tmp_path / "told"
    code = f"""
    import sys, time
    {"sys.stdin.read()" if command else "def handler(event):"}
        open("told", "a").write("x")
        time.sleep(600)
    """
    code = code.replace("sys.stdin.read()", "if sys.stdin.read():")
    function = made(tmp_path, code, command=command, stopped=told.exists)
    with Transform("clicks", function, PATIENCE) as transform, pytest.raises(StoppedError):
        transform.apply(RECORDS)
    assert told.read_text() in {"", "x"}


def test_one_that_recovers(run: Callable[..., list[Outcome]], tmp_path: Path) -> None:
    """The third attempt is answered."""
    code = UPPER.replace(
        "def handler(event):",
        "import os\n\ndef handler(event):\n"
        "    n = len(open('tries', 'a+').write('x') and open('tries').read())\n"
        "    if n < 3:\n        os._exit(1)",
    )
    assert run(code, RECORDS[:2]) == [Transformed(b"ONE"), Transformed(b"TWO")]
    assert len((tmp_path / "tries").read_text()) == 3


def test_a_batch_that_fails_harms_no_other(run: Callable[..., list[Outcome]]) -> None:
    code = UPPER.replace(
        "    text =", "    if record['data'] == 'Yg==': raise ValueError\n    text ="
    )
    records = [Record(text, NOW) for text in (b"a", b"b", b"c")]
    found = run(code, records, patience=Patience(retries=0, hint=1))
    assert [type(each) for each in found] == [Transformed, Failed, Transformed]


def test_a_function_is_loaded_once_and_used_by_several_threads(tmp_path: Path) -> None:
    code = UPPER + "\nopen('loads', 'a').write('x')\n"
    function = made(tmp_path, code)
    results: list[list[Outcome]] = []
    with Transform("clicks", function, Patience(hint=1)) as transform:
        threads = [
            threading.Thread(target=lambda: results.append(transform.apply(RECORDS[:2] * 10)))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [[Transformed(b"ONE"), Transformed(b"TWO")] * 10] * 3
    assert len((tmp_path / "loads").read_text()) <= 3


@pytest.mark.parametrize("command", [False, True])
def test_none_outlives_the_process_that_started_it(tmp_path: Path, command: bool) -> None:
    """Nor does what it has started; also while it hangs, and its standard input is never read."""
    (tmp_path / "shop.py").write_text(HANGING_FUNCTION)
    script = tmp_path / "hang"
    script.write_text("#!/bin/sh\nsleep 600 &\necho $$ $! > part && mv part pids\nwait\n")
    script.chmod(0o755)
    made_of = "CommandFunction(['./hang']" if command else "PythonFunction('shop:handler'"
    code = (
        "import threading\nfrom pathlib import Path\n"
        "from ingest.transforms.functions import CommandFunction, Limits, PythonFunction\n"
        f"function = {made_of}, Path({str(tmp_path)!r}), Limits(600))\n"
        "payload = b'[%s0]' % (b'0,' * 500_000)\n"
        "threading.Thread(target=function.invoke, args=[payload], daemon=True).start()\n"
        "threading.Event().wait()\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL)
    told = tmp_path / "pids"
    wait_until(lambda: told.exists() and len(told.read_text().split()) == 2)
    starter.kill()
    starter.wait()
    for process in map(int, told.read_text().split()):
        wait_until(lambda process=process: gone(process))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere:handler", "No module named 'nowhere'"),
        ("shop:nothing", "no attribute 'nothing'"),
        ("shop:NUMBER", "not callable"),
        ("broken:handler", "ZeroDivisionError"),
    ],
)
def test_a_function_that_is_none(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "shop.py").write_text("NUMBER = 7")
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(ConfigError, match=why) as error:
        PythonFunction(name, tmp_path, Limits(MUCH))
    assert "module:function" in error.value.hint


@pytest.mark.parametrize("command", [["no-such-command"], ["./shop.py"]])
def test_a_command_that_is_none(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "shop.py").write_text("not executable")
    with pytest.raises(ConfigError, match="no command"):
        CommandFunction(command, tmp_path, Limits(MUCH))


def test_a_command_beside_the_configuration(tmp_path: Path) -> None:
    script = tmp_path / "copy"
    script.write_text("#!/bin/sh\ncat\n")
    script.chmod(0o755)
    with closing(CommandFunction(["./copy"], tmp_path, Limits(MUCH))) as function:
        answer = function.invoke(b'{"records": []}\n')
    assert json.loads(answer) == {"records": []}


def test_a_large_batch_goes_through(tmp_path: Path) -> None:
    records = [Record(os.urandom(100_000), NOW) for _ in range(25)]
    code = (
        "def handler(event):\n"
        "    return {'records': [{**r, 'result': 'Ok'} for r in event['records']]}\n"
    )
    with Transform("s", made(tmp_path, code), Patience(hint=3 << 20)) as transform:
        found = transform.apply(records)
    assert [each.data for each in found if isinstance(each, Transformed)] == [
        base64.b64decode(base64.b64encode(record.data)) for record in records
    ]
