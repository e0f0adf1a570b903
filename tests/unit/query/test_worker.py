"""The process of a statement: what it may take, and how it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

from lakehouse.errors import QueryError
from lakehouse.query import Session
from lakehouse.query.interruption import Interruptible
from lakehouse.query.worker import Opening, Worker, WorkerEndedError
from lakehouse.query.worker.frames import Frame

ENDLESS = "select sum(sqrt(range)) from range(1000000000000)"


@contextmanager
def working(
    folder: Path, memory: str = "512MiB", seconds: float | None = None
) -> Iterator[tuple[Worker, Session]]:
    opening = Opening(memory, 2, str(folder / "spill"), "1GiB")
    with ThreadPoolExecutor(1) as thread, closing(Worker(opening)) as worker:
        worker.start()
        yield worker, Session(worker, Interruptible(worker, thread, seconds))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worker, Session]]:
    with working(tmp_path_factory.mktemp("worker")) as made:
        yield made


def values(session: Session, sql: str) -> list[object]:
    return [v for page in session.run(sql).pages() for v in page.column(0).to_pylist()]


def pid_of(worker: Worker) -> int:
    assert worker.process is not None
    return worker.process.pid


def gone(pid: int) -> bool:
    """Whether a process that is not our child has ended: it is no more, or waits to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.parametrize(
    "sql",
    [
        "select length(repeat('x', 2000000000)) + length(repeat('y', 2000000000))",
        "select length(string_agg(repeat('x', 100000000), '')) from range(60)",
        "select len(list(repeat('x', 1000000))) from range(6000)",
        "select len(range(1000000000))",
    ],
)
def test_a_statement_that_wants_more_memory_than_there_is_ends(
    shared: tuple[Worker, Session], sql: str
) -> None:
    with pytest.raises(QueryError) as told:
        values(shared[1], sql)
    assert "memory_limit" in told.value.hint
    assert values(shared[1], "select 1") == [1]


def test_a_statement_has_its_time(tmp_path: Path) -> None:
    with working(tmp_path, seconds=0.5) as (_, session):
        with pytest.raises(QueryError, match=r"longer than the 0\.5 s") as told:
            values(session, ENDLESS)
        assert "timeout" in told.value.hint
        assert values(session, "select 1") == [1]


def test_a_worker_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse.query.interruption.GRACE_SECONDS", 0.1)
    with working(tmp_path, seconds=0.3) as (worker, session):
        before = pid_of(worker)
        os.kill(before, signal.SIGSTOP)
        with pytest.raises(QueryError, match="longer than"):
            values(session, "select 1")
        assert gone(before)
        assert values(session, "select 1") == [1]
        assert pid_of(worker) != before


def test_a_worker_that_dies_is_told_and_followed_by_another(tmp_path: Path) -> None:
    with working(tmp_path) as (worker, session):
        threading.Timer(0.2, os.kill, (pid_of(worker), signal.SIGKILL)).start()
        with pytest.raises(WorkerEndedError, match="SIGKILL"):
            values(session, ENDLESS)
        assert values(session, "select 1") == [1]


def test_it_sees_no_environment_and_no_terminal(shared: tuple[Worker, Session]) -> None:
    worker, _ = shared
    worker.ask(Frame({"ask": "texts", "sql": "select 1"}))
    pid = pid_of(worker)
    names = {entry.partition(b"=")[0] for entry in environment_of(pid)}
    libraries = {b"LD_LIBRARY_PATH", b"DYLD_LIBRARY_PATH"}
    assert names - libraries == {b"ARROW_DEFAULT_MEMORY_POOL", b"MALLOC_ARENA_MAX"}
    assert {str(Path(f"/proc/{pid}/fd/{n}").readlink()) for n in range(3)} == {"/dev/null"}
    assert os.getsid(pid) != os.getsid(0)


def environment_of(pid: int) -> list[bytes]:
    return [entry for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if entry]


OWNER = """
import sys, threading
from lakehouse.query.worker import Opening, Worker, Admission
worker = Worker(Opening("512MiB", 2, sys.argv[1], "1GiB"))
worker.start()
print(worker.process.pid, flush=True)
worker.ask(Admission(sys.argv[2], admitted=True).frame())
"""


def test_it_ends_with_its_owner_in_the_middle_of_a_statement(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(spill), ENDLESS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        owner.kill()
        owner.wait()
        deadline = time.monotonic() + 60
        while not gone(pid):
            assert time.monotonic() < deadline, "the worker outlives its owner"
            os.sched_yield()
    assert not spill.exists()


def test_errors_keep_their_class(shared: tuple[Worker, Session]) -> None:
    worker, session = shared
    with pytest.raises(duckdb.BinderException):
        session.texts("select nosuch")
    with pytest.raises(QueryError, match="is not allowed"):
        session.run("copy (select 1) to '/tmp/x'")
    assert pid_of(worker)


def test_types_come_over_whole(shared: tuple[Worker, Session]) -> None:
    made = "row(1, 'a'), {'a b': [1]::int[1]}, 'x'::enum('x', 'y'), map {1: uuid()}, 1.5"
    result = shared[1].run(f"select {made}")
    assert [str(column.type) for column in result.columns] == [
        "STRUCT(INTEGER, VARCHAR)",
        'STRUCT("a b" INTEGER[1])',
        "ENUM('x', 'y')",
        "MAP(INTEGER, UUID)",
        "DECIMAL(2,1)",
    ]
    assert result.columns[1].type.child("a b").size == 1
    assert sum(page.num_rows for page in result.pages()) == 1
