"""The marts of the real order log, against figures computed from the file alone."""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from dbt_project.plugin.invocation import invoke
from ingest import land_orders
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions

ZERO = Decimal(0)
SERVICES = {"POST", "DOT", "M", "C2", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, online_retail: Path) -> Settings:
    settings = load_settings(folder=tmp_path_factory.mktemp("marts"), environment={})
    with open_catalog(settings) as catalog:
        land_orders(online_retail, catalog, settings)
    result = invoke(settings, ["build"])
    assert result.success, result.exception
    return settings


@pytest.fixture(scope="module")
def lake(home: Settings) -> Iterator[DuckDBPyConnection]:
    with catalog_endpoint(home) as endpoint, duckdb.connect() as connection:
        load_extensions(connection)
        attach_lake(connection, endpoint, read_only=True)
        yield connection


class Line:
    """A line of the file, read by the rules of the brief and by no code of the product."""

    def __init__(self, row: dict[str, str]) -> None:
        self.order = row["InvoiceNo"]
        self.product = row["StockCode"].strip().upper()
        self.description = row["Description"]
        self.customer = row["CustomerID"].removesuffix(".0") or None
        self.country = row["Country"]
        self.at = dt.datetime.fromisoformat(row["InvoiceDate"])
        self.quantity = int(row["Quantity"])
        self.price = Decimal(row["UnitPrice"])
        self.net = self.quantity * self.price
        self.cancels = self.order.startswith("C")
        self.paid = self.quantity > 0 and self.price > 0


@pytest.fixture(scope="module")
def lines(online_retail: Path) -> list[Line]:
    with gzip.open(online_retail, "rt", encoding="utf-8", newline="") as log:
        return [Line(row) for row in csv.DictReader(log)]


def one(lake: DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    found = lake.execute(sql).fetchone()
    assert found is not None
    return found


def test_order_lines_hold_every_line_and_every_penny(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    found = one(
        lake,
        "select count(*), count(distinct order_line_id), sum(net_amount), sum(gross_amount),"
        " sum(return_amount), sum(quantity), count(customer_id) from lake.core.fct_order_lines",
    )
    assert found == (
        541_909,
        541_909,
        sum((line.net for line in lines), ZERO),
        sum((line.net for line in lines if line.paid), ZERO),
        -sum((line.net for line in lines if line.cancels), ZERO),
        sum(line.quantity for line in lines),
        sum(line.customer is not None for line in lines),
    )
    assert found[2] == Decimal("9747747.9340")
