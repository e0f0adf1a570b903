"""Ten deliveries in any order, and some of them taken back, make what a full refresh makes."""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import GreaterThan
from pyiceberg.io.pyarrow import schema_to_pyarrow

from dbt_project.plugin.invocation import invoke
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.landing import ACCESS_LOGS_TABLE, ORDER_LINES_TABLE, LandingTable
from tests.integration.test_dbt_project import MARTS, UNTESTED, rows, succeed

SLICES = 10
FIRST_DAY = dt.datetime.fromisoformat("2011-01-03")
PRODUCTS = [*(f"2{n:04}" for n in range(14)), "POST", "M", "gift_0001_20", "B"]
CUSTOMERS = [*(str(12_000 + n) for n in range(12)), None]
AGENTS = ["Mozilla/5.0 (X11)", "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8", None]
PATHS = [
    *("/", "/search?q=a", "/product/1", "/cart/1", "/checkout", "/orders/536001", "/.env"),
    "/robots.txt",
]
# Everything is built in the beginning and at the end; between, what is merged, and what it reads.
MERGED = ["--select", "+config.materialized:incremental", "+config.materialized:snapshot"]
Row = dict[str, Any]


def order_lines(chance: random.Random) -> list[Row]:
    """Lines of 90 orders in 40 days: some over midnight, some cancelled at once, later, in part.

    Five of a wrong clock are dated two years earlier; when few others are there, these count.
    """
    lines: list[Row] = []
    for number in range(90):
        at = FIRST_DAY + dt.timedelta(minutes=chance.randrange(40 * 24 * 60))
        if number % 20 == 0:
            at -= dt.timedelta(days=730)
        customer = chance.choice(CUSTOMERS)
        country = chance.choice(["United Kingdom", "France", "EIRE", None])
        order = [
            {
                "invoice_no": f"{536_000 + number}",
                "stock_code": chance.choice(PRODUCTS),
                "description": chance.choice(["NAME", "NAME", "OTHER NAME", "damaged?", None]),
                "quantity": chance.choice([1, 2, 6, 12, -3]),
                "invoice_date": at + dt.timedelta(minutes=chance.choice([0, 0, 0, 90])),
                "unit_price": Decimal(chance.choice(["1.25", "2.55", "0"])),
                "customer_id": customer,
                "country": country,
            }
            for _ in range(chance.randrange(1, 6))
        ]
        lines += order
        for line in order:
            if chance.random() < 0.3:
                later = dt.timedelta(hours=chance.choice([1, 23, 25, 400]))
                lines.append(
                    {
                        **line,
                        "invoice_no": f"C{537_000 + number}",
                        "quantity": -abs(line["quantity"]) + chance.choice([0, 0, 1]),
                        "invoice_date": line["invoice_date"] + later,
                    }
                )
    return lines


def requests(chance: random.Random) -> list[Row]:
    """Requests of a few visitors in six days, minutes to hours apart."""
    return [
        {
            "client_ip": chance.choice(["1.1.1.1", "2.2.2.2"]),
            "user_id": chance.choice([None, "12000"]),
            "requested_at": FIRST_DAY + dt.timedelta(minutes=chance.randrange(6 * 24 * 60)),
            "method": chance.choice(["GET", "POST"]),
            "path": chance.choice(PATHS),
            "protocol": "HTTP/1.1",
            "status": chance.choice([200, 200, 303, 404, 503]),
            "response_bytes": chance.choice([None, 10]),
            "referrer": None,
            "user_agent": chance.choice(AGENTS),
        }
        for _ in range(500)
    ]


class Landing:
    """A landing table that gets deliveries and loses them again, as a rewind takes them back."""

    def __init__(self, catalog: Catalog, landed_to: LandingTable) -> None:
        self.table = ensure_table(catalog, landed_to.identifier, landed_to.schema, landed_to.spec)
        self.sequence = 0

    def deliver(self, lines: Sequence[Row]) -> None:
        self.sequence += 1
        schema = schema_to_pyarrow(self.table.schema(), include_field_ids=False)
        self.table.refresh()
        landed = [{**line, "ingest_seq": self.sequence} for line in lines]
        self.table.append(pa.Table.from_pylist(landed, schema))

    def rewind(self, to: int) -> None:
        self.table.refresh()
        self.table.delete(GreaterThan("ingest_seq", to))


def slices(chance: random.Random, lines: list[Row]) -> list[list[Row]]:
    """The lines, numbered as they stood in the log, in ten deliveries of any order."""
    numbered = [
        {**line, "record_id": n, "source_file": "a.log", "source_line": n + 1}
        for n, line in enumerate(lines, start=1)
    ]
    chance.shuffle(numbered)
    return [numbered[n::SLICES] for n in range(SLICES)]


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


def test_every_table_equals_its_full_refresh(
    one_thread: Settings, catalog: Catalog, parsed_in: Callable[[Path], None]
) -> None:
    parsed_in(one_thread.home)
    chance = random.Random(7)
    orders, visits = (Landing(catalog, t) for t in (ORDER_LINES_TABLE, ACCESS_LOGS_TABLE))
    deliveries = list(
        zip(
            slices(chance, order_lines(chance)),
            slices(chance, requests(chance)),
            strict=True,
        )
    )
    for number, (lines, asked) in enumerate(deliveries):
        orders.deliver(lines)
        if number % 3 != 1:  # sometimes one of the streams brings nothing
            visits.deliver(asked)
        if number == 6:
            # Deliveries are taken back; half of their lines come again, in another order.
            orders.rewind(3)
            visits.rewind(2)
            orders.deliver([line for old, _ in deliveries[6:2:-1] for line in old[::2]])
        succeed(invoke(one_thread, [*UNTESTED, *([] if number in {0, SLICES - 1} else MERGED)]))
    tables = [f"{space}.{name}" for space in MARTS if space != "reference" for name in MARTS[space]]
    by_merges = {table: rows(catalog, table) for table in tables}
    assert all(by_merges.values())

    succeed(invoke(one_thread, [*UNTESTED, "--full-refresh"]))

    for table in tables:
        assert rows(catalog, table) == by_merges[table], table
