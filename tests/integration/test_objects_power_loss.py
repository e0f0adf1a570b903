"""A power cut at any moment of a delivery to objects: none is lost, doubled or half there."""

import json
from pathlib import Path

import pytest

from ingest.buffering import BufferingHints
from tests.object_streams import Stream, hidden
from tests.soak.power import Disk

LINES = [json.dumps({"c": n % 2, "n": n}) for n in range(24)]
SETTINGS = """
[streams.clicks.objects]
prefix = "c=!{partitionKeyFromQuery:c}/!{timestamp:HH}/"
error_prefix = "failed/"
partition_keys = { c = ".c" }
[streams.clicks.backup]
compression = "none"
"""


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    return Stream.declared(tmp_path, "clicks", SETTINGS)


def write(stream: Stream, last: int) -> Path:
    path = stream.folder / "clicks.log"
    path.write_text("".join(f"{line}\n" for line in LINES[:last]))
    return path


def recorded(stream: Stream, without: str = "") -> tuple[Disk, Path]:
    """The disk below a home while objects were delivered, some into new folders."""
    stream.land(write(stream, 4))
    stream.clock.pass_by(hours=1)
    disk = Disk(stream.settings.home)
    log = write(stream, len(LINES))
    with disk.watched(without):
        assert stream.land(log, hints=BufferingHints(block=60, delivery=150)).deliveries > 1
    return disk, log


def intact(stream: Stream, log: Path) -> bool:
    """Whether the next run delivers what is not there, and everything is there once then."""
    try:
        stream.land(log)
    except Exception:  # noqa: BLE001 - whatever a damaged table makes of it
        return False
    found = [
        sorted(line for c in stream.objects(place).values() for line in c.decode().splitlines())
        for place in ("objects", "backup")
    ]
    left = [
        name for place in ("objects", "backup") for name in hidden(stream.settings.home / place)
    ]
    return found == [sorted(LINES)] * 2 and not left


@pytest.mark.parametrize("every", [25, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("torn", [False, True], ids=["nothing", "names"])
def test_nothing_is_lost(stream: Stream, torn: bool, every: int) -> None:
    disk, log = recorded(stream)
    moments = range(len(disk.syncs), 0, -every)
    assert len(moments) >= 3
    for moment in moments:
        disk.after_power_cut(moment, torn=torn)
        assert intact(stream, log), f"the power cut after {moment} of {len(disk.syncs)} syncs"


def test_the_syncs_of_folders_count(stream: Stream) -> None:
    disk, log = recorded(stream, without="folder")
    disk.after_power_cut(len(disk.syncs), torn=False)
    assert not intact(stream, log)
