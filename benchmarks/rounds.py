"""Contenders run in turn, round after round, so that a busy machine slows all of them alike."""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

# Given an empty folder, makes ready what is not measured, and hands over what is.
Contender: TypeAlias = Callable[[Path], AbstractContextManager[Callable[[], object]]]


@dataclass(frozen=True)
class Median:
    """Of the rounds: seconds on the clock, and seconds of all cores together."""

    wall: float
    cpu: float


def interleaved(contenders: Mapping[str, Contender], rounds: int = 5) -> dict[str, Median]:
    """What each contender takes, after one round that does not count.

    On a machine that others use too, the seconds of the cores say more than the clock.
    """
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            with tempfile.TemporaryDirectory() as folder, contender(Path(folder)) as run:
                # What one has left is neither given back at the cost of the next, nor of use to it.
                gc.collect()
                pa.default_memory_pool().release_unused()
                start, used = time.perf_counter(), cpu_seconds()
                run()
                if number:
                    cpu[name].append(cpu_seconds() - used)
                    wall[name].append(time.perf_counter() - start)
    return {n: Median(statistics.median(wall[n]), statistics.median(cpu[n])) for n in contenders}


def judge(what: str, measured: float, bar: float, unit: str = "x") -> None:
    """Print a measured value beside the least it should be."""
    _print(what, measured, f"at least {bar:,}{unit}", unit, met=measured >= bar)


def judge_at_most(what: str, measured: float, bar: float, unit: str = "x") -> None:
    """Print a measured value beside the most it should be."""
    _print(what, measured, f"at most {bar:,}{unit}", unit, met=measured <= bar)


def _print(what: str, measured: float, bar: str, unit: str, *, met: bool) -> None:
    value = f"{measured:,.0f}" if measured >= 1_000 else f"{measured:.2f}"
    print(f"  {what}: {value}{unit}, the bar is {bar}: {'met' if met else 'MISSED'}", flush=True)


def faster(us: Median, them: Median) -> tuple[float, str]:
    """How many times as fast we are by the clock, and the same by core-seconds, in words."""
    return them.wall / us.wall, f"by the clock ({them.cpu / us.cpu:.2f}x by core-seconds)"


def cpu_seconds() -> float:
    """Of this process and of those it has started, a JVM for one, as far as they can be seen."""
    return time.process_time() + sum(map(_cpu_seconds, _children(Path("/proc/self"))))


def cpu_seconds_of(pid: int) -> float:
    """Of another process and of those it has started."""
    return _cpu_seconds(Path("/proc", str(pid)))


def _cpu_seconds(process: Path) -> float:
    try:
        # After the name, which may hold spaces: the state is field 3, utime 14 and stime 15.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        used = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
        return used + sum(map(_cpu_seconds, _children(process)))
    except FileNotFoundError:
        return 0.0


def _children(process: Path) -> list[Path]:
    lists = [task.read_text().split() for task in process.glob("task/*/children")]
    return [Path("/proc", child) for found in lists for child in found]
