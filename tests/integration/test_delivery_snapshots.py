"""What a delivery leaves of the past of every table it commits to, as `[deliveries]` says."""

from pathlib import Path

from ingest.bookmark_changes import pause, resume
from ingest.streams import land_stream
from lakehouse.config import load_settings
from tests.order_logs import BAD, Lake, order_line, write_log


def test_as_many_snapshots_stay_as_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text(
        '[deliveries]\nkeep_snapshots = 2\nsnapshot_retention = "0s"\n'
        '[streams.orders]\nsource = "orders.csv"\n'
    )
    lake = Lake(load_settings(folder=tmp_path, environment={}))
    log = write_log(tmp_path / "orders.csv", [order_line(1), BAD])
    for n in range(2, 6):
        land_stream("orders", lake.catalog, lake.settings)
        with log.open("a") as file:
            file.write(f"{order_line(n)}\n{BAD}\n")
    for table in ("landing.order_lines", "landing.rejects", "ops.deliveries"):
        assert len(lake.catalog.load_table(table).snapshots()) == 2
    for _ in range(2):
        pause("orders", lake.catalog, lake.settings)
        resume("orders", lake.catalog, lake.settings)
    for table in ("landing.order_lines", "ops.bookmark_changes"):
        assert len(lake.catalog.load_table(table).snapshots()) == 2
