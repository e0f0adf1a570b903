"""The marts of the real order log, against figures computed from the file alone."""

import csv
import datetime as dt
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
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

# One lake serves the whole module: its tests belong in one process.
pytestmark = pytest.mark.xdist_group("dbt_marts")

ZERO = Decimal(0)
FEES = {"POST", "DOT", "M", "C2", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK"}
SERVICES = FEES | {"23444", "23574", "PADS"}
VOUCHERS = {"22016", *(f"GIFT_0001_{pounds}" for pounds in (10, 20, 30, 40, 50))}


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
        self.is_product = self.product not in SERVICES | VOUCHERS | {"B"}
        self.sells = self.paid and self.order[0] not in "CA" and self.is_product


@pytest.fixture(scope="module")
def lines(online_retail: Path) -> list[Line]:
    with gzip.open(online_retail, "rt", encoding="utf-8", newline="") as log:
        return [Line(row) for row in csv.DictReader(log)]


def one(lake: DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    found = lake.execute(sql).fetchone()
    assert found is not None
    return found


def total(lines: Iterable[Line]) -> Decimal:
    return sum((line.net for line in lines), ZERO)


def test_order_lines_hold_every_line_and_every_penny(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    found = one(
        lake,
        "select count(*), count(distinct order_line_id), sum(net_amount), sum(gross_amount),"
        " sum(return_amount), sum(product_amount), sum(quantity), count(customer_id)"
        " from lake.core.fct_order_lines",
    )
    assert found == (
        541_909,
        541_909,
        total(lines),
        total(line for line in lines if line.paid),
        -total(line for line in lines if line.cancels),
        total(line for line in lines if line.sells or (line.cancels and line.is_product)),
        sum(line.quantity for line in lines),
        sum(line.customer is not None for line in lines),
    )
    assert found[2] == Decimal("9747747.9340")


def test_every_line_has_the_type_its_own_fields_tell(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    expected: Counter[str] = Counter()
    for line in lines:
        if line.cancels:
            expected["cancellation"] += 1
        elif line.order.startswith("A") or line.product == "B":
            expected["bad_debt"] += 1
        elif not line.paid:
            expected["adjustment"] += 1
        elif line.product in SERVICES:
            expected["service"] += 1
        else:
            expected["gift" if line.product in VOUCHERS else "sale"] += 1
    query = "select line_type, count(*) from lake.core.fct_order_lines group by 1"
    assert dict(lake.execute(query).fetchall()) == expected
    assert (expected["cancellation"], expected["bad_debt"]) == (9_288, 3)


def test_orders(lake: DuckDBPyConnection, lines: list[Line]) -> None:
    nets: defaultdict[str, Decimal] = defaultdict(Decimal)
    starts: dict[str, dt.datetime] = {}
    for line in lines:
        nets[line.order] += line.net
        starts[line.order] = min(line.at, starts.get(line.order, line.at))
    found = lake.execute("select order_id, net_amount, ordered_at from lake.core.fct_orders")
    assert {order: (net, at) for order, net, at in found.fetchall()} == {
        order: (nets[order], starts[order]) for order in nets
    }
    assert len(nets) == 25_900


def test_products_are_called_what_most_paid_lines_say(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        if line.paid and line.description:
            names[line.product][line.description] += 1
    found = dict(
        lake.execute("select product_id, description from lake.core.dim_products").fetchall()
    )
    assert len(found) == len({line.product for line in lines}) == 3_958
    for product, counted in names.items():
        most = max(counted.values())
        assert counted[found[product]] == most, (product, found[product])
    services = "select product_id from lake.core.dim_products where is_service"
    assert {product for (product,) in lake.execute(services).fetchall()} == SERVICES | {"B"}


def test_customers(lake: DuckDBPyConnection, lines: list[Line]) -> None:
    nets: defaultdict[str, Decimal] = defaultdict(Decimal)
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.customer:
            nets[line.customer] += line.net
            if line.sells:
                orders[line.customer].add(line.order)
    found = lake.execute("select customer_id, net_amount, order_count from lake.core.dim_customers")
    assert {customer: (net, count) for customer, net, count in found.fetchall()} == {
        customer: (nets[customer], len(orders[customer])) for customer in nets
    }
    assert len(nets) == 4_372


def test_dates_have_no_gap_and_know_the_trading_days(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    days = {line.at.date() for line in lines}
    found = lake.execute(
        "select date_day, year, quarter, month, iso_week, day_of_week, is_trading_day"
        " from lake.core.dim_dates order by date_day"
    ).fetchall()
    first = min(days)
    assert [row[0] for row in found] == [first + dt.timedelta(n) for n in range(len(found))]
    assert found[-1][0] == max(days)
    for day, *parts in found:
        _, week, weekday = day.isocalendar()
        expected = [day.year, (day.month + 2) // 3, day.month, week, weekday, day in days]
        assert parts == expected
    assert len(found) == 374
    assert sum(row[-1] for row in found) == 305


def test_daily_sales(lake: DuckDBPyConnection, lines: list[Line]) -> None:
    expected: dict[tuple[dt.date, str], list[Any]] = {}
    for line in lines:
        day = expected.setdefault((line.at.date(), line.country), [ZERO, ZERO, ZERO, set(), 0, 0])
        day[0] += line.net
        day[1] += line.net if line.paid else 0
        day[2] -= line.net if line.cancels else 0
        if line.sells:
            day[3].add(line.order)
        day[4] += 1
        day[5] += line.quantity
    found = lake.execute(
        "select order_date, country, net_amount, gross_amount, return_amount, order_count,"
        " line_count, unit_count from lake.reports.rpt_daily_sales"
    ).fetchall()
    assert {(row[0], row[1]): list(row[2:]) for row in found} == {
        key: [*day[:3], len(day[3]), *day[4:]] for key, day in expected.items()
    }


def test_daily_product_sales(lake: DuckDBPyConnection, lines: list[Line]) -> None:
    expected: defaultdict[tuple[dt.date, str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.sells or (line.cancels and line.is_product):
            expected[line.at.date(), line.country, line.product] += line.net
    found = lake.execute(
        "select order_date, country, product_id, net_amount"
        " from lake.reports.rpt_daily_product_sales"
    ).fetchall()
    assert {(day, country, product): net for day, country, product, net in found} == expected


def test_building_again_changes_no_row(home: Settings, lake: DuckDBPyConnection) -> None:
    figures = "select count(*), sum(net_amount), max(ingest_seq) from lake.core.fct_order_lines"
    before = one(lake, figures)
    with open_catalog(home) as catalog:
        snapshot = catalog.load_table("core.fct_order_lines").current_snapshot()
        result = invoke(home, ["build"])
        assert result.success, result.exception
        assert catalog.load_table("core.fct_order_lines").current_snapshot() == snapshot
    assert one(lake, figures) == before
