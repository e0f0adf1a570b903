"""A power cut at any moment of a delivery, on a disk that kept only what was synced."""

from pathlib import Path

import pytest

from lakehouse.config import Settings
from tests.order_logs import BAD, Lake, order_line, write_log
from tests.soak.power import Disk

LINES = 40
MONTHS = ["2010-12-01 08:26:00", "2011-01-31 23:59:59"]


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings)


def write(folder: Path, last: int) -> Path:
    lines = [
        BAD if n % 8 == 0 else order_line(n, MONTHS[n * 2 // LINES % 2]) for n in range(1, last + 1)
    ]
    return write_log(folder / "orders.csv", lines)


def recorded(lake: Lake, folder: Path, without: str = "") -> tuple[Disk, Path]:
    """The disk below a home while deliveries were made, one of them the first to a partition."""
    lake.land(write(folder, 9))
    disk = Disk(lake.settings.home)
    log = write(folder, LINES)
    with disk.watched(without):
        assert lake.land(log, 400, 800).deliveries > 1
    return disk, log


def intact(lake: Lake, log: Path) -> bool:
    """Whether the next run lands what is not there, and everything is there once then."""
    try:
        lake.land(log)
        landed, rejected = lake.codes(), len(lake.rejects())
    except Exception:  # noqa: BLE001 - whatever a damaged table makes of it
        return False
    return landed == [f"P{n}" for n in range(1, LINES + 1) if n % 8] and rejected == LINES // 8


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("torn", [False, True], ids=["nothing", "names"])
def test_nothing_is_lost(lake: Lake, tmp_path: Path, torn: bool, every: int) -> None:
    disk, log = recorded(lake, tmp_path)
    moments = range(len(disk.syncs), 0, -every)
    assert len(moments) >= 8
    for moment in moments:
        disk.after_power_cut(moment, torn=torn)
        assert intact(lake, log), f"the power cut after {moment} of {len(disk.syncs)} syncs"


@pytest.mark.parametrize("without", [".parquet", ".avro", ".json", "folder"])
def test_every_sync_counts(lake: Lake, tmp_path: Path, without: str) -> None:
    disk, log = recorded(lake, tmp_path, without)
    disk.after_power_cut(len(disk.syncs), torn=False)
    assert not intact(lake, log)
