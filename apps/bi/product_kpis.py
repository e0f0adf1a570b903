"""The four figures of one product."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.bi import wording
from apps.bi.kpis import Kpi


def product_kpis(found: Mapping[str, Any], days: Sequence[Mapping[str, Any]]) -> list[Kpi]:
    """Product revenue, units, returns and list price; `days` are those of `products.history`."""
    net = sum((day["net_amount"] for day in days), Decimal(0))
    returns = sum((day["return_amount"] for day in days), Decimal(0))
    units = sum(day["unit_count"] for day in days)
    price = found["list_price"]
    listed = wording.DASH if price is None else wording.money(price)
    return [
        _kpi(
            "Product revenue", wording.short_money(net), net, f"Exactly **{wording.money(net)}**."
        ),
        _kpi("Units", f"{units:,}", Decimal(units), "Sold, returns taken off."),
        _kpi("Returns", wording.short_money(returns), returns, "What cancelled orders gave back."),
        _kpi(
            "List price",
            listed,
            price,
            "What most lines of the latest week with a known customer asked.",
        ),
    ]


def _kpi(label: str, value: str, figure: Decimal | None, meaning: str) -> Kpi:
    return Kpi(label, value, None, None, [], meaning, figure=figure)
