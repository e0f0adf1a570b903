"""`lakehouse` in a process that dies where it is told to, as `kill -9` would have it."""

import importlib
import inspect
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from lakehouse.cli.root import run

# What a delivery goes through, in this order.
POINTS = {
    "file write": "lakehouse.tables.parquet_layout:PartitionFiles.finish",
    "fsync": "lakehouse.catalog.durability:_sync",
    "manifests": "lakehouse.tables.fenced_append:_stage",
    "metadata": "lakehouse.catalog.sql:LakeSqlCatalog._write_metadata",
    "commit": "lakehouse.catalog.sql:LakeSqlCatalog.commit_tables",
    "swap": "lakehouse.catalog.sql:LakeSqlCatalog.move_pointer",
    "settling": "lakehouse.tables.fenced_append:_Attempt.settle",
    "ledger": "ingest.ledger:Ledger.enter",
}


@dataclass(frozen=True)
class Death:
    """When a process dies: before or after the nth pass of a point, or at the nth call of all."""

    point: str
    after: bool
    nth: int

    def arm(self) -> None:
        """Let this process die so."""
        passes = count(1)
        if self.point == "any call":
            _watch_calls(lambda: next(passes) == self.nth)
        else:
            _wrap(POINTS[self.point], lambda: next(passes) == self.nth, after=self.after)


def random_death(chance: random.Random) -> Death | None:
    """One of the deaths there are; None is one by somebody else's hand."""
    point = chance.choice([*POINTS, *["any call"] * 3, *["somebody"] * 5])
    if point == "somebody":
        return None
    nth = chance.randint(2_000, 200_000) if point == "any call" else chance.randint(1, 12)
    return Death(point, chance.random() < 0.5, nth)


def lakehouse(arguments: list[str], death: Death | None, output: str) -> None:
    """Run the command, its output going to a file, and die."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if death:
        death.arm()
    sys.argv = ["lakehouse", *arguments]
    run()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch_calls(due: Callable[[], bool]) -> None:
    def watch(*_: object) -> None:
        if due():
            _die()

    threading.setprofile(watch)
    sys.setprofile(watch)


def _wrap(name: str, due: Callable[[], bool], *, after: bool) -> None:
    module, _, path = name.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    wrapped = getattr(owner, attribute)

    def dying(*arguments: Any, **named: Any) -> Any:
        mine = due()
        if mine and not after:
            _die()
        returned = wrapped(*arguments, **named)
        if mine:
            _die()
        return returned

    static = isinstance(inspect.getattr_static(owner, attribute), staticmethod)
    setattr(owner, attribute, staticmethod(dying) if static else dying)
