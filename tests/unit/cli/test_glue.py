"""Databases, tables and versions, as a person asks for them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError
from tests.order_logs import BAD, Lake, order_line, write_log

SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=True, doc="Its number"),
    NestedField(2, "country", StringType(), doc="Where it was sold"),
)
SPEC = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "country"))


@pytest.fixture
def shop(settings: Settings) -> Settings:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop", {"comment": "What was sold"})
        catalog.create_namespace("empty")
        table = catalog.create_table(
            "shop.sales", SCHEMA, partition_spec=SPEC, properties={"comment": "A sale a row"}
        )
        for country, count in (("UK", 3), ("Österreich", 2)):
            rows = [{"id": number, "country": country} for number in range(count)]
            table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    return settings


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(lakehouse, ["--home", str(settings.home), "catalog", *arguments])


def told(settings: Settings, *arguments: str) -> Any:
    result = run(settings, *arguments, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_databases_are_listed(shop: Settings) -> None:
    empty, sold = told(shop, "databases")
    assert (empty["database"], empty["tables"]) == ("empty", 0)
    assert (sold["database"], sold["tables"], sold["comment"]) == ("shop", 1, "What was sold")
    assert "What was sold" in run(shop, "databases").stdout


def test_a_table_is_shown(shop: Settings) -> None:
    table = told(shop, "show", "shop.sales")
    assert table["comment"] == "A sale a row"
    assert [(c["column"], c["type"], c["required"], c["partition"]) for c in table["columns"]] == [
        ("id", "long", True, ""),
        ("country", "string", False, "identity"),
    ]
    assert table["columns"][1]["comment"] == "Where it was sold"
    size = sum(file.stat().st_size for file in shop.warehouse.rglob("*.parquet"))
    assert table["statistics"] == {
        "namespace": "shop",
        "table": "sales",
        "rows": 5,
        "files": 2,
        "bytes": size,
        "snapshots": 2,
    }
    printed = run(shop, "show", "shop.sales").stdout
    for said in ("A sale a row", "iceberg/parquet", "country", "Where it was sold", f"{size:,}"):
        assert said in printed


def test_partitions_are_listed(shop: Settings) -> None:
    found = {
        row["partition"]: (row["rows"], row["files"])
        for row in told(shop, "partitions", "shop.sales")
    }
    assert found == {"country=UK": (3, 1), "country=Österreich": (2, 1)}


def test_versions_are_listed(shop: Settings) -> None:
    newest, oldest = told(shop, "versions", "shop.sales")
    assert (newest["current"], newest["rows"], newest["added_rows"]) == (True, 5, 2)
    assert (oldest["current"], oldest["rows"], oldest["operation"]) == (False, 3, "append")
    # Whole, so that it can be typed into `lakehouse tables rollback`.
    assert str(oldest["snapshot_id"]) in run(shop, "versions", "shop.sales").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "shop.nothing"),
        ("show", "nothing"),
        ("partitions", "no.table"),
        ("versions", "shop"),
        ("drop", "shop.nothing", "--yes"),
        ("drop", "shop", "--yes"),  # it holds a table
        ("rename", "shop.sales", "nowhere.sales"),
        ("rename", "shop.sales", "sales"),
        ("rename", "shop.sales", "shop.sales"),
        ("rename", "shop.nothing", "shop.sold"),
    ],
)
def test_what_can_not_be_done_is_told(shop: Settings, arguments: tuple[str, ...]) -> None:
    error = run(shop, *arguments).exception
    assert isinstance(error, CatalogError)
    assert error.hint
    assert told(shop, "show", "shop.sales")["statistics"]["rows"] == 5


def files(settings: Settings) -> list[Path]:
    return [path for path in settings.warehouse.rglob("*") if path.is_file()]


def test_a_table_is_dropped_with_its_files(shop: Settings) -> None:
    before = files(shop)
    dry = run(shop, "drop", "shop.sales", "--dry-run")
    assert "5 rows, 2 files" in dry.stderr
    assert isinstance(run(shop, "drop", "shop.sales").exception, ConfigError)  # nobody to ask
    assert files(shop) == before
    assert run(shop, "drop", "shop.sales", "--yes").exit_code == 0
    assert files(shop) == []
    assert run(shop, "drop", "shop", "--yes").exit_code == 0
    assert [row["database"] for row in told(shop, "databases")] == ["empty"]


def test_a_table_is_dropped_and_its_files_stay(shop: Settings) -> None:
    before = files(shop)
    assert run(shop, "drop", "shop.sales", "--keep-files", "--yes").exit_code == 0
    assert files(shop) == before
    assert isinstance(run(shop, "show", "shop.sales").exception, CatalogError)


def test_a_table_that_must_keep_its_files_is_not_dropped_with_them(shop: Settings) -> None:
    with open_catalog(shop) as catalog, catalog.load_table("shop.sales").transaction() as change:
        change.set_properties({"gc.enabled": "false"})
    error = run(shop, "drop", "shop.sales", "--yes").exception
    assert isinstance(error, CatalogError)
    assert "--keep-files" in error.hint
    assert told(shop, "show", "shop.sales")["statistics"]["rows"] == 5


def test_a_table_is_renamed(shop: Settings) -> None:
    assert (
        "shop.sales to empty.sold"
        in run(shop, "rename", "shop.sales", "empty.sold", "--dry-run").stderr
    )
    assert run(shop, "rename", "shop.sales", "empty.sold").exit_code == 0
    assert told(shop, "show", "empty.sold")["statistics"]["rows"] == 5
    assert isinstance(run(shop, "show", "shop.sales").exception, CatalogError)


def test_a_dropped_landing_table_is_landed_again_from_the_beginning(
    settings: Settings, tmp_path: Path
) -> None:
    lake = Lake(settings)
    log = write_log(tmp_path / "orders.csv", [order_line(1), BAD, order_line(3)])
    lake.land(log)
    dry = run(settings, "drop", "landing.order_lines", "--dry-run")
    assert "lands every log that is still there again" in dry.stderr
    assert run(settings, "drop", "landing.order_lines", "--yes").exit_code == 0
    lake.land(log)
    assert sorted(row["record_id"] for row in lake.rows()) == [1, 3]
    assert [row["record_id"] for row in lake.rejects()] == [2]
