"""A shop small enough to add up in plain Python: its order lines, and a lake made of them.

Ten weeks, closed on Sundays, three countries, four products and postage; the last day stops in
the morning. The marts are summed here, line by line, and not by the project's own SQL.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings

FIRST, LAST = date(2024, 3, 1), date(2024, 5, 9)
LAST_ORDER = datetime(2024, 5, 9, 11, 20)  # noqa: DTZ001 - logs carry no zone
PRODUCTS = {
    "22423": "REGENCY CAKESTAND 3 TIER",
    "85099B": "JUMBO BAG RED RETROSPOT",
    "23084": "RABBIT NIGHT LIGHT",
    "47566": "PARTY BUNTING",
    "POST": "POSTAGE",
}
MONEY = pa.decimal128(18, 4)


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    order_id: str
    product_id: str
    country: str
    ordered_at: datetime
    quantity: int
    unit_price: Decimal

    @property
    def day(self) -> date:
        return self.ordered_at.date()

    @property
    def net(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def is_cancellation(self) -> bool:
        return self.order_id.startswith("C")

    @property
    def sells(self) -> bool:
        return not self.is_cancellation and self.product_id != "POST"


def order_lines() -> list[Line]:
    """Every line the shop has sold or taken back; the same at every call."""
    lines = []
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(number)
        if day.isoweekday() != 7:
            lines += _lines_of_day(number, day)
    return lines


def _lines_of_day(number: int, day: date) -> list[Line]:
    lines = []
    for turn, (country, orders) in enumerate(_orders(number)):
        for order in range(orders):
            at = datetime.combine(day, time(8 + order, 20 * turn))
            if at > LAST_ORDER:
                continue
            name = f"5{number:02}{turn}{order}"
            code = list(PRODUCTS)[(number + order) % 4]
            lines.append(Line(name, code, country, at, 3 + number % 5, Decimal("12.7500")))
            lines.append(Line(name, "POST", country, at, 1, Decimal("3.9900")))
            if (number + order) % 9 == 4:
                back = Line(f"C{name}", code, country, at, -1 - number % 4, Decimal("12.7500"))
                lines.append(back)
    return lines


def _orders(number: int) -> list[tuple[str, int]]:
    """How many orders come from where; France stops buying after six weeks."""
    return [
        ("United Kingdom", 2 + number % 3 + number // 20),
        ("France", 1 if number < 42 else 0),
        ("Norway", 1 if number % 7 == 3 else 0),
    ]


def build(settings: Settings, lines: Sequence[Line]) -> None:
    """Commit the marts that `lines` amount to, the source first, as a build does."""
    with open_catalog(settings) as catalog:
        _replace(catalog, "core.fct_order_lines", _source(lines))
        _replace(catalog, "core.dim_dates", _dates(lines))
        _replace(catalog, "reports.rpt_daily_sales", _daily(lines))
        _replace(catalog, "reports.rpt_daily_product_sales", _daily_products(lines))


def _replace(catalog: Catalog, name: str, rows: pa.Table) -> None:
    catalog.create_namespace_if_not_exists(name.split(".", maxsplit=1)[0])
    if catalog.table_exists(name):
        catalog.load_table(name).overwrite(rows)
    else:
        catalog.create_table(name, rows.schema).append(rows)


def _source(lines: Sequence[Line]) -> pa.Table:
    return pa.table({"ordered_at": pa.array([x.ordered_at for x in lines], pa.timestamp("us"))})


def _dates(lines: Sequence[Line]) -> pa.Table:
    """The days of the shop are its trading period; what is dated elsewhere is not."""
    days = sorted({line.day for line in lines})
    inside = [FIRST <= day <= LAST for day in days]
    return pa.table(
        {"date_day": pa.array(days, pa.date32()), "is_in_trading_period": pa.array(inside)},
        schema=pa.schema([("date_day", pa.date32()), ("is_in_trading_period", pa.bool_())]),
    )


def _daily(lines: Sequence[Line]) -> pa.Table:
    groups: dict[tuple[date, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.day, line.country].append(line)
    rows = [
        {
            "order_date": day,
            "country": country,
            "net_amount": sum(x.net for x in group),
            "gross_amount": sum(x.net for x in group if x.quantity > 0),
            "return_amount": -sum(x.net for x in group if x.is_cancellation),
            "order_count": len({x.order_id for x in group if x.sells}),
            "line_count": len(group),
            "unit_count": sum(x.quantity for x in group),
        }
        for (day, country), group in groups.items()
    ]
    return pa.Table.from_pylist(rows, _DAILY)


def _daily_products(lines: Sequence[Line]) -> pa.Table:
    groups: dict[tuple[date, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.product_id != "POST":
            groups[line.day, line.country, line.product_id].append(line)
    rows = [
        {
            "order_date": day,
            "country": country,
            "product_id": product,
            "description": PRODUCTS[product],
            "net_amount": sum(x.net for x in group),
            "gross_amount": sum(x.net for x in group if x.quantity > 0),
            "unit_count": sum(x.quantity for x in group),
        }
        for (day, country, product), group in groups.items()
    ]
    return pa.Table.from_pylist(rows, _DAILY_PRODUCTS)


_KEY = [pa.field("order_date", pa.date32()), pa.field("country", pa.string())]
_AMOUNTS = [pa.field("net_amount", MONEY), pa.field("gross_amount", MONEY)]
_DAILY = pa.schema(
    [
        *_KEY,
        *_AMOUNTS,
        pa.field("return_amount", MONEY),
        *(pa.field(name, pa.int64()) for name in ("order_count", "line_count", "unit_count")),
    ]
)
_DAILY_PRODUCTS = pa.schema(
    [
        *_KEY,
        pa.field("product_id", pa.string()),
        pa.field("description", pa.string()),
        *_AMOUNTS,
        pa.field("unit_count", pa.int64()),
    ]
)
