"""The same commands over a SQLite catalog, a REST service and AWS Glue."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError
from tests.contract.conftest import Command, run_all, told

MAKE = (
    "create schema shop comment 'What was sold'",
    "create table shop.sales (id bigint comment 'Its number', country string, sold_at timestamp,"
    " price decimal(9,2)) comment 'A sale a row' partitioned by (month(sold_at))"
    " tblproperties ('table_type'='ICEBERG')",
    "insert into shop.sales values (1, 'UK', timestamp '2024-01-02 00:00:00', 1.5),"
    " (2, 'FR', timestamp '2024-02-02 00:00:00', 2.5)",
    "create view shop.uk as select id from shop.sales where country = 'UK'",
)
# What takes long runs in the suite where it is unlike the other tests, and everywhere in the soak.
SLOW = pytest.mark.parametrize(
    "any_settings",
    [
        pytest.param("sqlite", marks=pytest.mark.soak),
        pytest.param("rest", marks=pytest.mark.soak),
        pytest.param("glue", marks=pytest.mark.xdist_group("moto")),
    ],
    indirect=True,
)
READ = "select id, country from shop.sales order by id"


def refused(result: Any) -> str:
    assert isinstance(result.exception, CatalogError | ConfigError), result.output
    return result.exception.message


@pytest.fixture
def shop(any_settings: Settings) -> Settings:
    run_all(any_settings, *MAKE)
    return any_settings


def test_tables_are_described(shop: Settings, command: Command) -> None:
    (database,) = told(command("catalog", "databases", "--json"))
    counts = (database["database"], database["tables"], database["views"])
    assert (*counts, database["comment"]) == ("shop", 1, 1, "What was sold")
    sales, view = told(command("catalog", "tables", "--json"))
    assert (sales["table"], sales["kind"], sales["rows"], sales["files"]) == (
        "sales",
        "iceberg",
        2,
        2,
    )
    assert (view["table"], view["kind"], view["rows"]) == ("uk", "view", None)
    shown = told(command("catalog", "show", "shop.sales", "--json"))
    assert shown["columns"][0]["comment"] == "Its number"
    assert shown["comment"] == "A sale a row"
    assert told(command("catalog", "show", "shop.uk", "--json"))["sql"] == MAKE[3][23:]
    found = told(command("catalog", "partitions", "shop.sales", "--json"))
    assert [row["partition"] for row in found] == ["sold_at_month=2024-01", "sold_at_month=2024-02"]
    assert "a view, not an Iceberg table" in refused(command("catalog", "versions", "shop.uk"))


@SLOW
def test_a_table_is_kept_in_order_and_goes_back(shop: Settings, command: Command) -> None:
    run_all(
        shop,
        "update shop.sales set country = 'DE' where id = 1",
        "delete from shop.sales where id = 2",
        "merge into shop.sales t using (select 3 as id) s on t.id = s.id"
        " when not matched then insert (id, sold_at)"
        " values (s.id, timestamp '2024-01-05 00:00:00')",
    )
    versions = told(command("catalog", "versions", "shop.sales", "--json"))
    first = str(versions[-1]["snapshot_id"])
    assert versions[-1]["rows"] == 2
    assert command("tables", "tag", "shop.sales", "closing").exit_code == 0
    assert command("tables", "branch", "shop.sales", "trial", "--at", first).exit_code == 0
    assert "closing" in told(command("catalog", "versions", "shop.sales", "--json"))[0]["names"]
    would = told(command("tables", "maintain", "shop.sales", "--full", "--dry-run", "--json"))
    assert [action["action"] for action in would] == ["compact"]
    assert told(command("catalog", "versions", "shop.sales", "--json"))[0]["operation"] != "replace"
    assert command("tables", "maintain", "shop.sales", "--full").exit_code == 0
    assert told(command("catalog", "versions", "shop.sales", "--json"))[0]["operation"] == "replace"
    assert run_all(shop, READ) == [[(1, "DE"), (3, None)]]
    newest = told(command("catalog", "versions", "shop.sales", "--json"))
    assert command("tables", "rollback", "shop.sales", first, "--dry-run").exit_code == 0
    assert told(command("catalog", "versions", "shop.sales", "--json")) == newest
    assert told(command("catalog", "advise", "shop.sales", "--json"))
    assert command("tables", "rollback", "shop.sales", first, "--yes").exit_code == 0
    assert run_all(shop, READ) == [[(1, "UK"), (2, "FR")]]
    assert command("tables", "tag", "shop.sales", "closing", "--delete").exit_code == 0


def test_names_are_changed_and_dropped(shop: Settings, command: Command) -> None:
    run_all(shop, "create or replace view shop.uk as select id, country from shop.sales")
    for kind, old, new in (("table", "sales", "sold"), ("view", "uk", "gb")):
        rename = ("catalog", "rename", f"shop.{old}", f"shop.{new}")
        assert f"shop.{old} to shop.{new}" in command(*rename, "--dry-run").stderr
        assert command(*rename).exit_code == 0
        assert "no table" in refused(command("catalog", "show", f"shop.{old}"))
        assert kind in refused(command("catalog", "rename", f"shop.{new}", f"shop.{new}"))
    assert "id, country" in told(command("catalog", "show", "shop.gb", "--json"))["sql"]
    assert "2 rows" in command("catalog", "drop", "shop.sold", "--dry-run").stderr
    assert "holds 2" in refused(command("catalog", "drop", "shop", "--yes"))
    assert "yes" in refused(command("catalog", "drop", "shop.sold"))
    for name in ("shop.gb", "shop.sold", "shop"):
        assert command("catalog", "drop", name, "--yes").exit_code == 0
    assert told(command("catalog", "databases", "--json")) == []


def test_raw_files_are_crawled_read_and_landed(
    any_settings: Settings, command: Command, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    (raw / "orders/year=2025").mkdir(parents=True)
    (raw / "orders/year=2025/a.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    (would,) = told(command("crawl", str(raw), "--to-iceberg", "lake_raw", "--dry-run", "--json"))
    assert [event["table"] for event in would["events"]] == ["raw.orders", "lake_raw.orders"]
    assert not (any_settings.home / "crawlers").exists()
    assert told(command("crawl", str(raw), "--to-iceberg", "lake_raw", "--json"))
    (raw / "orders/year=2026").mkdir()
    (raw / "orders/year=2026/b.csv.gz").write_bytes(gzip.compress(b"id,name\n3,Cy\n"))
    (report,) = told(command("crawl", str(raw), "--to-iceberg", "lake_raw", "--json"))
    assert [event["action"] for event in report["events"]] == ["partitions", "landed"]
    read = "select id, name, year from {} order by id"
    rows = [(1, "Ann", "2025"), (2, "Bob", "2025"), (3, "Cy", "2026")]
    found = run_all(any_settings, read.format("raw.orders"), read.format("lake_raw.orders"))
    assert found == [rows, rows]

    size = sum(file.stat().st_size for file in raw.rglob("*.*"))
    shown = told(command("catalog", "show", "raw.orders", "--json"))
    assert (shown["kind"], shown["format"], shown["files"], shown["bytes"]) == (
        "external",
        "csv",
        2,
        size,
    )
    assert [(c["column"], c["type"], c["partition"]) for c in shown["columns"]] == [
        ("id", "bigint", ""),
        ("name", "string", ""),
        ("year", "string", "key"),
    ]
    partitions = told(command("catalog", "partitions", "raw.orders", "--json"))
    assert [(p["partition"], p["files"]) for p in partitions] == [
        ("year=2025", 1),
        ("year=2026", 1),
    ]
    assert "raw files" in refused(command("tables", "rollback", "raw.orders", "now", "--yes"))
    assert command("catalog", "rename", "raw.orders", "raw.sold").exit_code == 0
    assert "holds 1: raw.sold" in refused(command("catalog", "drop", "raw", "--yes"))
    assert f"files in {raw}/orders stay" in command("catalog", "drop", "raw.sold", "--yes").stderr
    assert command("catalog", "drop", "raw", "--yes").exit_code == 0
    assert len(list(raw.rglob("*.*"))) == 2


@SLOW
def test_logs_are_delivered_once(any_settings: Settings, command: Command, tmp_path: Path) -> None:
    config = tmp_path / "lakehouse.toml"
    log = tmp_path / "sold.csv"
    log.write_text("id,name\n1,Ann\n2,Bob\n")
    stream = {"source": str(log), "format": "csv", "table": "shop.sold"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in stream.items()]
    columns = '[streams.sold.columns]\nid = "bigint"\nname = "string"\n'
    config.write_text("\n".join([config.read_text(), "[streams.sold]", *lines, columns]))
    for more in ("", "3,Cy\n"):
        log.write_text(log.read_text() + more)
        assert command("ingest", "sold").exit_code == 0
    assert run_all(any_settings, "select id, name from shop.sold order by id") == [
        [(1, "Ann"), (2, "Bob"), (3, "Cy")]
    ]
    (status,) = [row for row in told(command("bookmarks", "--json")) if row["stream"] == "sold"]
    assert status["lag"] == 0
