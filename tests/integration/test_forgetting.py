"""Bookmarks of logs that are gone leave the checkpoint; a log that comes back is known again."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.bookmarks import Checkpoint
from ingest.history import Goal
from ingest.landing import Landing
from ingest.opening import open_stream
from ingest.positions import stream_positions
from ingest.rewinding import RewindOrder, rewind
from ingest.sources import read_sources
from lakehouse.config import load_settings
from lakehouse.errors import SourceError
from lakehouse.tables.checkpoints import read_checkpoint
from tests.order_logs import BAD, Lake, codes, order_line, order_lines, write_log

WEEK = timedelta(days=7)
MANY = 60  # lines: beyond the bytes that are taken for a log's head


class Shop:
    """A folder of logs, landed at a time that is told."""

    def __init__(self, folder: Path, *, generic: bool) -> None:
        (folder / "lakehouse.toml").write_text('[streams.orders]\nsource = "logs"\n')
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.lake = Lake(load_settings(folder=folder, environment={}), generic)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def land(self) -> list[str]:
        """Land what is new, as a process of its own; the names of the logs with bookmarks."""
        stream = open_stream("orders", self.lake.settings, self.lake.catalog, now=lambda: self.now)
        Landing(stream).land_files(read_sources([self.logs], stream.format.suffixes))
        return [mark.log for mark in self.checkpoint().bookmarks]

    def checkpoint(self) -> Checkpoint:
        metadata = self.lake.catalog.load_table("landing.order_lines").metadata
        return Checkpoint.from_json(read_checkpoint(metadata, "orders"))

    def write(self, name: str, first: int, last: int) -> Path:
        return write_log(self.logs / name, order_lines(first, last))

    def waits(self) -> dict[str, int | None]:
        positions = stream_positions("orders", self.lake.catalog, self.lake.settings)
        return {position.log: position.lag for position in positions}


@pytest.fixture(params=[False, True], ids=["lake", "generic"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(tmp_path, generic=request.param)


def forget(shop: Shop) -> bytes:
    """Land a.csv, lines 1 to MANY, and delete it for so long that it is forgotten; its content."""
    gone = shop.write("a.csv", 1, MANY)
    content = gone.read_bytes()
    shop.land()
    gone.unlink()
    shop.write("b.csv", MANY + 1, MANY + 1)
    assert shop.land() == ["a.csv", "b.csv"]
    shop.now += WEEK - timedelta(seconds=1)
    shop.write("c.csv", MANY + 2, MANY + 2)
    assert shop.land() == ["a.csv", "b.csv", "c.csv"]
    shop.now += timedelta(seconds=1)
    shop.write("d.csv", MANY + 3, MANY + 3)
    assert shop.land() == ["b.csv", "c.csv", "d.csv"]
    return content


def test_a_forgotten_log_that_comes_back_lands_nothing_twice(shop: Shop) -> None:
    content = forget(shop)
    (shop.logs / "a.csv").write_bytes(content)
    shop.land()
    assert shop.lake.codes() == codes(1, MANY + 3)
    assert shop.waits()["a.csv"] == 0

    with (shop.logs / "a.csv").open("a") as file:
        file.write(order_line(MANY + 4) + "\n")
    assert shop.waits()["a.csv"] == len(order_line(MANY + 4)) + 1
    shop.land()
    shop.land()
    assert shop.lake.codes() == codes(1, MANY + 4)


@pytest.mark.parametrize("name", ["old.csv", "a.csv.gz"])
def test_it_is_known_by_any_name_and_compressed(shop: Shop, name: str) -> None:
    content = forget(shop)
    (shop.logs / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    shop.land()
    assert shop.lake.codes() == codes(1, MANY + 3)


def test_a_changed_copy_of_it_is_still_refused(shop: Shop) -> None:
    content = forget(shop)
    (shop.logs / "a.csv").write_bytes(content.replace(b"THING 59", b"THING 00"))
    with pytest.raises(SourceError, match="has been changed"):
        shop.land()


def test_a_log_is_not_gone_while_it_has_another_name(shop: Shop) -> None:
    log = shop.write("a.csv", 1, MANY)
    shop.land()
    log.rename(shop.logs / "a.csv.1")
    shop.write("b.csv", MANY + 1, MANY + 1)
    shop.land()
    shop.now += WEEK
    (shop.logs / "a.csv.2.gz").write_bytes(gzip.compress((shop.logs / "a.csv.1").read_bytes()))
    (shop.logs / "a.csv.1").unlink()
    shop.write("c.csv", MANY + 2, MANY + 2)
    assert shop.land() == ["a.csv", "b.csv", "c.csv"]
    assert not shop.checkpoint().gone


def test_one_that_was_away_for_a_while_begins_to_be_gone_anew(shop: Shop) -> None:
    log = shop.write("a.csv", 1, MANY)
    content = log.read_bytes()
    shop.land()
    for number, there in enumerate((False, True, False), MANY + 1):
        log.write_bytes(content) if there else log.unlink()
        shop.write(f"n{number}.csv", number, number)
        assert "a.csv" in shop.land()
        shop.now += WEEK - timedelta(hours=1)
    assert shop.lake.codes() == codes(1, MANY + 3)


def test_the_checkpoint_does_not_grow_with_the_logs_there_were(shop: Shop) -> None:
    for day in range(12):
        shop.write("orders.csv", 3 * day + 1, 3 * day + 3)
        shop.land()
        (shop.logs / "orders.csv").unlink()
        shop.now += timedelta(days=2)
    assert len(shop.checkpoint().bookmarks) <= 5
    assert shop.lake.codes() == codes(1, 36)
    shop.write("orders.csv", 1, 3)
    shop.land()
    assert shop.lake.codes() == codes(1, 36)


def test_what_the_ledger_lacks_is_not_forgotten(shop: Shop) -> None:
    """A home of a version whose ledger did not tell the bookmarks."""
    shop.write("a.csv", 1, MANY)
    shop.land()
    ledger = shop.lake.catalog.load_table("ops.deliveries")
    rows = ledger.scan().to_arrow()
    nothing = pa.nulls(len(rows), pa.string())
    ledger.overwrite(
        rows.set_column(rows.schema.names.index("moves"), "moves", nothing),
        snapshot_properties={"lakehouse.checkpoint.orders": "1"},
    )
    (shop.logs / "a.csv").unlink()
    for number in (MANY + 1, MANY + 2):
        shop.write("b.csv", MANY + 1, number)
        shop.land()
        shop.now += 2 * WEEK
    assert [mark.log for mark in shop.checkpoint().bookmarks] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("goal", [Goal(sequence=0), None], ids=["rewind", "reset"])
def test_lines_of_a_forgotten_log_are_not_taken_back_unasked(shop: Shop, goal: Goal | None) -> None:
    content = forget(shop)
    order = RewindOrder("orders", goal)
    with pytest.raises(SourceError, match=r"a\.csv"):
        rewind(order, shop.lake.catalog, shop.lake.settings)
    (shop.logs / "a.csv").write_bytes(content)
    rewind(order, shop.lake.catalog, shop.lake.settings)
    shop.land()
    assert shop.lake.codes() == codes(1, MANY + 3)


def test_each_delivery_tells_what_waited(shop: Shop) -> None:
    log = shop.write("a.csv", 1, 3)
    rest = shop.write("b.csv", 4, 6)
    stream = open_stream("orders", shop.lake.settings, shop.lake.catalog, now=lambda: shop.now)
    landing = Landing(stream)
    files = read_sources([shop.logs], (".csv",))
    landing.look(files)
    landing.read(files[0], stopped=lambda: False)
    with log.open("a") as file:
        file.write(BAD + "\n")
    landing.deliver()
    shop.now = datetime.now(UTC) + timedelta(hours=1)
    landing.read(files[1], stopped=lambda: False)
    landing.deliver()
    shop.land()

    rows = shop.lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
    told = {row["sequence"]: (row["lag_bytes"], row["lag_logs"]) for row in rows}
    late = len(BAD) + 1
    assert told == {1: (rest.stat().st_size + late, 2), 2: (late, 1), 3: (0, 0)}
    seconds = {row["sequence"]: row["lag_seconds"] for row in rows}
    assert seconds[1] == seconds[3] == 0  # the clock of the first was far behind the logs'
    assert 3600 <= seconds[2] < 7200
