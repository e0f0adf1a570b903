"""What the products page asks. Amounts are product revenue: sales less what was given back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.queries.narrowing import By, days, narrowed
from apps.bi.statement import Answer, Ask, Statement, Value

_NOW = "order_date between $first and $last"
_THEN = "order_date between $start and $until"


@dataclass(frozen=True)
class Sold:
    """A product's sums in the period, and its net revenue in the one compared with."""

    product_id: str
    name: str
    group: str
    net: Decimal
    before: Decimal
    returns: Decimal
    units: int


@dataclass(frozen=True)
class Price:
    """A list price, and the day from which it held."""

    since: date
    price: Decimal


@dataclass(frozen=True)
class Partner:
    """A product bought in the same orders: in how many of them."""

    product_id: str
    name: str
    together: int


def sold(ask: Ask, chosen: Filters, words: str = "") -> tuple[Answer, list[Sold]]:
    """Every product sold or given back in the period, biggest first.

    With `words`, those whose code or description holds each of them, in any order and case.
    """
    from_ = narrowed(chosen, By.PRODUCT)
    compared = f"({_NOW} or {_THEN})" if chosen.before else _NOW
    before = f"coalesce(sum(net_amount) filter (where {_THEN}), 0)" if chosen.before else "0"
    parameters: dict[str, Value] = {**from_.parameters, **days(chosen.period, chosen.before)}
    wanted = ""
    for place, word in enumerate(words.upper().split()[:8]):
        name = f"word_{'abcdefgh'[place]}"
        parameters[name] = word
        wanted += (
            f"\n    and strpos(upper(concat(sales.product_id, ' ', "
            f"coalesce(named.description, ''))), ${name}) > 0"
        )
    answer = ask(
        Statement(
            f"""
select sales.product_id, coalesce(max(named.description), sales.product_id) as description,
    max(sales.product_group) as product_group,
    sum(net_amount) filter (where {_NOW}) as net_amount,
    cast({before} as decimal(18, 4)) as net_amount_before,
    sum(return_amount) filter (where {_NOW}) as return_amount,
    cast(sum(unit_count) filter (where {_NOW}) as bigint) as unit_count
from {from_.rows}
join (select product_id, description from core.dim_products) as named
    on named.product_id = sales.product_id
where {compared}{from_.where}{wanted}
group by sales.product_id
having sum(net_amount) filter (where {_NOW}) is not null
order by 4 desc, sales.product_id""",
            parameters,
        )
    )
    rows = zip(*(column.to_pylist() for column in answer.table.columns), strict=True)
    return answer, [Sold(*row) for row in rows]


def product(ask: Ask, product_id: str) -> tuple[Answer, dict[str, Any] | None]:
    """One product, over all days; None when nothing has that code."""
    answer = ask(
        Statement(
            f"""
select product_id, coalesce(description, product_id) as description, product_kind,
    first_sold_date, last_sold_date, list_price, list_price_since,
    {groups.PRICE_BAND_SQL} as product_group
from core.dim_products as products
where product_id = $product""",
            {"product": product_id},
        )
    )
    rows = answer.table.to_pylist()
    return answer, rows[0] if rows else None


def history(ask: Ask, chosen: Filters, product_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """A product's days in the period: order_date, net_amount, return_amount, unit_count."""
    from_ = narrowed(chosen, By.PRODUCT)
    answer = ask(
        Statement(
            f"""
select order_date, sum(net_amount) as net_amount, sum(return_amount) as return_amount,
    cast(sum(unit_count) as bigint) as unit_count
from {from_.rows}
where {_NOW} and product_id = $product{from_.where}
group by order_date
order by order_date""",
            {**from_.parameters, **days(chosen.period), "product": product_id},
        )
    )
    return answer, answer.table.to_pylist()


def prices(ask: Ask, product_id: str) -> tuple[Answer, list[Price]]:
    """The list prices a product ever had, one after the other."""
    answer = ask(
        Statement(
            """
select cast(priced_at as date) as since, list_price
from history.product_prices
where product_id = $product
order by priced_at""",
            {"product": product_id},
        )
    )
    columns = (column.to_pylist() for column in answer.table.columns)
    return answer, [Price(since, price) for since, price in zip(*columns, strict=True)]


def partners(
    ask: Ask, chosen: Filters, product_id: str, limit: int
) -> tuple[Answer, int, list[Partner]]:
    """What is bought in the same orders most often, and how many orders have the product at all.

    Orders of the period and the chosen country; of all segments and product groups.
    """
    sold = f"line_type = 'sale' and {_NOW}"
    if chosen.country is not None:
        sold += " and country = $country"
    answer = ask(
        Statement(
            f"""
with baskets as (
    select distinct order_id
    from core.fct_order_lines
    where product_id = $product and {sold}
)
select lines.product_id, coalesce(max(products.description), lines.product_id) as description,
    count(distinct lines.order_id) as orders_together
from core.fct_order_lines as lines
join baskets on baskets.order_id = lines.order_id
join core.dim_products as products on products.product_id = lines.product_id
where {sold}
group by lines.product_id
order by case when lines.product_id = $product then 0 else 1 end, 3 desc, lines.product_id
limit {limit + 1}""",
            {**days(chosen.period), "country": chosen.country, "product": product_id},
        )
    )
    rows = [Partner(*row.values()) for row in answer.table.to_pylist()]
    baskets = next((row.together for row in rows if row.product_id == product_id), 0)
    return answer, baskets, [row for row in rows if row.product_id != product_id]


def similar(ask: Ask, product_id: str, limit: int = 5) -> list[str]:
    """Codes that begin as `product_id` does, for who mistyped one."""
    answer = ask(
        Statement(
            f"""
select product_id from core.dim_products
where starts_with(product_id, $start) order by product_id limit {limit}""",
            {"start": product_id[:3]},
        )
    )
    found: list[str] = answer.table["product_id"].to_pylist()
    return found
