"""The marts of the real order log, against figures computed from the file alone."""

import csv
import datetime as dt
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries import customers, products, sales
from apps.bi.queries.lines import Drill, Of
from apps.bi.queries.lines import lines as drilled
from apps.bi.queries.narrowing import By
from dbt_project.plugin.invocation import invoke
from ingest import land_orders
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.published import Marts, open_marts
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.landing import ACCESS_LOGS_TABLE
from tests.apps.asking import ask_marts, asker

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
        ensure_table(
            catalog, ACCESS_LOGS_TABLE.identifier, ACCESS_LOGS_TABLE.schema, ACCESS_LOGS_TABLE.spec
        )
        land_orders(online_retail, catalog, settings)
    result = invoke(settings, ["build", "--exclude", "resource_type:unit_test"])
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


@pytest.fixture(scope="module")
def demand(lines: list[Line]) -> list[Line]:
    """The sales that were meant: not cancelled whole by the same customer within a day."""
    sold: defaultdict[tuple[str, str, int], list[tuple[dt.datetime, int]]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.sells and line.customer:
            sold[line.customer, line.product, line.quantity].append((line.at, number))
    undone = set()
    for line in lines:
        if line.cancels and line.customer:
            earlier = [
                (at, number)
                for at, number in sold[line.customer, line.product, -line.quantity]
                if line.at - dt.timedelta(hours=24) <= at <= line.at
            ]
            if earlier:
                undone.add(max(earlier)[1])
    assert len(undone) > 600
    return [line for n, line in enumerate(lines) if line.sells and n not in undone]


def test_daily_demand(lake: DuckDBPyConnection, demand: list[Line]) -> None:
    expected: defaultdict[tuple[str, dt.date], list[Any]] = defaultdict(lambda: [0, ZERO])
    for line in demand:
        expected[line.product, line.at.date()][0] += line.quantity
        expected[line.product, line.at.date()][1] += line.net
    found = lake.execute(
        "select product_id, demand_date, demand_units, demand_amount from lake.ml.fct_daily_demand"
    ).fetchall()
    assert {(product, day): row for product, day, *row in found} == expected
    monsters = {80_995, 74_215}  # typing errors, taken back within minutes
    assert not monsters & {row[2] for row in found}


def test_interactions(lake: DuckDBPyConnection, demand: list[Line]) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for line in demand:
        if line.customer:
            expected[line.customer, line.product, line.order] += line.quantity
    found = lake.execute(
        "select customer_id, product_id, order_id, demand_units from lake.ml.fct_interactions"
    ).fetchall()
    assert {tuple(key): units for *key, units in found} == expected
    features = one(lake, "select count(*), sum(quantity) from lake.ml.fct_order_quantity_features")
    assert features == (sum(1 for line in demand if line.customer), sum(expected.values()))


def test_segments_are_those_of_the_models(lake: DuckDBPyConnection, demand: list[Line]) -> None:
    latest: dict[str, dt.datetime] = {}
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for line in demand:
        if line.customer:
            latest[line.customer] = max(line.at, latest.get(line.customer, line.at))
            orders[line.customer].add(line.order)
    midnight = dt.datetime.fromisoformat("2011-12-10")

    def segment(customer: str) -> str:
        recency, count = (midnight - latest[customer]).total_seconds(), len(orders[customer])
        if recency <= 30 * 86_400 and count >= 5:
            return "champions"
        if recency > 90 * 86_400:
            return "at_risk" if count >= 3 else "lapsed"
        return {1: "new", 2: "promising"}.get(count, "loyal")

    found = lake.execute("select customer_id, segment from lake.marketing.dim_customer_segments")
    assert dict(found.fetchall()) == {customer: segment(customer) for customer in latest}


def test_countries_have_a_history(lake: DuckDBPyConnection, lines: list[Line]) -> None:
    seen: defaultdict[str, list[tuple[dt.datetime, str, str]]] = defaultdict(list)
    starts: dict[str, Line] = {}
    for line in lines:
        if line.customer and line.at < starts.setdefault(line.order, line).at:
            starts[line.order] = line
    for order, line in starts.items():
        seen[line.customer or ""].append((line.at, order, line.country))
    expected = []
    for customer, invoices in seen.items():
        history: list[tuple[dt.datetime, str]] = []
        for at, _, country in sorted(invoices):
            if not history or history[-1][1] != country:
                history.append((at, country))
        ends = [*(at for at, _ in history[1:]), None]
        expected += [
            (customer, country, at, end) for (at, country), end in zip(history, ends, strict=True)
        ]
    found = lake.execute(
        "select customer_id, country, dbt_valid_from, dbt_valid_to"
        " from lake.history.customer_countries"
    )
    assert sorted(found.fetchall(), key=str) == sorted(expected, key=str)
    assert len(expected) > len(seen), "some customers moved"


def test_reports_by_month_hold_every_measure_of_the_file(
    lake: DuckDBPyConnection, lines: list[Line]
) -> None:
    expected: defaultdict[tuple[dt.date, str], list[Decimal]] = defaultdict(lambda: [ZERO] * 4)
    for line in lines:
        month = expected[line.at.date().replace(day=1), line.country]
        product = line.sells or (line.cancels and line.is_product)
        amounts = (True, line.paid, line.cancels, product)
        signs = (1, 1, -1, 1)
        for n, (counts, sign) in enumerate(zip(amounts, signs, strict=True)):
            month[n] += sign * line.net if counts else ZERO
    found = lake.execute(
        "select month_date, country, net_amount, gross_amount, return_amount, product_amount"
        " from lake.reports.rpt_country_sales"
    ).fetchall()
    assert {(month, country): amounts for month, country, *amounts in found} == expected
    by_product = "select sum(net_amount) from lake.reports.rpt_product_sales"
    assert one(lake, by_product) == (sum(month[3] for month in expected.values()),)


MERGED = (
    *("core.fct_order_lines", "intermediate.int_cancellations_matched", "ml.fct_interactions"),
    *("reports.rpt_daily_sales", "reports.rpt_daily_product_sales"),
    *("history.product_prices", "history.customer_countries"),
)


def test_building_again_changes_no_row(home: Settings, lake: DuckDBPyConnection) -> None:
    figures = "select count(*), sum(net_amount), max(ingest_seq) from lake.core.fct_order_lines"
    before = one(lake, figures)
    with open_catalog(home) as catalog:
        snapshots = {name: catalog.load_table(name).current_snapshot() for name in MERGED}
        result = invoke(home, ["build", "--exclude", "resource_type:unit_test"])
        assert result.success, result.exception
        after = {name: catalog.load_table(name).current_snapshot() for name in MERGED}
    assert after == snapshots
    assert one(lake, figures) == before


@pytest.fixture(scope="module")
def marts(home: Settings) -> Iterator[Marts]:
    with closing(open_marts(home)) as marts:
        yield marts


def test_the_dashboard_finds_every_column_and_loses_no_penny(
    marts: Marts, lines: list[Line]
) -> None:
    ask, everything = asker(marts), Filters(Period(dt.date(2010, 12, 1), dt.date(2011, 12, 9)))
    narrowed = replace(everything, country="France", segment="Champions", group="£1 to £2")
    for chosen in (everything, narrowed):
        assert ask_marts(ask, chosen, "12681", "22423")

    sold = sales.daily(ask, everything, everything.period)[1]
    assert sales.total(sold).net == total(lines)
    for by in (By.COUNTRY, By.SEGMENT):
        assert sum(each.net for each in sales.sellers(ask, everything, by)[1]) == total(lines)
    of_products = sum(each.net for each in sales.sellers(ask, everything, By.GROUP)[1])
    # The same lines, summed up with and without telling segments apart.
    by_segment = [
        sales.total(sales.daily(ask, replace(everything, segment=segment, group=group), span)[1])
        for span in [everything.period]
        for segment in groups.SEGMENTS
        for group in groups.PRICE_BANDS
    ]
    assert sum(each.net for each in by_segment) == of_products

    day = dt.date(2011, 12, 5)
    found = drilled(ask, everything, Drill(Of.DAY, day.isoformat()))
    of_day = [line for line in lines if line.at.date() == day]
    assert (found.count, found.net) == (len(of_day), total(of_day))


def test_the_dashboard_counts_customers_as_the_marts_do(marts: Marts, lines: list[Line]) -> None:
    ask, everything = asker(marts), Filters(Period(dt.date(2010, 12, 1), dt.date(2011, 12, 9)))
    mart = marts.query(
        "select cohort_month, months_since, active_customer_count"
        " from marketing.fct_cohort_retention"
    ).to_pylist()
    assert {
        (row["cohort_month"], row["months_since"]): row["active_customer_count"] for row in mart
    } == {
        (cohort.month, since): active
        for cohort in customers.cohorts(ask, everything)[1]
        for since, active in enumerate(cohort.active)
    }
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.customer and line.sells:
            orders[line.customer].add(line.order)
    found = customers.buyers(ask, everything, everything.period)[1]
    assert found.customers == len(orders)
    assert found.repeat == sum(1 for placed in orders.values() if len(placed) > 1)
    with_22423 = {line.order for line in lines if line.product == "22423" and line.sells}
    together: Counter[str] = Counter()
    for order, product in {(line.order, line.product) for line in lines if line.sells}:
        if order in with_22423 and product != "22423":
            together[product] += 1
    _, baskets, partners = products.partners(ask, everything, "22423", 3)
    assert baskets == len(with_22423)
    assert [each.together for each in partners] == [n for _, n in together.most_common(3)]
