"""Processes that can be ended, with all that they started, when they take too long."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import IO

from ingest.transforms import guard

# How often it is looked whether somebody wants it all to stop.
_GLANCE_SECONDS = 0.1


def pause(stopped: Callable[[], bool], seconds: float) -> None:
    """Wait for so many seconds, or until it is to stop."""
    end = time.monotonic() + seconds
    while not stopped() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _GLANCE_SECONDS))


class Guard:
    """Sees to it that no child outlives this process, be it killed, with what the child started.

    A process of its own does: see `ingest.transforms.guard`. It is to be closed.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-I", "-S", str(guard.__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # or who reads ours to its end would wait for it
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Take care of a process group, until it is let go of."""
        self._tell(f"+{group}")

    def release(self, group: int) -> None:
        """It has ended."""
        self._tell(f"-{group}")

    def close(self) -> None:
        """End it."""
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, what: str) -> None:
        if self._process.stdin:
            with suppress(OSError):  # it was killed: that is nothing a transform should fail for
                # In one piece, since several threads tell it.
                os.write(self._process.stdin.fileno(), f"{what}\n".encode())


class Child:
    """A process in a session of its own, with pipes to its standard input and output.

    The `keeper` kills it when this process dies. Raises OSError when it can't be started.
    `folder` is its working directory.
    """

    def __init__(self, command: Sequence[str], folder: Path, keeper: Guard) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the command is the person's own
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._keeper = keeper
        keeper.watch(self._process.pid)
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a process without pipes")
        self.questions: IO[bytes] = self._process.stdin
        self.answers: IO[bytes] = self._process.stdout

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Wait until it ends, end what it has left running, and tell its exit code."""
        if self._process.returncode is None:
            # Not reaped yet, so that its number can't be another's when its group is ended.
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            self.kill()
            self._keeper.release(self._process.pid)
        return self._process.wait()

    def kill(self) -> None:
        """End it and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait for its end."""
        if self._process.returncode is None:
            self.kill()
            self._keeper.release(self._process.pid)
            self._process.wait()
        for pipe in (self.questions, self.answers):
            with suppress(OSError):
                pipe.close()


class Deadline:
    """Kills a child when what is done with it takes longer than `seconds`, or is to stop.

    Then it has `passed`, or was `stopped`.
    """

    def __init__(self, child: Child, seconds: float, stopped: Callable[[], bool]) -> None:
        self.passed = False
        self.stopped = False
        self._child = child
        self._seconds = seconds
        self._asked_to_stop = stopped
        self._done = Event()
        self._thread = Thread(target=self._watch, name="deadline", daemon=True)

    def __enter__(self) -> "Deadline":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        end = time.monotonic() + self._seconds
        while True:
            left = end - time.monotonic()
            self.stopped, self.passed = self._asked_to_stop(), left <= 0
            if self.stopped or self.passed:
                self._child.kill()
                return
            if self._done.wait(min(left, _GLANCE_SECONDS)):
                return
