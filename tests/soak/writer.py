"""A server that writes two order logs and rotates them, and keeps its own record of what it wrote.

A process of its own, without imports that take time: `python -m tests.soak.writer FOLDER RECORD
SEED`. It obeys lines on standard input and answers each on standard output when it is done:

- `hold`, `go`: write nothing for now, or write;
- `waiting`: the logs that it would delete as soon as it may, one JSON array;
- `delete NAME`: delete that log and write another of the same name;
- `remove NAME`: delete a file that was rotated away;
- `stop`: end the last line, and leave.
"""

import gzip
import json
import os
import random
import select
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROTATED_AT = 5_000  # bytes: beyond the head by which logs are told apart
DATES = ("2010-12-01 08:26:00", "2011-01-31 23:59:59", "2011-02-01 00:00:00")
WAYS = ("rename", "copytruncate", "compress", "append to gzip", "delete")


def good_line(n: int) -> str:
    """A line that is landed; late ones and such of other months are among them."""
    return f"53{n % 1000:04d},P{n},THING {n},6,{DATES[n % 3]},2.55,17850.0,United Kingdom"


def bad_line(n: int) -> str:
    """A line that is rejected."""
    return f"no order line {n}"


class Writer:
    """Two logs under way. Lines are numbered through; every fifth is bad."""

    def __init__(self, folder: Path, record: TextIO, seed: int) -> None:
        self._folder = folder
        self._record = record
        self._chance = random.Random(seed)
        self._held = False
        self._line = 0
        self._rotated = 0
        self._waiting: set[str] = set()
        self._logs = [folder / "a.csv", folder / "b.csv"]
        for log in self._logs:
            self._begin(log)

    def turn(self) -> None:
        """Write some lines to one of the logs, or rotate it."""
        log = self._chance.choice(self._logs)
        if self._held or log.name in self._waiting:
            return
        if log.stat().st_size > ROTATED_AT:
            self._rotate(log, self._chance.choice(WAYS))
        else:
            self._write(log, self._chance.randint(1, 12))

    def obey(self, order: str) -> str:
        """Do what is asked for; the answer."""
        what, _, name = order.partition(" ")
        if what in {"hold", "go"}:
            self._held = what == "hold"
        elif what == "waiting":
            return json.dumps(sorted(self._waiting))
        elif what == "delete":
            (self._folder / name).unlink()
            self._begin(self._folder / name)  # as like as not, the inode is the old one's
            self._waiting.discard(name)
        elif what == "remove":
            (self._folder / name).unlink()
        return "done"

    def _begin(self, log: Path) -> None:
        log.write_text(HEADER + "\n")

    def _next(self) -> str:
        self._line += 1
        return (bad_line if self._line % 5 == 0 else good_line)(self._line)

    def _write(self, log: Path, count: int) -> None:
        text = "".join(self._next() + "\n" for _ in range(count))
        cut = self._chance.randrange(len(text))
        with log.open("a") as file:
            file.write(text[:cut])
            file.flush()
            time.sleep(self._chance.uniform(0, 0.02))
            file.write(text[cut:])
        self._record.write(text)

    def _rotate(self, log: Path, way: str) -> None:
        self._rotated += 1
        rotated = log.with_name(f"{log.stem}-{self._rotated}.csv")
        hidden = log.with_name(f".{log.stem}.gz")
        if way == "rename":
            log.rename(rotated)
            self._begin(log)
        elif way == "copytruncate":
            shutil.copy(log, rotated)
            os.truncate(log, 0)
            self._begin(log)
        elif way == "delete":
            self._waiting.add(log.name)  # until somebody says that it was landed
        else:
            log.rename(rotated)
            self._begin(log)
            text = rotated.read_bytes()
            half = len(text) // 2 if way == "append to gzip" else 0
            with hidden.open("wb") as file:
                file.write(gzip.compress(text[:half]) if half else b"")
                file.write(gzip.compress(text[half:]))
            hidden.rename(rotated.with_suffix(".csv.gz"))
            rotated.unlink()


def main(folder: Path, record: Path, seed: int) -> None:
    """Write and obey until told to stop."""
    with record.open("w") as recorded:
        writer = Writer(folder, recorded, seed)
        while True:
            writer.turn()
            if select.select([sys.stdin], [], [], 0.004)[0]:
                order = sys.stdin.readline().strip()
                if order in {"stop", ""}:
                    break
                sys.stdout.write(writer.obey(order) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
