"""Ingesters killed at random beside a writer that rotates; the sums are drawn at the end."""

import json
import multiprocessing
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import TracebackType

from ingest.bookmarks import Checkpoint
from ingest.positions import stream_positions
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.maintenance_settings import MaintenanceSettings
from lakehouse.tables.checkpoints import read_checkpoint
from lakehouse.tables.maintenance.run import Maintenance
from lakehouse.tables.maintenance.site import Order
from tests.order_logs import Lake
from tests.soak.dying import Death, lakehouse, random_death

# Processes that are forked from one that has imported everything are there in an instant.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    ["tests.soak.harness", "ingest.streams", "lakehouse.catalog", "lakehouse.catalog.explaining"]
)
ROOT = Path(__file__).parents[2]
# The codes a killed ingester's successors may end with: 3 for a log caught in the middle of its
# rotation. Everything else would be a bug.
_FINE = {0, 3}
TABLES = ("landing.order_lines", "landing.rejects", "ops.deliveries")


class LiveWriter:
    """The writer's process, and what it is told."""

    def __init__(self, folder: Path, record: Path, seed: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.record = record
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.writer", folder, record, str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, order: str) -> str:
        """Have it obey; its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def stop(self) -> None:
        """End it, its last line written whole."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        assert self._process.stdout
        self._process.stdout.close()

    def __enter__(self) -> "LiveWriter":
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        if error:
            self._process.kill()
            self._process.communicate()


@dataclass
class Tally:
    """What happened on the way."""

    killed: int = 0
    by_death: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    deleted: int = 0
    removed: int = 0
    landed: int = 0
    rejected: int = 0
    bookmarks: int = 0  # in the last checkpoint
    forgotten: int = 0


class Soak:
    """One home, one writer, one caretaker, and ingesters that die one after the other."""

    def __init__(self, folder: Path, seed: int) -> None:
        (folder / "lakehouse.toml").write_text(
            '[streams.orders]\nsource = "logs"\nbuffer_interval = 0.05\nforget_after = "0s"\n'
        )
        self.settings = load_settings(folder=folder, environment={})
        self.lake = Lake(self.settings)
        self.tally = Tally()
        self._folder = folder
        self._chance = random.Random(seed)
        self._said = folder / "said.txt"

    def run(self, kills: int) -> None:
        """Kill that many ingesters, each at work where the last one was killed."""
        stop = SERVER.Event()
        seed = self._chance.randrange(1 << 30)
        with LiveWriter(self._folder / "logs", self._folder / "record.txt", seed) as writer:
            writer.tell("hold")
            self._ingest(["ingest", "--json"], None)
            caretaker = SERVER.Process(target=maintain_again_and_again, args=(self.settings, stop))
            caretaker.start()
            try:
                while self.tally.killed < kills:
                    self._round(writer)
                writer.stop()
            finally:
                stop.set()
                caretaker.join()
        assert caretaker.exitcode == 0
        assert self._ingest(["ingest", "--json"], None) == 0, self._said.read_text()

    def check(self) -> None:
        """Every line that the writer wrote is landed or rejected, once, and entered once."""
        written = (self._folder / "record.txt").read_text().splitlines()
        good = [line.split(",")[1] for line in written if "," in line]
        bad = [line for line in written if "," not in line]
        check_same("landed", self.lake.codes(), good)
        check_same("rejected", (row["raw"] for row in self.lake.rejects()), bad)
        assert len(self.lake.lines()) == len(written)  # and their numbers have no gaps
        ledger = self.lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
        assert sum(row["lines"] for row in ledger) == len(written)
        sequences = sorted(row["sequence"] for row in ledger)
        assert sequences == list(range(1, len(sequences) + 1))
        metadata = self.lake.catalog.load_table("landing.order_lines").metadata
        checkpoint = Checkpoint.from_json(read_checkpoint(metadata, "orders"))
        self.tally.landed, self.tally.rejected = len(good), len(bad)
        self.tally.bookmarks = len(checkpoint.bookmarks)
        self.tally.forgotten = checkpoint.forgotten
        assert checkpoint.forgotten or not self.tally.removed

    def _round(self, writer: LiveWriter) -> None:
        self.tally.rounds += 1
        once = self._chance.random() < 0.3
        # Without --follow, a last line without end is landed as it is.
        writer.tell("hold" if once else "go")
        arguments = ["ingest", "--json"] if once else ["ingest", "--follow"]
        death = random_death(self._chance)
        code = self._ingest(arguments, death, self._chance.uniform(0.02, 1.2))
        if code == -signal.SIGKILL:
            self.tally.killed += 1
            name = death.point if death else "somebody"
            self.tally.by_death[name] = self.tally.by_death.get(name, 0) + 1
        else:
            assert code in _FINE, self._said.read_text()
        self._clear_away(writer)

    def _ingest(self, arguments: list[str], death: Death | None, seconds: float = 600) -> int:
        """How the command ended; after so many seconds it is killed."""
        everything = ["--config", str(self._folder / "lakehouse.toml"), *arguments]
        process: ForkServerProcess = SERVER.Process(
            target=lakehouse, args=(everything, death, str(self._said))
        )
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
        process.join()
        assert process.exitcode is not None
        return process.exitcode

    def _clear_away(self, writer: LiveWriter) -> None:
        """Let the writer delete what was landed to its end, and is not about to grow."""
        writer.tell("hold")
        waiting: list[str] = json.loads(writer.tell("waiting"))
        with open_catalog(self.settings) as catalog:
            positions = stream_positions("orders", catalog, self.settings)
        for position in positions:
            if position.lag or position.size is None:
                continue
            if position.log in waiting:
                writer.tell(f"delete {position.log}")
                self.tally.deleted += 1
            elif "-" in position.log and self._chance.random() < 0.5:
                writer.tell(f"remove {position.log}")
                self.tally.removed += 1


def check_same(what: str, found: Iterable[str], expected: Iterable[str]) -> None:
    """Fail with what was lost and what was doubled."""
    there, wanted = Counter(found), Counter(expected)
    lost, doubled = wanted - there, there - wanted
    assert (lost, doubled) == (Counter(), Counter()), f"{what}: lost {lost}, doubled {doubled}"


def maintain_again_and_again(settings: Settings, stop: Event) -> None:
    """Pack small files, and expire and delete what is half a second old, until told to stop."""
    kept = MaintenanceSettings(snapshot_retention=timedelta(seconds=1), keep_snapshots=1)
    names = [tuple(name.split(".")) for name in TABLES]
    with open_catalog(settings) as catalog:
        notes = settings.home / "maintenance"
        work = Maintenance(catalog, Order(kept, full=True), notes, utc_now)
        while not stop.wait(0.5):
            there = [name for name in names if catalog.table_exists(name)]
            for done in work.run(there):
                assert done.error is None, done.error


def utc_now() -> datetime:
    """The time in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
