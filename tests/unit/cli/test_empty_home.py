"""What is only asked leaves an empty home empty."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse.cli.root import lakehouse
from lakehouse.errors import CatalogError
from tests.order_logs import order_line, write_log

NOTHING_YET = [
    ["bookmarks", "resume", "orders"],
    ["bookmarks", "rewind", "orders", "--to", "1", "--dry-run"],
    ["bookmarks", "reset", "orders", "--dry-run"],
    ["sql", "select 1"],
    ["catalog", "tables"],
    ["catalog", "databases"],
    ["catalog", "show", "core.dim_dates"],
    ["catalog", "drop", "core.dim_dates", "--dry-run"],
    ["tables", "maintain", "--dry-run"],
    ["diff"],
    ["ml", "runs"],
    ["ml", "versions"],
    ["ml", "segments"],
]


@pytest.mark.parametrize("arguments", NOTHING_YET, ids=" ".join)
def test_a_command_that_reads_makes_nothing(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(lakehouse, ["--home", str(tmp_path / "home"), *arguments])
    assert isinstance(result.exception, CatalogError)
    assert result.exception.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["ingest", "--status"], ["bookmarks"]], ids=" ".join)
def test_what_waits_is_told_where_nothing_is_yet(tmp_path: Path, arguments: list[str]) -> None:
    log = write_log(tmp_path / "shop.csv", [order_line(1)])
    config = tmp_path / "lakehouse.toml"
    config.write_text(f'home = "{tmp_path}/home"\n[streams.orders]\nsource = "shop.csv"\n')
    result = CliRunner().invoke(lakehouse, ["--config", str(config), *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found = {row["stream"]: row for row in json.loads(result.stdout)}
    assert found["orders"]["sequence"] == 0
    assert found["orders"].get("lag", found["orders"].get("lag_bytes")) == log.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lakehouse.toml", "shop.csv"]
