"""How long work tells how far it is, without knowing who is watching."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of work under way."""

    def expect(self, total: int) -> None:
        """Learn how many units there are, where that is known only under way."""

    def advance(self, amount: int) -> None:
        """Count `amount` more units as done."""


class Progress(Protocol):
    """Somebody who wants to know."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        """Show a task named `name` of `total` units (None: unknown) until the block ends."""


class _Silent:
    def expect(self, total: int) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        yield self


SILENT: Progress = _Silent()
