"""The owner's side: a worker that is started, asked, cancelled and, if it must be, killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from shutil import rmtree
from socket import AF_UNIX, SOCK_STREAM, socket, socketpair
from threading import Lock

import duckdb

from lakehouse.errors import CatalogError, LakehouseError, QueryError
from lakehouse.query.worker.frames import Frame, receive, send
from lakehouse.query.worker.messages import Opening, Reached

# The worker sees no environment and no folder of ours: it gets the way to its code as arguments.
_MAIN = """\
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from lakehouse.query.worker.process import serve
serve(int(sys.argv[1]))
"""
# Where the libraries of the interpreter itself lie, on some systems.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Allocators that reserve no gigabyte ahead: the address space is bounded.
_ALLOCATORS = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
_ERRORS: dict[str, type[LakehouseError]] = {"QueryError": QueryError, "CatalogError": CatalogError}


class WorkerEndedError(QueryError):
    """The worker's process has ended in the middle of a statement; the next one has a new one."""


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[bytes]
    connection: socket


class Worker:
    """A worker process, begun again whenever it has ended.

    One message at a time; only `cancel` and `kill` may come from other threads meanwhile.
    """

    def __init__(self, opening: Opening) -> None:
        self._setup = [opening.frame()]
        self.reached: Reached | None = None
        self._spill = opening.spill
        self._sending = Lock()
        self._started: _Started | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The process there is now."""
        return self._started.process if self._started else None

    def start(self) -> None:
        """Start the process and let it open its engine."""
        self._living()

    def reach(self, reached: Reached) -> None:
        """Connect the engine, and every later one; asked again, a new one. Raises CatalogError."""
        frame = reached.frame()
        if len(self._setup) > 1:
            # An engine is closed to what it was not told: another begins.
            self.close()
            del self._setup[1:]
        self.ask(frame)
        self._setup.append(frame)
        self.reached = reached

    def ask(self, frame: Frame) -> Frame:
        """What the worker answers.

        Raises the LakehouseError or duckdb.Error that it raised, WorkerEndedError when it has died.
        """
        return self._exchange(self._living(), frame)

    def cancel(self) -> None:
        """Ask the worker to stop what it does."""
        if self._started:
            with suppress(OSError), self._sending:
                send(self._started.connection, Frame({"ask": "cancel"}))

    def kill(self) -> None:
        """End the process at once; whoever waits for it is told WorkerEndedError."""
        if self._started:
            with suppress(ProcessLookupError):
                os.killpg(self._started.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process."""
        started, self._started = self._started, None
        if started:
            # It ends by itself when its owner hangs up, unless it hangs in native code.
            started.connection.close()
            try:
                started.process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                started.process.kill()
                started.process.wait()
        rmtree(self._spill, ignore_errors=True)

    def _living(self) -> _Started:
        if self._started and self._started.process.poll() is None:
            return self._started
        self.close()
        started = _start()
        self._started = started
        for frame in self._setup:
            self._exchange(started, frame)
        return started

    def _exchange(self, started: _Started, frame: Frame) -> Frame:
        answer = None
        with suppress(OSError):
            with self._sending:
                send(started.connection, frame)
            answer = receive(started.connection)
        if answer is None:
            self._started = None
            started.connection.close()
            raise WorkerEndedError(
                f"the statement's process has ended ({_ending(started.process.wait())})",
                hint="it may have needed more memory than there is: see memory_limit under [query]",
            )
        if "error" in answer.head:
            raise _error(answer.head)
        return answer


def _start() -> _Started:
    ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
    with theirs:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        arguments: Sequence[str] = (
            sys.executable,
            *("-I", "-c", _MAIN),
            str(theirs.fileno()),
            json.dumps(sys.path),
        )
        process = subprocess.Popen(  # noqa: S603 - our own code
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=kept | _ALLOCATORS,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # Ctrl-C at the terminal is for its owner to hear
        )
    return _Started(process, ours)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _error(head: dict[str, str]) -> Exception:
    if head["error"] == "duckdb":
        kind = getattr(duckdb, head["kind"], duckdb.Error)
        error: Exception = kind(head["message"])
        return error
    return _ERRORS[head["error"]](head["message"], hint=head["hint"])
