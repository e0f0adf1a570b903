"""Order lines behind a figure: what a click drills down to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.queries.narrowing import days
from apps.bi.statement import Answer, Ask, Statement, Value

SHOWN = 500


class Of(StrEnum):
    """What the lines belong to; its name in the URL."""

    DAY = "day"
    PRODUCT = "product"
    ORDER = "order"


@dataclass(frozen=True)
class Drill:
    """The lines of one day, product or order."""

    of: Of
    value: str

    @classmethod
    def parsed(cls, text: str) -> "Drill | None":
        """`day:2011-12-05` as a Drill; None for what is none."""
        of, _, value = text.partition(":")
        if of not in list(Of) or not value or not value.isprintable():
            return None
        if of == Of.DAY:
            try:
                date.fromisoformat(value)
            except ValueError:
                return None
        return cls(Of(of), value)

    def __str__(self) -> str:
        return f"{self.of}:{self.value}"


@dataclass(frozen=True)
class Lines:
    """Rows of core.fct_order_lines: at most SHOWN of `count`, which come to `net` in all."""

    answer: Answer
    rows: list[dict[str, Any]]
    count: int
    net: Decimal


def lines(ask: Ask, chosen: Filters, drill: Drill) -> Lines:
    """The lines that a figure is made of: under the filters, but of an order all of them."""
    rows, parameters, amount = _narrowed(chosen, drill)
    (sums,) = ask(
        Statement(f"select count(*) as lines, coalesce(sum({amount}), 0) as net {rows}", parameters)
    ).table.to_pylist()
    answer = ask(
        Statement(
            f"""
select lines.order_line_id, lines.order_id, lines.ordered_at, lines.customer_id, lines.country,
    lines.product_id, lines.description, lines.line_type, lines.quantity, lines.unit_price,
    lines.net_amount, lines.source_file, lines.source_line
{rows}
order by lines.order_line_id
limit {SHOWN}""",
            parameters,
        )
    )
    return Lines(answer, answer.table.to_pylist(), sums["lines"], sums["net"])


def _narrowed(chosen: Filters, drill: Drill) -> tuple[str, dict[str, Value], str]:
    """FROM and WHERE, their parameters, and the amount that the figure sums up."""
    if drill.of is Of.ORDER:
        rows = "from core.fct_order_lines as lines where lines.order_id = $order_id"
        return rows, {"order_id": drill.value}, "lines.net_amount"
    joins, where = "", ["lines.order_date between $first and $last"]
    parameters: dict[str, Value] = {**days(chosen.period), "country": chosen.country}
    if drill.of is Of.DAY:
        day = date.fromisoformat(drill.value)
        parameters |= {"first": day, "last": day}
    else:
        where.append("lines.product_id = $product")
        parameters["product"] = drill.value
    if chosen.country is not None:
        where.append("lines.country = $country")
    if chosen.segment is not None:
        joins += """
left join marketing.dim_customer_segments as segments on segments.customer_id = lines.customer_id"""
        where.append("coalesce(segments.segment, 'none') = $segment")
        parameters["segment"] = groups.SEGMENTS[chosen.segment]
    if chosen.group is not None:
        joins += "\njoin core.dim_products as products on products.product_id = lines.product_id"
        where.append(f"{groups.PRICE_BAND_SQL} = $group")
        parameters["group"] = chosen.group
    of_products = drill.of is Of.PRODUCT or chosen.group is not None
    if of_products:
        where.append("lines.product_kind = 'product'")
        where.append("lines.line_type in ('sale', 'cancellation')")
    rows = f"from core.fct_order_lines as lines{joins}\nwhere {' and '.join(where)}"
    return rows, parameters, "lines.product_amount" if of_products else "lines.net_amount"
