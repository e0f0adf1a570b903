"""A shop small enough to add up in plain Python: its order lines.

Ten weeks, closed on Sundays, three countries, four products and postage; the last day stops in
the morning. `shop_marts` makes a lake of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

FIRST, LAST = date(2024, 3, 1), date(2024, 5, 9)
LAST_ORDER = datetime(2024, 5, 9, 11, 20)  # noqa: DTZ001 - logs carry no zone
PRODUCTS = {
    "22423": "REGENCY CAKESTAND 3 TIER",
    "85099B": "JUMBO BAG RED RETROSPOT",
    "23084": "RABBIT NIGHT LIGHT",
    "47566": "PARTY BUNTING",
    "POST": "POSTAGE",
}
PRICES = {
    "22423": Decimal("12.7500"),
    "85099B": Decimal("2.0800"),
    "23084": Decimal("0.8500"),
    "47566": Decimal("4.9500"),
    "POST": Decimal("3.9900"),
}
SOURCE_FILE = "orders.csv"


@dataclass(frozen=True)
class Line:
    """One line of an order; `number` is its place in the log, from 1."""

    number: int
    order_id: str
    product_id: str
    customer_id: str | None
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
    def is_product(self) -> bool:
        return self.product_id != "POST"

    @property
    def sells(self) -> bool:
        return not self.is_cancellation and self.is_product


def order_lines() -> list[Line]:
    """Every line the shop has sold or taken back; the same at every call."""
    lines: list[Line] = []
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(number)
        if day.isoweekday() != 7:
            _add_day(lines, number, day)
    return lines


def log_line(line: Line) -> str:
    """The line as it stands in the log."""
    what = f"{line.order_id},{line.product_id},{PRODUCTS[line.product_id]},{line.quantity}"
    return f"{what},{line.ordered_at},{line.unit_price},{line.customer_id or ''},{line.country}"


def write_log(folder: Path, lines: Sequence[Line]) -> None:
    """Write the log that the lines were landed from."""
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    folder.mkdir(parents=True)
    text = "\n".join([header, *map(log_line, lines), ""])
    (folder / SOURCE_FILE).write_text(text)


def _add_day(lines: list[Line], number: int, day: date) -> None:
    for turn, (country, orders) in enumerate(_orders(number)):
        for order in range(orders):
            at = datetime.combine(day, time(8 + order, 20 * turn))
            if at > LAST_ORDER:
                continue
            name = f"5{number:02}{turn}{order}"
            code = list(PRODUCTS)[(number + order) % 4]
            who = _customer(number, turn, order)
            sold = [(name, code, 3 + number % 5), (name, "POST", 1)]
            if (number + order) % 9 == 4:
                sold.append((f"C{name}", code, -1 - number % 4))
            for invoice, product, quantity in sold:
                place = len(lines) + 1
                price = PRICES[product]
                lines.append(Line(place, invoice, product, who, country, at, quantity, price))


def _customer(number: int, turn: int, order: int) -> str | None:
    """Who orders: a few come often, some once, and now and then nobody is logged in."""
    if (number + order) % 5 == 2:
        return None
    if turn == 1:
        return f"2{number:04}" if number % 2 else "20000"
    return f"{turn + 1}{(number * 3 + order * 7) % 11:04}"


def _orders(number: int) -> list[tuple[str, int]]:
    """How many orders come from where; France stops buying after six weeks."""
    return [
        ("United Kingdom", 2 + number % 3 + number // 20),
        ("France", 1 if number < 42 else 0),
        ("Norway", 1 if number % 7 == 3 else 0),
    ]
