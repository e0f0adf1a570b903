from lakehouse.ml.orders import demand, sales
from tests.unit.ml.shop import line, lines


def test_only_paid_sales_count() -> None:
    rows = lines(
        line(1, line_type="service"),
        line(2, line_type="adjustment"),
        line(3, unit_price=0.0),
        line(4, quantity=-2),
        line(5, is_demand=False),
        line(6),
    )
    assert sales(rows)["order_line_id"].to_list() == [5, 6]
    assert demand(rows.tail(2))["order_line_id"].to_list() == [6]
