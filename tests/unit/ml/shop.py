"""Small shops with a known answer, as order lines."""

from datetime import datetime, timedelta

import polars as pl

from lakehouse.ml.orders import LINES

DAY = datetime.fromisoformat("2024-06-01T12")


def line(number: int, **values: object) -> dict[str, object]:
    """A sale of one unit at one pound on the first day, `values` changed."""
    row: dict[str, object] = {
        "order_line_id": number,
        "order_id": f"o{number}",
        "product_id": "p",
        "customer_id": "c",
        "country": "France",
        "ordered_at": DAY,
        "line_type": "sale",
        "quantity": 1,
        "unit_price": 1.0,
        "is_demand": True,
    }
    return row | values


def lines(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LINES)


def checkerboard(size: int = 20) -> pl.DataFrame:
    """Customer i bought the products of its own colour, but not product i (Frederickson)."""
    cells = [(i, j) for i in range(size) for j in range(size) if i % 2 == j % 2 and i != j]
    return lines(
        *(
            line(
                n,
                customer_id=f"c{i:02}",
                product_id=f"p{j:02}",
                ordered_at=DAY + timedelta(minutes=n),
            )
            for n, (i, j) in enumerate(cells)
        )
    )
