"""What the ledger of deliveries says, against what the landing tables hold."""

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Snapshot

from ingest.landing import Landing
from lakehouse.config import Settings
from lakehouse.tables.checkpoints import carried_checkpoints
from lakehouse.tables.ops import DELIVERIES_SCHEMA
from tests.order_logs import BAD, Lake, land_files, order_line, order_lines, write_log


@pytest.fixture(params=[False, True], ids=["lake", "generic"])
def lake(settings: Settings, request: pytest.FixtureRequest) -> Lake:
    return Lake(settings, generic=request.param)


def entered(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
    )
    return sorted(rows, key=lambda row: (row["sequence"], row["committed_at"]))


def roll_back(lake: Lake, snapshot_id: int) -> None:
    table = lake.catalog.load_table("landing.order_lines")
    table.manage_snapshots().set_current_snapshot(snapshot_id=snapshot_id).commit()


def head(lake: Lake) -> int:
    snapshot = lake.catalog.load_table("landing.order_lines").current_snapshot()
    assert snapshot is not None
    return snapshot.snapshot_id


def test_every_delivery_is_entered_once(lake: Lake, tmp_path: Path) -> None:
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    lines = [BAD if n % 7 == 0 or n > 24 else order_line(n) for n in range(1, 41)]
    log = write_log(tmp_path / "orders.csv", lines)
    deliveries = lake.land(log, 200, 400).deliveries
    assert deliveries > 3
    lake.land(log)

    landed = Counter(row["ingest_seq"] for row in lake.rows())
    rejected = Counter(row["ingest_seq"] for row in lake.rejects())
    assert [(row["sequence"], row["landed"], row["rejected"]) for row in entered(lake)] == [
        (n, landed[n], rejected[n]) for n in range(1, deliveries + 1)
    ]
    assert [json.loads(row["reasons"]) for row in entered(lake)] == [
        {"wrong_column_count": rejected[n]} if rejected[n] else {} for n in range(1, deliveries + 1)
    ]
    assert all(row["lines"] == row["landed"] + row["rejected"] for row in entered(lake))
    assert [row["base_sequence"] for row in entered(lake)] == list(range(deliveries))
    times = [row["committed_at"] for row in entered(lake)]
    assert times == sorted(times)
    assert began <= times[0] <= times[-1] <= datetime.now(UTC)
    holders = {snapshot.snapshot_id for snapshot in snapshots(lake)}
    assert {row["snapshot_id"] for row in entered(lake)} <= holders


def snapshots(lake: Lake) -> list[Snapshot]:
    return lake.catalog.load_table("landing.order_lines").snapshots()


def test_commits_of_others_are_no_deliveries(lake: Lake, tmp_path: Path) -> None:
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))
    lake.land(log)
    table = lake.catalog.load_table("landing.order_lines")
    table.append(table.scan(limit=1).to_arrow())
    with log.open("a") as file:
        file.write(order_line(4) + "\n")
    lake.land(log)
    assert [(row["sequence"], row["landed"]) for row in entered(lake)] == [(1, 3), (2, 1)]


def test_no_number_is_used_again_after_a_rollback(lake: Lake, tmp_path: Path) -> None:
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))
    lake.land(log)
    first = head(lake)
    with log.open("a") as file:
        file.write(f"{order_line(4)}\n{BAD}\n")
    lake.land(log)
    roll_back(lake, first)
    lake.land(log)
    assert [(row["sequence"], row["base_sequence"]) for row in entered(lake)] == [
        (1, 0),
        (2, 1),
        (3, 1),
    ]
    assert lake.codes() == ["P1", "P2", "P3", "P4"]
    assert {row["ingest_seq"] for row in lake.rows()} == {1, 3}
    assert {row["ingest_seq"] for row in lake.rejects()} == {3}
    assert len({row["snapshot_id"] for row in entered(lake)}) == 3


def test_a_delivery_is_entered_though_its_snapshot_is_gone(lake: Lake, tmp_path: Path) -> None:
    """The ingester was killed before it entered it, and others went on with the table."""
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))
    landing = Landing(dataclasses.replace(lake.orders(), ledger=None))
    land_files(landing, log)
    table = lake.catalog.load_table("landing.order_lines")
    first = table.current_snapshot()
    assert first is not None
    table.append(
        table.scan(limit=1).to_arrow(), snapshot_properties=carried_checkpoints(table.metadata)
    )
    table.maintenance.expire_snapshots().by_id(first.snapshot_id).commit()
    lake.land(log)
    assert [(row["sequence"], row["lines"]) for row in entered(lake)] == [(1, 3)]


def test_it_gets_the_columns_it_lacks(lake: Lake, tmp_path: Path) -> None:
    older = Schema(*DELIVERIES_SCHEMA.fields[:7])
    lake.catalog.create_namespace("ops")
    lake.catalog.create_table("ops.deliveries", older)
    lake.land(write_log(tmp_path / "orders.csv", [order_line(1), BAD]))
    (row,) = entered(lake)
    assert json.loads(row["reasons"]) == {"wrong_column_count": 1}
    assert (row["lag_bytes"], row["lag_logs"], row["lag_seconds"]) == (0, 0, 0)
