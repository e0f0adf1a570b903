"""Standard error belongs to this module: messages, progress, and nothing that is data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from lakehouse.errors import LakehouseError
from lakehouse.progress import Task

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def note(message: str) -> None:
    """Tell the person something that is not part of the result."""
    click.echo(message, err=True)


def complain(error: LakehouseError) -> None:
    """Print an error and its hint."""
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
        if not console.is_terminal:
            note(f"{name} ...")
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bars:
            yield _BarTask(bars, bars.add_task(name, total=total))
