"""What the recommendations page asks: lists, what goes with a product, and how good they are."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.bi.statement import Answer, Ask, Statement


@dataclass(frozen=True)
class Pick:
    """A product on a list. `because` is a purchase that spoke for it, `orders` how often it was
    bought by this customer before, last on `last`."""

    kind: str
    rank: int
    product_id: str
    name: str
    because: str | None
    orders: int
    last: date | None


@dataclass(frozen=True)
class Score:
    """A metric of a model with its 95 % interval, and the baseline's; `scope` is all or new.

    `window` is what it was judged on: 2011-11-12..2011-12-09.
    """

    model: str
    scope: str
    window: str
    name: str
    value: float
    low: float
    high: float
    baseline: str
    baseline_value: float


def lists(ask: Ask, customer_id: str) -> tuple[Answer, list[Pick]]:
    """The lists of a customer, by kind and rank; none when the models don't know the number."""
    answer = ask(
        Statement(
            """
select lists.kind, lists.rank, lists.product_id,
    coalesce(products.description, lists.product_id) as description,
    coalesce(because.description, lists.because_product_id) as because,
    coalesce(bought.order_count, 0) as order_count, bought.last_bought
from ml.recommendations as lists
left join core.dim_products as products on products.product_id = lists.product_id
left join core.dim_products as because on because.product_id = lists.because_product_id
left join (
    select product_id, count(distinct order_id) as order_count,
        cast(max(interacted_at) as date) as last_bought
    from ml.fct_interactions
    where customer_id = $customer
    group by product_id
) as bought on bought.product_id = lists.product_id
where lists.customer_id = $customer
order by lists.kind, lists.rank""",
            {"customer": customer_id},
        )
    )
    return answer, [Pick(*row.values()) for row in answer.table.to_pylist()]


def popular(ask: Ask) -> tuple[Answer, list[Pick]]:
    """The list for whoever is not known."""
    answer = ask(
        Statement(
            """
select lists.kind, lists.rank, lists.product_id,
    coalesce(products.description, lists.product_id) as name
from ml.recommendations as lists
left join core.dim_products as products on products.product_id = lists.product_id
where lists.customer_id is null
order by lists.rank"""
        )
    )
    return answer, [
        Pick(**row, because=None, orders=0, last=None) for row in answer.table.to_pylist()
    ]


def scores(ask: Ask) -> tuple[Answer, list[Score]]:
    """What the models behind the lists are worth, on the weeks that were kept from them."""
    answer = ask(
        Statement(
            """
select model, slice, name, value, low, high, baseline, baseline_value
from ml.metrics
where task = 'recommend' and slice like 'test %'
    and run_id in (select run_id from ml.recommendations where customer_id is null)
    and (model = baseline or model in (select model from ml.recommendations))
order by slice, name, value desc"""
        )
    )
    found = []
    for model, told, *rest in (tuple(row.values()) for row in answer.table.to_pylist()):
        _, scope, window = told.split(" ", maxsplit=2)
        found.append(Score(model, scope, window, *rest))
    return answer, found


def shipped(ask: Ask) -> dict[str, str]:
    """Which model made each kind of list."""
    rows = ask(
        Statement("select kind, max(model) as model from ml.recommendations group by kind")
    ).table.to_pylist()
    return {row["kind"]: row["model"] for row in rows}


def partners(ask: Ask, product_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """What is bought in the same orders: product_id, description, orders_together, share, lift."""
    return _beside(
        ask,
        """
select found.partner_product_id as product_id,
    coalesce(products.description, found.partner_product_id) as description,
    found.orders_together, found.confidence, found.lift
from ml.item_partners as found
left join core.dim_products as products on products.product_id = found.partner_product_id
where found.product_id = $product
order by found.rank""",
        product_id,
    )


def neighbours(ask: Ask, product_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """What the same customers buy: product_id, description, customers_in_common, similarity."""
    return _beside(
        ask,
        """
select found.neighbour_product_id as product_id,
    coalesce(products.description, found.neighbour_product_id) as description,
    found.customers_in_common, found.similarity
from ml.item_neighbours as found
left join core.dim_products as products on products.product_id = found.neighbour_product_id
where found.product_id = $product
order by found.rank""",
        product_id,
    )


def audience(ask: Ask, product_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """Who is likeliest to be won for it: customer_id, country, order_count, score."""
    return _beside(
        ask,
        """
select found.customer_id, customers.country, customers.order_count, found.score
from ml.item_audiences as found
left join core.dim_customers as customers on customers.customer_id = found.customer_id
where found.product_id = $product
order by found.rank""",
        product_id,
    )


def _beside(ask: Ask, sql: str, product_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    answer = ask(Statement(sql, {"product": product_id}))
    return answer, answer.table.to_pylist()
