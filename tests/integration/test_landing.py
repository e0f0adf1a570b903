"""The real order log, landed."""

import csv
import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyiceberg.catalog import Catalog

from ingest import LandingReport, land_orders
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(folder=tmp_path_factory.mktemp("landing"), environment={})


@pytest.fixture(scope="module")
def catalog(home: Settings) -> Catalog:
    return open_catalog(home)


@pytest.fixture(scope="module")
def first_run(online_retail: Path, catalog: Catalog, home: Settings) -> LandingReport:
    return land_orders(online_retail, catalog, home)


@pytest.fixture(scope="module")
def rows(first_run: LandingReport, catalog: Catalog) -> pa.Table:
    return catalog.load_table("landing.order_lines").scan().to_arrow()


@pytest.fixture(scope="module")
def expected(online_retail: Path) -> list[dict[str, str]]:
    with gzip.open(online_retail, "rt", encoding="utf-8", newline="") as log:
        return list(csv.DictReader(log))


def test_every_line_is_landed_or_rejected(first_run: LandingReport) -> None:
    assert first_run.lines == 541_909
    assert first_run.landed + sum(first_run.rejected.values()) == 541_909


def test_revenue_is_that_of_the_file_to_the_penny(
    rows: pa.Table, expected: list[dict[str, str]]
) -> None:
    revenue = sum((int(r["Quantity"]) * Decimal(r["UnitPrice"]) for r in expected), Decimal(0))
    quantity = rows["quantity"].cast(pa.decimal128(19, 0))
    assert pc.sum(pc.multiply(quantity, rows["unit_price"])).as_py() == revenue
