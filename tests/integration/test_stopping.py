"""Stops while something hangs, or never ends: they are quick, and lose nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from io import FileIO
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from ingest.buffering import BufferingHints
from ingest.landing import Landing, LandingReport
from ingest.opening import open_stream
from ingest.standard_input import land_input
from ingest.streams import follow_stream, land_stream
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError, SourceError
from tests.order_logs import HEADER, Lake, codes, order_line, order_lines, write_log

# Hangs at a certain line, and tells so; not when it has been mended.
SHOP = """
import base64, os, time

def handler(event):
    for record in event["records"]:
        if b",P7," in base64.b64decode(record["data"]) and not os.path.exists("mended"):
            open("hangs", "w").close()
            time.sleep(600)
    return {"records": [{**record, "result": "Ok"} for record in event["records"]]}
"""
CONFIG = """
[streams.orders]
source = ["a.csv", "b.csv"]
transform = { python = "shop:handler", timeout = 300 }
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two logs, and a transform that hangs in the second one."""
    (tmp_path / "lakehouse.toml").write_text(CONFIG)
    (tmp_path / "shop.py").write_text(SHOP)
    write_log(tmp_path / "a.csv", order_lines(1, 5))
    write_log(tmp_path / "b.csv", order_lines(6, 9))
    return Lake(load_settings(folder=tmp_path, environment={}))


class Watcher:
    """Nobody needs to be told anything here."""

    def delivered(self, report: LandingReport) -> None:
        pass

    def paused(self, error: LakehouseError) -> None:
        raise error

    def refused(self, error: LakehouseError) -> None:
        raise error


@pytest.fixture
def hangs(tmp_path: Path) -> Callable[[], None]:
    """Wait until the transform does."""

    def wait() -> None:
        event = Event()
        for _ in range(1_200):
            if (tmp_path / "hangs").exists():
                return
            event.wait(0.05)
        pytest.fail("it was never asked")

    return wait


def test_a_follower_leaves_what_its_transform_hangs_at(
    lake: Lake, tmp_path: Path, hangs: Callable[[], None]
) -> None:
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(
            lambda: follow_stream("orders", lake.catalog, lake.settings, Watcher(), stop=stop)
        )
        hangs()
        stop.set()
        report = job.result(60)  # four attempts of 300 seconds each would be waited for

    assert (report.lines, report.landed) == (5, 5)
    assert lake.codes() == codes(1, 5)
    (tmp_path / "mended").touch()
    assert land_stream("orders", lake.catalog, lake.settings).landed == 4
    assert lake.codes() == codes(1, 9)
    assert lake.rejects() == []


def test_ctrl_c_ends_a_run_whose_transform_hangs(
    lake: Lake, tmp_path: Path, hangs: Callable[[], None]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "lakehouse", "ingest", "orders"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        hangs()
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err

    (tmp_path / "mended").touch()
    assert land_stream("orders", lake.catalog, lake.settings).landed == 9
    assert lake.codes() == codes(1, 9)


@pytest.fixture
def pipe() -> Iterator[tuple[FileIO, FileIO]]:
    """The end that is read, and the one that is written."""
    read, write = os.pipe()
    with FileIO(read, "rb") as reader, FileIO(write, "wb") as writer:
        yield reader, writer


def test_a_standard_input_that_is_closed_is_no_empty_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as Python has it then
    stream = lake.settings.streams["orders"].model_copy(update={"source": (Path("-"),)})
    settings = lake.settings.model_copy(update={"streams": {"orders": stream}})
    with pytest.raises(SourceError, match="closed"):
        follow_stream("orders", lake.catalog, settings, Watcher(), stop=Event())


def test_lines_of_the_standard_input_are_rejected_when_their_transform_hangs(
    lake: Lake, pipe: tuple[FileIO, FileIO], hangs: Callable[[], None]
) -> None:
    """They can't be read again, so they may not be left."""
    reader, writer = pipe
    writer.write("\n".join([HEADER, *order_lines(6, 8), ""]).encode())
    stop = Event()
    opened = open_stream("orders", lake.settings, lake.catalog, stopped=stop.is_set)
    with closing(opened), ThreadPoolExecutor(1) as pool:
        job = pool.submit(land_input, Landing(opened), reader.fileno(), stop)
        hangs()
        stop.set()
        job.result(60)
    assert [reject["reason"] for reject in lake.rejects()] == ["processing_failed"] * 3
    assert [reject["raw"] for reject in lake.rejects()] == order_lines(6, 8)


def test_a_standard_input_that_never_pauses_is_left_at_the_end_of_a_line(
    settings: Settings, pipe: tuple[FileIO, FileIO]
) -> None:
    """What was written when it was stopped is landed, and nothing of a line is left out."""
    lake, stop = Lake(settings), Event()
    reader, writer = pipe
    many = 20_000

    def write() -> None:
        writer.write(f"{HEADER}\n".encode())
        with suppress(BrokenPipeError):
            for n in count(1):
                begin, end = order_line(n).encode().split(b",THING")
                writer.write(begin)
                writer.write(b",THING" + end + b"\n")
                if n == many:
                    stop.set()

    with ThreadPoolExecutor(1) as pool, closing(lake.orders()) as opened:
        job = pool.submit(write)
        hints = BufferingHints(block=1 << 16, delivery=1 << 20)
        land_input(Landing(opened, hints), reader.fileno(), stop)
        reader.close()
        job.result(60)
    landed = lake.codes()
    assert len(landed) >= many
    assert landed == codes(1, len(landed))
    assert lake.rejects() == []
