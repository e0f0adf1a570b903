"""Somebody else's code that answers payloads: a command, or a Python callable."""

import os
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Thread
from typing import IO, Protocol

from ingest.transforms import worker
from ingest.transforms.contract import LARGEST_PAYLOAD, InvocationError, StoppedError
from ingest.transforms.processes import Child, Deadline, Guard
from lakehouse.errors import ConfigError

# To import a function takes its own time, whatever it may take to answer.
_LOADING_SECONDS = 60.0


@dataclass(frozen=True)
class Limits:
    """For how many seconds an answer is waited for, unless it is to be `stopped` before."""

    seconds: float
    stopped: Callable[[], bool] = lambda: False


class Function(Protocol):
    """What a payload is handed to."""

    def invoke(self, payload: bytes) -> bytes:
        """The answer.

        Raises InvocationError when there is none, StoppedError when it is waited for no more.
        """

    def close(self) -> None:
        """End what runs."""


class CommandFunction:
    """A command that is run for each payload, which it reads to the end of its standard input.

    It answers on its standard output and ends with 0. Raises ConfigError when there is no such
    command. `folder` is where it runs, and where a relative path of it begins.
    """

    def __init__(self, command: Sequence[str], folder: Path, limits: Limits) -> None:
        program = str(folder / command[0]) if os.sep in command[0] else command[0]
        if shutil.which(program) is None:
            hint = "name a program on the PATH, or an executable file beside lakehouse.toml"
            raise ConfigError(f"no command {command[0]!r} for a transform", hint=hint)
        self._command = [program, *command[1:]]
        self._folder = folder
        self._limits = limits
        self._guard = Guard()

    def invoke(self, payload: bytes) -> bytes:
        """Run it. Raises InvocationError when it hangs, fails, or says too much."""
        try:
            child = Child(self._command, self._folder, self._guard)
        except OSError as e:
            raise InvocationError(f"the command can't be started: {e.strerror}") from e
        writer = Thread(target=_write, args=[child.questions, payload], daemon=True)
        try:
            with Deadline(child, self._limits.seconds, self._limits.stopped) as deadline:
                writer.start()
                answer = child.answers.read(LARGEST_PAYLOAD + 1)
                if len(answer) > LARGEST_PAYLOAD:
                    raise InvocationError(f"an answer of more than {LARGEST_PAYLOAD:,} bytes")
                code = child.wait()
        finally:
            child.close()
            writer.join()
        _refuse_late(deadline, self._limits)
        if code:
            raise InvocationError(f"the command ended with {_told(code)}")
        return answer

    def close(self) -> None:
        """Nothing of it runs between payloads."""
        self._guard.close()


class PythonFunction:
    """A Python callable, `module:function`, in processes that are kept for the next payload.

    It is called as a Lambda handler is. Raises ConfigError when it can't be imported; modules
    in `folder` can.
    """

    def __init__(self, name: str, folder: Path, limits: Limits) -> None:
        self._command = [sys.executable, "-P", str(worker.__file__), name]
        self._folder = folder
        self._limits = limits
        self._idle: LifoQueue[Child] = LifoQueue()
        self._guard = Guard()
        try:
            self._idle.put(self._started())
        except InvocationError as e:
            self._guard.close()
            hint = "name it module:function; modules beside lakehouse.toml are found"
            raise ConfigError(f"transform {name!r}: {e}", hint=hint) from e

    def invoke(self, payload: bytes) -> bytes:
        """Call it. Raises InvocationError when it hangs, raises, or ends its process."""
        child = self._take()
        answer = _answer(child, payload, self._limits)
        self._idle.put(child)
        if answer.startswith(b"!"):
            raise InvocationError(answer[1:].decode("utf-8", "replace"))
        return answer[1:]

    def close(self) -> None:
        """End the processes."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()
        self._guard.close()

    def _take(self) -> Child:
        with suppress(Empty):
            while not (child := self._idle.get_nowait()).running:
                child.close()
            return child
        return self._started()

    def _started(self) -> Child:
        """A process that has the function. Raises InvocationError when it can't be imported."""
        child = Child(self._command, self._folder, self._guard)
        loaded = _answer(child, b"", replace(self._limits, seconds=_LOADING_SECONDS))
        if loaded.startswith(b"!"):
            child.close()
            raise InvocationError(loaded[1:].decode("utf-8", "replace"))
        return child


def _answer(child: Child, payload: bytes, limits: Limits) -> bytes:
    """The worker's answer. When there is none, it is ended, and the error raised."""
    with Deadline(child, limits.seconds, limits.stopped) as deadline:
        answer = _ask(child, payload)
    in_time = not deadline.passed and not deadline.stopped
    if answer and len(answer) <= LARGEST_PAYLOAD + 1 and in_time:
        return answer
    child.close()
    _refuse_late(deadline, limits)
    if answer:
        raise InvocationError(f"an answer of more than {LARGEST_PAYLOAD:,} bytes")
    raise InvocationError("its process has ended")


def _refuse_late(deadline: Deadline, limits: Limits) -> None:
    if deadline.stopped:
        raise StoppedError
    if deadline.passed:
        raise InvocationError(f"no answer within {limits.seconds:g} seconds")


def _ask(child: Child, payload: bytes) -> bytes:
    """The worker's answer; nothing when it has ended."""
    try:
        child.questions.write(struct.pack("!I", len(payload)) + payload)
        child.questions.flush()
        head = child.answers.read(4)
        if len(head) < 4:
            return b""
        (length,) = struct.unpack("!I", head)
        answer = child.answers.read(min(length, LARGEST_PAYLOAD + 2))
    except OSError:
        return b""
    return answer if len(answer) == min(length, LARGEST_PAYLOAD + 2) else b""


def _write(questions: IO[bytes], payload: bytes) -> None:
    with suppress(OSError):  # a command may answer without reading all of it, or die
        questions.write(payload)
    with suppress(OSError):
        questions.close()


def _told(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
