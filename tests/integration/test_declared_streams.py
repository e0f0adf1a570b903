"""Streams that people declare, run as they run them: JSON, CSV, access logs, standard input."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.buffering import BufferingHints
from ingest.following import Follower
from ingest.landing import Landing, LandingReport
from ingest.opening import open_stream
from ingest.streams import land_stream, stream_lock
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError, SourceError
from lakehouse.pipeline.landing import land
from lakehouse.progress import SILENT
from tests.reference_access import line as access_line

EVENTS = """
[streams.events]
source = "{source}"
format = "json"
table = "landing.events"
partition = {partition}
[streams.events.columns]
id = {{ type = "long", required = true }}
at = "timestamp"
kind = "string"
price = "decimal(9, 2)"
tags = "list<string>"
"""
Command = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Start `lakehouse` in a folder that has a lakehouse.toml."""

    def start(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "lakehouse", *map(str, arguments)],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


def declared(folder: Path, source: str = "events", partition: str = '"day(at)"') -> Settings:
    (folder / "lakehouse.toml").write_text(EVENTS.format(source=source, partition=partition))
    return load_settings(folder=folder, environment={})


def rows(settings: Settings, table: str = "landing.events") -> list[dict[str, Any]]:
    with open_catalog(settings) as catalog:
        if not catalog.table_exists(table):
            return []
        found = catalog.load_table(table).scan().to_arrow().to_pylist()
    return sorted(found, key=lambda row: row["record_id"])


def landed(settings: Settings, name: str = "events") -> LandingReport:
    with open_catalog(settings) as catalog:
        return land_stream(name, catalog, settings)


def event(n: int, **more: object) -> str:
    at = f"2026-01-{n % 28 + 1:02}T10:00:00Z"
    return json.dumps({"id": n, "at": at, "kind": "view"} | more) + "\n"


def test_a_json_and_a_csv_stream_beside_each_other(command: Command, tmp_path: Path) -> None:
    settings = declared(tmp_path)
    with (tmp_path / "lakehouse.toml").open("a") as file:
        file.write(
            '[streams.stock]\nsource = "stock/*"\nformat = "csv"\ntable = "shop.stock"\n'
            'delimiter = ";"\npartition = ["bucket(4, sku)", "truncate(10, qty)"]\n'
            'contract = "freeze"\ncolumns = { sku = "string", qty = "long" }\n'
        )
    (tmp_path / "events").mkdir()
    (tmp_path / "stock").mkdir()
    (tmp_path / "events" / "a.jsonl").write_text(
        event(1, price=1.5, tags=["x"]) + "[]\n" + event(2, device={"os": "b"})
    )
    (tmp_path / "stock" / "s.csv").write_text("qty;sku\n7;a\nmany;b\n-15;c\n")

    out, err = command("ingest", "--json").communicate(timeout=300)

    reports = json.loads(out)
    assert list(reports) == ["events", "stock"], err
    assert [reports[n]["landed"] for n in reports] == [2, 2]
    assert reports["events"]["rejected"] == {"not_an_object": 1}
    assert reports["stock"]["rejected"] == {"wrong_type": 1}
    found = rows(settings)
    assert [(r["id"], r["tags"], r["device"]) for r in found] == [
        (1, ["x"], None),
        (2, None, '{"os": "b"}'),
    ]
    assert str(found[0]["price"]) == "1.50"
    assert [(r["sku"], r["qty"]) for r in rows(settings, "shop.stock")] == [("a", 7), ("c", -15)]
    assert {r["stream"] for r in rows(settings, "landing.rejects")} == {"events", "stock"}
    out, _ = command("ingest", "events", "--json").communicate(timeout=300)
    assert json.loads(out)["events"]["lines"] == 0


def test_a_table_keeps_growing_and_its_growth_is_known_to_the_next_run(tmp_path: Path) -> None:
    settings = declared(tmp_path)
    log = tmp_path / "events.json"
    settings = declared(tmp_path, "events.json")
    log.write_text(event(1))
    landed(settings)
    with log.open("a") as file:
        file.write(event(2, size=3) + event(3, size="large"))
    assert landed(settings).rejected == {"wrong_type": 1}
    with log.open("a") as file:
        file.write(event(4, size="large") + event(5, size=4))
    assert landed(settings).rejected == {"wrong_type": 1}
    assert [(r["id"], r["size"]) for r in rows(settings)] == [(1, None), (2, 3), (5, 4)]


def test_a_declaration_that_contradicts_the_table(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(event(1))
    landed(declared(tmp_path, "events.json"))
    with pytest.raises(ConfigError, match=r"streams\.events\.partition") as error:
        landed(declared(tmp_path, "events.json", '["id"]'))
    assert error.value.hint
    text = EVENTS.format(source="events.json", partition='"day(at)"')
    (tmp_path / "lakehouse.toml").write_text(text.replace('kind = "string"', 'kind = "long"'))
    with pytest.raises(ConfigError, match=r"streams\.events\.columns\.kind"):
        landed(load_settings(folder=tmp_path, environment={}))


@pytest.mark.parametrize(
    "partition",
    ['"id"', '"year(at)"', '"month(at)"', '"hour(at)"', '["kind", "truncate(1, kind)"]',
     '["bucket(3, id)", "bucket(3, at)"]', '["truncate(2, price)", "bucket(2, price)"]', "[]"],
)  # fmt: skip
def test_every_partitioning(tmp_path: Path, partition: str) -> None:
    (tmp_path / "events.json").write_text(
        event(1, price=3.5) + event(2, kind=None, at=None) + event(300, kind="ünï /=%")
    )
    settings = declared(tmp_path, "events.json", partition)
    assert landed(settings).landed == 3
    assert [row["id"] for row in rows(settings)] == [1, 2, 300]
    with open_catalog(settings) as catalog:
        table = catalog.load_table("landing.events")
        # Pruning by what the manifests say of the partitions finds the row.
        assert len(table.scan("id = 300").to_arrow()) == 1
        assert len(table.scan("kind is null and at is null").to_arrow()) == 1


def test_a_landed_prefix(tmp_path: Path) -> None:
    """Objects are known by their keys: two may hold the same, and have any name."""
    settings = declared(tmp_path, "landed")
    for key, text in {
        "2026/01/02/03/events-1-2026-01-02-03-00-00-aaaa": event(1),
        "2026/01/02/04/events-1-2026-01-02-04-00-00-bbbb": event(1) + event(2),
        "2026/01/02/04/events-1-2026-01-02-04-00-00-cccc": event(1).rstrip(),
        "2026/01/02/05/part.gz": event(3),
    }.items():
        file = tmp_path / "landed" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        raw = text.encode()
        file.write_bytes(gzip.compress(raw, mtime=0) if key.endswith(".gz") else raw)
    assert landed(settings).lines == 5
    assert landed(settings).lines == 0
    assert [row["id"] for row in rows(settings)] == [1, 1, 2, 1, 3]


def test_standard_input(command: Command, tmp_path: Path) -> None:
    settings = declared(tmp_path, "-")
    text = event(1) + "{\n" + event(2) + event(3).rstrip()
    out, err = command("ingest", "events", "--json").communicate(text.encode(), timeout=300)
    report = json.loads(out)["events"]
    assert (report["lines"], report["landed"]) == (4, 3), err

    follower = command(
        "ingest", "events", "--follow", "--json", LAKEHOUSE_STREAMS__EVENTS__BUFFER_INTERVAL="900"
    )
    assert follower.stdin is not None
    assert follower.stderr is not None
    assert b"the standard input" in follower.stderr.readline()
    follower.stdin.write(event(4).encode())
    follower.stdin.flush()
    follower.send_signal(signal.SIGTERM)
    out, err = follower.communicate(timeout=300)
    assert follower.returncode == 0, err
    last = json.loads(out)["events"]["landed"]
    found = rows(settings)
    assert [row["id"] for row in found] == [1, 2, 3, 4][: 3 + last]
    assert len({row["record_id"] for row in found}) == len(found)


class Quiet:
    def delivered(self, report: LandingReport) -> None:
        """Learn nothing."""

    def refused(self, error: SourceError) -> None:
        """Nothing is to be refused."""
        raise error


def test_access_logs_are_followed_through_their_rotation(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment={})
    folder = tmp_path / ".lake" / "logs" / "access"
    folder.mkdir(parents=True)
    live = folder / "access.log"
    go_on = threading.Event()
    with open_catalog(settings) as catalog:
        stream = open_stream("access_logs", settings, catalog)
        stream.recover()
        landing = Landing(stream, BufferingHints(interval=0))
        follower = Follower(landing, [folder], Quiet())

        def write(*statuses: int) -> None:
            with live.open("a") as file:
                file.writelines(access_line(status=str(status)) + "\n" for status in statuses)

        write(200, 201, 999)
        follower.poll(go_on)
        write(202)
        live.rename(folder / "access.log.1")
        write(301)
        follower.poll(go_on)
        (folder / "access.log.2.gz").write_bytes(
            gzip.compress((folder / "access.log.1").read_bytes(), mtime=0)
        )
        (folder / "access.log.1").unlink()
        live.rename(folder / "access.log.1")
        write(302)
        for _ in range(3):
            follower.poll(go_on)
        follower.finish()
    assert sorted(r["status"] for r in rows(settings, "landing.access_logs")) == [
        200, 201, 202, 301, 302,
    ]  # fmt: skip
    assert landing.report(0.0).rejected == {"out_of_range": 1}


def test_a_build_leaves_a_stream_to_its_follower(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment={})
    logs = settings.logs / "orders"
    access = settings.logs / "access"
    for folder, name in ((logs, "orders.csv"), (access, "access.log")):
        folder.mkdir(parents=True)
        (folder / name).write_text(access_line() + "\n")
    with open_catalog(settings) as catalog:
        with stream_lock("orders", settings):
            landings = land(None, catalog, settings, SILENT)
        assert list(landings.left) == ["orders"]
        assert landings.reports["access_logs"].landed == 1
        assert len(catalog.load_table("landing.order_lines").scan().to_arrow()) == 0
