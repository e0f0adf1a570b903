from datetime import timedelta

import polars as pl

from lakehouse.ml.orders import demand
from tests.unit.ml.shop import DAY, line, lines


def kept(*rows: dict[str, object]) -> list[int]:
    return sorted(demand(lines(*rows))["order_line_id"])


def cancellation(number: int, hours: float, **values: object) -> dict[str, object]:
    when = DAY + timedelta(hours=hours)
    defaults = {"line_type": "cancellation", "quantity": -1, "ordered_at": when}
    return line(number, **(defaults | values))


def test_a_purchase_taken_back_whole_within_a_day_is_no_demand() -> None:
    assert kept(line(1), cancellation(2, 24)) == []
    assert kept(line(1), cancellation(2, 24.01)) == [1]
    assert kept(line(1), cancellation(2, -1)) == [1]
    assert kept(line(1, quantity=3), cancellation(2, 1)) == [1]
    assert kept(line(1), cancellation(2, 1, product_id="other")) == [1]
    assert kept(line(1), cancellation(2, 1, customer_id="other")) == [1]


def test_nobody_takes_back_nothing() -> None:
    assert kept(line(1, customer_id=None), cancellation(2, 1, customer_id=None)) == [1]


def test_one_cancellation_takes_back_the_purchase_before_it() -> None:
    second = DAY + timedelta(hours=2)
    assert kept(line(1), line(2, ordered_at=second), cancellation(3, 3)) == [1]


def test_only_paid_sales_count() -> None:
    assert kept(
        line(1, line_type="service"),
        line(2, line_type="adjustment"),
        line(3, unit_price=0.0),
        line(4, quantity=-2),
        line(5),
    ) == [5]


def test_the_order_of_the_lines_does_not_matter() -> None:
    rows = lines(line(1), cancellation(2, 3), line(3, quantity=2), line(4, product_id="q"))
    expected = set(demand(rows)["order_line_id"])
    for seed in range(5):
        shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
        assert set(demand(shuffled)["order_line_id"]) == expected == {3, 4}
    assert demand(rows).schema == pl.Schema(rows.schema)
