"""The shop's marts, summed line by line in plain Python and not by the project's own SQL."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pyarrow as pa
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from tests.apps.shop import FIRST, LAST, PRICES, PRODUCTS, SOURCE_FILE, Line

Key = TypeVar("Key", bound=Hashable)
Row = dict[str, Any]

_MONEY = pa.decimal128(18, 4)
_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(
        ["net_amount", "gross_amount", "return_amount", "product_amount", "unit_price",
         "list_price", "demand_amount", "cumulative_net_amount"], _MONEY),
    **dict.fromkeys(
        ["order_date", "first_order_date", "last_order_date", "first_sold_date", "last_sold_date",
         "list_price_since", "as_of_date", "date_day", "cohort_month", "month_date"], pa.date32()),
    **dict.fromkeys(
        ["order_count", "line_count", "unit_count", "quantity", "order_line_id", "source_line",
         "ingest_seq", "cancellation_count", "customer_count", "active_customer_count",
         "sold_unit_count", "price_count", "orders_together"], pa.int64()),
    **dict.fromkeys(
        ["recency_days", "recency_score", "frequency_score", "monetary_score", "months_since",
         "rank"], pa.int32()),
    **dict.fromkeys(
        ["is_in_trading_period", "is_order", "is_cancellation", "is_service"], pa.bool_()),
    **dict.fromkeys(["retention_rate", "confidence", "lift"], pa.float64()),
    **dict.fromkeys(["ordered_at", "priced_at", "dbt_valid_from", "dbt_valid_to"],
                    pa.timestamp("us")),
}  # fmt: skip


def build(settings: Settings, lines: Sequence[Line]) -> None:
    """Commit the marts that `lines` amount to, the source first, as a build does."""
    with open_catalog(settings) as catalog:
        for name, (columns, rows) in _marts(lines).items():
            schema = pa.schema([pa.field(c, _TYPES.get(c, pa.string())) for c in columns.split()])
            _replace(catalog, name, pa.Table.from_pylist(rows, schema))


def commit(settings: Settings, tables: Mapping[str, pa.Table]) -> None:
    """Commit tables to a lake that holds the shop's marts."""
    with open_catalog(settings) as catalog:
        for name, rows in tables.items():
            _replace(catalog, name, rows)


def _marts(lines: Sequence[Line]) -> dict[str, tuple[str, list[Row]]]:
    amounts = "net_amount gross_amount return_amount"
    return {
        "core.fct_order_lines": (
            "order_line_id order_id product_id customer_id description country ordered_at"
            " order_date line_type product_kind quantity unit_price product_amount source_file"
            f" source_line ingest_seq {amounts}",
            [_line(each) for each in lines],
        ),
        "core.dim_dates": (
            "date_day is_in_trading_period",
            [
                {"date_day": day, "is_in_trading_period": FIRST <= day <= LAST}
                for day in sorted({x.day for x in lines})
            ],
        ),
        "core.dim_products": (
            "product_id description product_kind is_service first_sold_date last_sold_date"
            f" list_price list_price_since price_count sold_unit_count product_amount {amounts}",
            _products(lines),
        ),
        "core.fct_orders": (
            "order_id customer_id country ordered_at order_date is_order is_cancellation"
            f" line_count unit_count {amounts}",
            _orders(lines),
        ),
        "core.dim_customers": (
            "customer_id country first_order_date last_order_date order_count"
            f" cancellation_count {amounts}",
            _customers(lines),
        ),
        "marketing.dim_customer_segments": (
            "customer_id as_of_date recency_days order_count demand_amount recency_score"
            " frequency_score monetary_score segment",
            segments(lines),
        ),
        "marketing.fct_cohort_retention": (
            "cohort_month months_since month_date customer_count active_customer_count"
            " retention_rate order_count net_amount cumulative_net_amount",
            cohorts(lines),
        ),
        "history.product_prices": (
            "product_id priced_at list_price",
            [
                {"product_id": product, "priced_at": at, "list_price": price}
                for product in PRODUCTS
                for at, price in list_prices(product)
            ],
        ),
        "reports.rpt_daily_sales": (
            f"order_date country order_count line_count unit_count {amounts}",
            _daily(lines),
        ),
        "reports.rpt_daily_product_sales": (
            f"order_date country product_id description unit_count {amounts}",
            _daily_products(lines),
        ),
        "reports.rpt_daily_segment_sales": (
            f"order_date country segment order_count unit_count {amounts}",
            _daily_segments(lines),
        ),
        "reports.rpt_daily_segment_product_sales": (
            f"order_date country segment product_id unit_count {amounts}",
            _daily_segment_products(lines),
        ),
    }


def _replace(catalog: Catalog, name: str, rows: pa.Table) -> None:
    catalog.create_namespace_if_not_exists(name.split(".", maxsplit=1)[0])
    if catalog.table_exists(name):
        catalog.load_table(name).overwrite(rows)
    else:
        catalog.create_table(name, rows.schema).append(rows)


def _grouped(lines: Sequence[Line], key: Callable[[Line], Key]) -> dict[Key, list[Line]]:
    groups: defaultdict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return groups


def _amounts(group: Sequence[Line]) -> Row:
    return {
        "net_amount": sum(x.net for x in group),
        "gross_amount": sum(x.net for x in group if x.quantity > 0),
        "return_amount": -sum(x.net for x in group if x.is_cancellation),
        "unit_count": sum(x.quantity for x in group),
        "line_count": len(group),
    }


def _line(line: Line) -> Row:
    sale = "sale" if line.is_product else "service"
    return {
        **_amounts([line]),
        "order_line_id": line.number,
        "order_id": line.order_id,
        "product_id": line.product_id,
        "customer_id": line.customer_id,
        "description": PRODUCTS[line.product_id],
        "country": line.country,
        "ordered_at": line.ordered_at,
        "order_date": line.day,
        "line_type": "cancellation" if line.is_cancellation else sale,
        "product_kind": "product" if line.is_product else "service",
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "product_amount": line.net if line.is_product else Decimal(0),
        "source_file": SOURCE_FILE,
        "source_line": line.number + 1,  # below the header
        "ingest_seq": 1,
    }


def _products(lines: Sequence[Line]) -> list[Row]:
    return [
        {
            **_amounts(group),
            "product_id": product,
            "description": PRODUCTS[product],
            "product_kind": "service" if product == "POST" else "product",
            "is_service": product == "POST",
            "first_sold_date": min(x.day for x in group),
            "last_sold_date": max(x.day for x in group),
            "list_price": PRICES[product],
            "list_price_since": min(x.day for x in group),
            "price_count": 1,
            "sold_unit_count": sum(x.quantity for x in group if x.sells),
            "product_amount": sum(x.net for x in group if x.is_product),
        }
        for product, group in _grouped(lines, lambda x: x.product_id).items()
    ]


def _orders(lines: Sequence[Line]) -> list[Row]:
    return [
        {
            **_amounts(group),
            "order_id": order,
            "customer_id": group[0].customer_id,
            "country": group[0].country,
            "ordered_at": min(x.ordered_at for x in group),
            "order_date": min(x.day for x in group),
            "is_order": any(x.sells for x in group),
            "is_cancellation": group[0].is_cancellation,
        }
        for order, group in _grouped(lines, lambda x: x.order_id).items()
    ]


def _customers(lines: Sequence[Line]) -> list[Row]:
    known = _grouped([x for x in lines if x.customer_id], lambda x: x.customer_id)
    return [
        {
            **_amounts(group),
            "customer_id": customer,
            "country": group[-1].country,
            "first_order_date": min(x.day for x in group),
            "last_order_date": max(x.day for x in group if x.sells),
            "order_count": len({x.order_id for x in group if x.sells}),
            "cancellation_count": len({x.order_id for x in group if x.is_cancellation}),
        }
        for customer, group in known.items()
    ]


def list_prices(product: str) -> list[tuple[datetime, Decimal]]:
    """A first price, a third below the one the lines ask, and that one from the second month."""
    opened = datetime.combine(FIRST, time())
    return [
        (opened, (PRICES[product] * 2 / 3).quantize(Decimal("0.0001"))),
        (opened + timedelta(31), PRICES[product]),
    ]


def segments(lines: Sequence[Line]) -> list[Row]:
    """marketing.dim_customer_segments, by the rules that its description gives."""
    if not lines:
        return []
    today = max(x.day for x in lines) + timedelta(1)
    known = _grouped([x for x in lines if x.customer_id and x.sells], lambda x: x.customer_id)
    rows = []
    for customer, group in known.items():
        recency = (today - max(x.day for x in group)).days
        orders = len({x.order_id for x in group})
        row = {"customer_id": customer, "as_of_date": today, "recency_days": recency}
        row |= {"order_count": orders, "demand_amount": sum(x.net for x in group)}
        rows.append({**row, "segment": _segment(recency, orders)})
    for score, by, sign in (
        ("recency_score", "recency_days", -1),
        ("frequency_score", "order_count", 1),
        ("monetary_score", "demand_amount", 1),
    ):
        rows.sort(key=lambda row: (sign * row[by], row["customer_id"]))
        for place, row in enumerate(rows):
            row[score] = 1 + place * 5 // len(rows)
    return rows


def _segment(recency: int, orders: int) -> str:
    if recency <= 30 and orders >= 5:
        return "champions"
    if recency <= 90:
        return {1: "new", 2: "promising"}.get(orders, "loyal")
    return "at_risk" if orders >= 3 else "lapsed"


def cohorts(lines: Sequence[Line]) -> list[Row]:
    """marketing.fct_cohort_retention."""
    sold = [x for x in lines if x.customer_id and x.sells]
    months = sorted({_month(x.day) for x in lines})
    firsts = {
        customer: _month(min(x.day for x in group))
        for customer, group in _grouped(sold, lambda x: x.customer_id).items()
    }
    sizes = Counter(firsts.values())
    rows = []
    for cohort, size in sizes.items():
        for since, month in enumerate(m for m in months if m >= cohort):
            ordered = {
                x.order_id: x.customer_id
                for x in sold
                if firsts[x.customer_id] == cohort and _month(x.day) == month
            }
            came = len(set(ordered.values()))
            rows.append(
                {
                    "cohort_month": cohort,
                    "months_since": since,
                    "month_date": month,
                    "customer_count": size,
                    "active_customer_count": came,
                    "retention_rate": came / size,
                    "order_count": len(ordered),
                    "net_amount": sum(x.net for x in lines if x.order_id in ordered),
                }
            )
    return rows


def _month(day: date) -> date:
    return day.replace(day=1)


def _daily(lines: Sequence[Line]) -> list[Row]:
    return [
        {
            **_amounts(group),
            "order_date": day,
            "country": country,
            "order_count": len({x.order_id for x in group if x.sells}),
        }
        for (day, country), group in _grouped(lines, lambda x: (x.day, x.country)).items()
    ]


def _daily_products(lines: Sequence[Line]) -> list[Row]:
    sold = _grouped([x for x in lines if x.is_product], lambda x: (x.day, x.country, x.product_id))
    return [
        {
            **_amounts(group),
            "order_date": day,
            "country": country,
            "product_id": product,
            "description": PRODUCTS[product],
        }
        for (day, country, product), group in sold.items()
    ]


def _segments_of(lines: Sequence[Line]) -> Callable[[Line], str]:
    known = {row["customer_id"]: row["segment"] for row in segments(lines)}
    return lambda line: known.get(line.customer_id, "none")


def _daily_segments(lines: Sequence[Line]) -> list[Row]:
    of = _segments_of(lines)
    return [
        {
            **_amounts(group),
            "order_date": day,
            "country": country,
            "segment": segment,
            "order_count": len({x.order_id for x in group if x.sells}),
        }
        for (day, country, segment), group in _grouped(
            lines, lambda x: (x.day, x.country, of(x))
        ).items()
    ]


def _daily_segment_products(lines: Sequence[Line]) -> list[Row]:
    of = _segments_of(lines)
    sold = _grouped(
        [x for x in lines if x.is_product], lambda x: (x.day, x.country, of(x), x.product_id)
    )
    return [
        {
            **_amounts(group),
            "order_date": day,
            "country": country,
            "segment": segment,
            "product_id": product,
        }
        for (day, country, segment, product), group in sold.items()
    ]
