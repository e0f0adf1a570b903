"""Streams whose records go through somebody else's code: everything read is accounted for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from ingest.status import stream_status
from ingest.streams import land_stream
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError
from tests.order_logs import BAD, Lake, order_line, order_lines, write_log

SHOP = """
import base64, json, os, sys

def handler(event, context=None):
    return {"records": [change(record) for record in event["records"]]}

def change(record):
    text = base64.b64decode(record["data"]).decode()
    result = "Ok"
    if ",P3," in text:
        result = "Dropped"
    if ",P5," in text:
        result = "ProcessingFailed"
    if ",P6," in text:
        text = text.replace("2.55", "free")
    if ",P7," in text:
        text = text + "\\n" + text
    text = text.replace("THING", "GIFT") + "\\n"
    return {
        "recordId": record["recordId"],
        "result": result,
        "data": base64.b64encode(text.encode()).decode(),
    }
"""
MAIN = "\nprint(json.dumps(handler(json.load(sys.stdin))))\n"


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., Lake]:
    """A folder with a configuration, a module beside it, and a log of ten lines."""

    def made(transform: str, code: str = SHOP) -> Lake:
        (tmp_path / "lakehouse.toml").write_text(
            f'[streams.orders]\nsource = "orders.csv"\n[streams.orders.transform]\n{transform}\n'
        )
        (tmp_path / "shop.py").write_text(dedent(code))
        write_log(tmp_path / "orders.csv", [*order_lines(1, 9), BAD])
        return Lake(load_settings(folder=tmp_path, environment={}))

    return made


def deliveries(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
    )
    return rows


def land(settings: Settings) -> Any:
    with open_catalog(settings) as catalog:
        return land_stream("orders", catalog, settings)


@pytest.mark.parametrize(
    ("transform", "code"),
    [
        ('python = "shop:handler"', SHOP),
        (f'command = ["{sys.executable}", "shop.py"]', SHOP + MAIN),
    ],
    ids=["python", "command"],
)
def test_each_line_is_landed_rejected_or_dropped(
    home: Callable[..., Lake], transform: str, code: str
) -> None:
    lake = home(transform, code)
    report = land(lake.settings)
    assert (report.lines, report.landed, report.dropped) == (10, 5, 1)
    assert report.rejected == {
        "bad_price": 1,
        "processing_failed": 1,
        "several_lines": 1,
        "wrong_column_count": 1,
    }
    rows = lake.rows()
    assert [row["stock_code"] for row in rows] == ["P1", "P2", "P4", "P8", "P9"]
    assert {row["description"].split()[0] for row in rows} == {"GIFT"}
    # What identifies a row is still the line it was read from: the header is line 1.
    assert [row["record_id"] for row in rows] == [1, 2, 4, 8, 9]
    assert [row["source_line"] for row in rows] == [2, 3, 5, 9, 10]
    rejects = {row["record_id"]: row for row in lake.rejects()}
    assert sorted(rejects) == [5, 6, 7, 10]
    assert rejects[5]["detail"].startswith("Lambda.ProcessingFailedStatus")
    assert [rejects[n]["raw"] for n in (5, 6, 7, 10)] == [
        order_line(5),
        order_line(6),
        order_line(7),
        BAD,
    ]
    (delivery,) = deliveries(lake)
    assert [delivery[name] for name in ("lines", "landed", "rejected", "dropped")] == [10, 5, 4, 1]


def test_a_second_run_changes_nothing(home: Callable[..., Lake]) -> None:
    lake = home('python = "shop:handler"')
    land(lake.settings)
    report = land(lake.settings)
    assert (report.lines, report.landed, report.dropped) == (0, 0, 0)
    assert len(deliveries(lake)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import time\ndef handler(event):\n    time.sleep(600)",
        "import os\ndef handler(event):\n    os._exit(1)",
        "def handler(event):\n    return 'nonsense'",
    ],
    ids=["hangs", "dies", "nonsense"],
)
def test_a_transform_that_does_not_answer_fails_its_records_and_no_stream(
    home: Callable[..., Lake], code: str
) -> None:
    lake = home('python = "shop:handler"\nretries = 1\ntimeout = 0.3', code)
    report = land(lake.settings)
    assert (report.lines, report.landed) == (10, 0)
    assert report.rejected == {"processing_failed": 10}
    # What comes after it has been mended is landed.
    (lake.settings.home.parent / "shop.py").write_text(SHOP)
    with (lake.settings.home.parent / "orders.csv").open("a") as log:
        log.write(order_line(20) + "\n")
    settings = lake.settings.model_copy(
        update={
            "streams": {
                name: stream.model_copy(
                    update={"transform": stream.transform.model_copy(update={"timeout": 60.0})}
                )
                for name, stream in lake.settings.streams.items()
                if stream.transform
            }
        }
    )
    settings._file = lake.settings.file
    assert land(settings).landed == 1
    assert lake.codes() == ["P20"]


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        ('python = "nowhere:handler"', "No module named 'nowhere'"),
        ('command = ["no-such-command"]', "no command 'no-such-command'"),
    ],
)
def test_a_transform_that_is_none_is_told_before_anything_is_read(
    home: Callable[..., Lake], transform: str, why: str
) -> None:
    lake = home(transform)
    with pytest.raises(ConfigError, match=why):
        land(lake.settings)
    assert lake.rows() == lake.rejects() == []


def test_a_misspelt_key_is_named(home: Callable[..., Lake]) -> None:
    with pytest.raises(ConfigError, match=r"streams\.orders\.transform\.pyton") as error:
        home('pyton = "shop:handler"')
    assert error.value.hint == "did you mean 'python'?"


def test_the_command_line_tells_the_counts(home: Callable[..., Lake], tmp_path: Path) -> None:
    lake = home('python = "shop:handler"')
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}

    done = subprocess.run(
        [sys.executable, "-m", "lakehouse", "ingest", "orders", "--json"],
        cwd=tmp_path,
        env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
        capture_output=True,
        text=True,
    )
    report = json.loads(done.stdout)["orders"]
    assert (report["landed"], report["dropped"], sum(report["rejected"].values())) == (5, 1, 4)
    status = stream_status("orders", lake.catalog, lake.settings)
    assert (status.lines, status.landed, status.dropped) == (10, 5, 1)
