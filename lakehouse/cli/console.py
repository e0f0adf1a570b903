"""Standard error belongs to this module: messages, progress, and nothing that is data."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lakehouse.errors import LakehouseError
from lakehouse.progress import Task

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


_as_json = False


def speak_json() -> None:
    """From now on, say everything as JSON lines, for programs that watch."""
    global _as_json  # noqa: PLW0603 - there is one standard error
    _as_json = True


def speaks_json() -> bool:
    """Whether it says everything as JSON lines."""
    return _as_json


def note(message: str) -> None:
    """Tell the person something that is not part of the result."""
    say("note", message)


def say(event: str, message: str, *, level: str = "info", **fields: object) -> None:
    """Tell of an event: a person reads the message, a program the fields too."""
    if not _as_json:
        click.echo(message, err=True)
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": now, "level": level, "event": event, "message": message, **fields}
    click.echo(json.dumps(line, default=str), err=True)


def complain(error: LakehouseError) -> None:
    """Print an error and its hint."""
    if _as_json:
        code = error.exit_code
        say("error", error.message, level="error", hint=error.hint, exit_code=code)
        return
    click.echo(f"lakehouse: error: {error.message}", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)


class _BarTask:
    def __init__(self, bars: "Bars", task: "TaskID") -> None:
        self._bars = bars
        self._task = task

    def expect(self, total: int) -> None:
        self._bars.update(self._task, total=total)

    def advance(self, amount: int) -> None:
        self._bars.advance(self._task, amount)


class TerminalProgress:
    """Progress bars on a terminal; on a pipe, one line when a task begins."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        """Show the task until the block ends."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        console = Console(stderr=True)
        if _as_json or not console.is_terminal:
            say("started", f"{name} ...")
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True, disable=_as_json) as bars:
            yield _BarTask(bars, bars.add_task(name, total=total))
