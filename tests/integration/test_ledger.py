"""What the ledger of deliveries says, against what the landing tables hold."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.ledger import enter_deliveries
from lakehouse.config import Settings
from lakehouse.tables.landing import ORDER_LINES
from tests.order_logs import BAD, Lake, order_line, order_lines, write_log


@pytest.fixture(params=[False, True], ids=["lake", "generic"])
def lake(settings: Settings, request: pytest.FixtureRequest) -> Lake:
    return Lake(settings, generic=request.param)


def entered(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        lake.catalog.load_table("ops.deliveries").scan().to_arrow().to_pylist()
    )
    return sorted(rows, key=lambda row: (row["sequence"], row["committed_at"]))


def test_every_delivery_is_entered_once(lake: Lake, tmp_path: Path) -> None:
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    lines = [BAD if n % 7 == 0 or n > 24 else order_line(n) for n in range(1, 41)]
    deliveries = lake.land(write_log(tmp_path / "orders.csv", lines), 200, 400).deliveries
    assert deliveries > 3

    assert enter_deliveries("orders", ORDER_LINES, lake.catalog) == deliveries
    assert enter_deliveries("orders", ORDER_LINES, lake.catalog) == 0

    landed = Counter(row["ingest_seq"] for row in lake.rows())
    rejected = Counter(row["ingest_seq"] for row in lake.rejects())
    assert [(row["sequence"], row["landed"], row["rejected"]) for row in entered(lake)] == [
        (n, landed[n], rejected[n]) for n in range(1, deliveries + 1)
    ]
    assert all(row["lines"] == row["landed"] + row["rejected"] for row in entered(lake))
    times = [row["committed_at"] for row in entered(lake)]
    assert times == sorted(times)
    assert began <= times[0] <= times[-1] <= datetime.now(UTC)


def test_commits_of_others_are_no_deliveries(lake: Lake, tmp_path: Path) -> None:
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))
    lake.land(log)
    table = lake.catalog.load_table("landing.order_lines")
    table.append(table.scan(limit=1).to_arrow())
    with log.open("a") as file:
        file.write(order_line(4) + "\n")
    lake.land(log)
    assert enter_deliveries("orders", ORDER_LINES, lake.catalog) == 2
    assert [(row["sequence"], row["landed"]) for row in entered(lake)] == [(1, 3), (2, 1)]


def test_a_delivery_made_again_after_a_rollback_is_entered_again(
    lake: Lake, tmp_path: Path
) -> None:
    log = write_log(tmp_path / "orders.csv", order_lines(1, 3))
    lake.land(log)
    table = lake.catalog.load_table("landing.order_lines")
    first = table.current_snapshot()
    assert first is not None
    with log.open("a") as file:
        file.write(order_line(4) + "\n")
    lake.land(log)
    enter_deliveries("orders", ORDER_LINES, lake.catalog)
    table.refresh()
    table.manage_snapshots().set_current_snapshot(snapshot_id=first.snapshot_id).commit()
    lake.land(log)
    assert enter_deliveries("orders", ORDER_LINES, lake.catalog) == 1
    assert [row["sequence"] for row in entered(lake)] == [1, 2, 2]
    assert len({row["snapshot_id"] for row in entered(lake)}) == 3
