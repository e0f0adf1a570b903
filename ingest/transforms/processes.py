"""Processes that can be ended, with all that they started, when they take too long."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import IO


class Child:
    """A process in a session of its own, with pipes to its standard input and output.

    Raises OSError when it can't be started. `folder` is its working directory.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the command is the person's own
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
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
        return self._process.wait()

    def kill(self) -> None:
        """End it and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait for its end."""
        if self._process.returncode is None:
            self.kill()
            self._process.wait()
        for pipe in (self.questions, self.answers):
            with suppress(OSError):
                pipe.close()


class Deadline:
    """Kills a child when what is done with it takes longer than `seconds`."""

    def __init__(self, child: Child, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._child = child
        self._timer = Timer(seconds, self._kill)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _kill(self) -> None:
        self.passed = True
        self._child.kill()
