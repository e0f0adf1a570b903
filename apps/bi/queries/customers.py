"""What the customers page asks. Orders are fct_orders.is_order; amounts are net revenue."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries.narrowing import days
from apps.bi.statement import Answer, Ask, Statement, Value

_SEGMENTED = """
    left join marketing.dim_customer_segments as segments
        on segments.customer_id = {of}.customer_id"""


@dataclass(frozen=True)
class Buyers:
    """Who ordered in some days. `repeat` had ordered before, or did so again in these days.

    `amount` is the net revenue of all their invoices of these days, cancellations taken off.
    """

    customers: int
    new: int
    repeat: int
    orders: int
    amount: Decimal

    @property
    def repeat_rate(self) -> Decimal | None:
        """The share of the customers that came more than once."""
        return Decimal(self.repeat) / self.customers if self.customers else None

    @property
    def amount_each(self) -> Decimal | None:
        """What a customer brought."""
        return self.amount / self.customers if self.customers else None


@dataclass(frozen=True)
class Cohort:
    """The customers of one first month: how many came in each month since, 0 being the first."""

    month: date
    size: int
    active: tuple[int, ...]


@dataclass(frozen=True)
class Segment:
    """A segment of the customers, with the means of what it is made by."""

    name: str
    customers: int
    recency_days: float
    orders: float
    amount: Decimal


def buyers(ask: Ask, chosen: Filters, period: Period) -> tuple[Answer, Buyers]:
    """Who ordered in `period`, under the filters of country and segment."""
    answer = ask(
        Statement(
            f"""
select count(*) as customers,
    count(*) filter (where first_order_date >= $first) as new_customers,
    count(*) filter (where first_order_date < $first or order_count > 1) as repeat_customers,
    coalesce(cast(sum(order_count) as bigint), 0) as orders,
    coalesce(sum(net_amount), 0) as net_amount
from (
    select orders.customer_id, count(*) filter (where orders.is_order) as order_count,
        sum(orders.net_amount) as net_amount, min(customers.first_order_date) as first_order_date
    from core.fct_orders as orders
    join core.dim_customers as customers on customers.customer_id = orders.customer_id
    {_segments(chosen, "orders")}
    where orders.order_date between $first and $last
        {_where(chosen, "orders")}
    group by orders.customer_id
    having count(*) filter (where orders.is_order) > 0
) as buyers""",
            _parameters(chosen, period),
        )
    )
    (row,) = answer.table.to_pylist()
    return answer, Buyers(*row.values())


def cohorts(ask: Ask, chosen: Filters) -> tuple[Answer, list[Cohort]]:
    """Every month's new customers and who of them came back, of all days that count.

    The rule is that of marketing.fct_cohort_retention, narrowed by country and segment.
    """
    answer = ask(
        Statement(
            f"""
with orders as (
    select orders.customer_id, date_trunc('month', orders.order_date) as month
    from core.fct_orders as orders
    {_segments(chosen, "orders")}
    where orders.is_order and orders.customer_id is not null
        and orders.order_date in (
            select date_day from core.dim_dates where is_in_trading_period
        )
        {_where(chosen, "orders")}
),
firsts as (select customer_id, min(month) as cohort from orders group by customer_id)
select cast(firsts.cohort as date) as cohort_month,
    date_diff('month', firsts.cohort, orders.month) as months_since,
    count(distinct orders.customer_id) as active_customers
from orders
join firsts on firsts.customer_id = orders.customer_id
group by firsts.cohort, orders.month
order by firsts.cohort, orders.month""",
            _parameters(chosen, chosen.period),
        )
    )
    found: dict[date, dict[int, int]] = {}
    for month, since, active in zip(
        *(column.to_pylist() for column in answer.table.columns), strict=True
    ):
        found.setdefault(month, {})[since] = active
    last = max((_months(month) + max(came) for month, came in found.items()), default=0)
    return answer, [
        Cohort(
            month,
            came[0],
            tuple(came.get(since, 0) for since in range(last - _months(month) + 1)),
        )
        for month, came in found.items()
    ]


def segments(ask: Ask, chosen: Filters) -> tuple[Answer, list[Segment]]:
    """The segments, best first, of the customers of the chosen country; as of the last day."""
    narrowed = "" if chosen.country is None else "where customers.country = $country"
    answer = ask(
        Statement(
            f"""
select segments.segment, count(*) as customers, avg(segments.recency_days) as mean_recency_days,
    avg(segments.order_count) as mean_orders, sum(segments.demand_amount) as demand_amount
from marketing.dim_customer_segments as segments
join core.dim_customers as customers on customers.customer_id = segments.customer_id
{narrowed}
group by segments.segment""",
            {"country": chosen.country},
        )
    )
    labels = {value: label for label, value in groups.SEGMENTS.items()}
    order = list(labels)
    rows = sorted(answer.table.to_pylist(), key=lambda row: order.index(row["segment"]))
    return answer, [Segment(labels[segment], *rest) for segment, *rest in map(dict.values, rows)]


def best(ask: Ask, chosen: Filters, limit: int) -> tuple[Answer, list[dict[str, Any]]]:
    """The customers who brought most in the period, the biggest first."""
    answer = ask(
        Statement(
            f"""
select orders.customer_id, max(customers.country) as country,
    coalesce(max(segments.segment), 'none') as segment,
    count(*) filter (where orders.is_order) as order_count,
    max(orders.order_date) filter (where orders.is_order) as last_order_date,
    sum(orders.net_amount) as net_amount
from core.fct_orders as orders
join core.dim_customers as customers on customers.customer_id = orders.customer_id
{_SEGMENTED.format(of="orders").strip()}
where orders.order_date between $first and $last
    {_where(chosen, "orders")}
group by orders.customer_id
having count(*) filter (where orders.is_order) > 0
order by net_amount desc, orders.customer_id
limit {limit}""",
            _parameters(chosen, chosen.period),
        )
    )
    return answer, answer.table.to_pylist()


def customer(ask: Ask, customer_id: str) -> tuple[Answer, dict[str, Any] | None]:
    """One customer, over all days; None when nobody has that number."""
    answer = ask(
        Statement(
            f"""
select customers.customer_id, customers.country, customers.first_order_date,
    customers.last_order_date, customers.order_count, customers.cancellation_count,
    customers.net_amount, customers.return_amount, coalesce(segments.segment, 'none') as segment,
    segments.recency_days
from core.dim_customers as customers
{_SEGMENTED.format(of="customers").strip()}
where customers.customer_id = $customer""",
            {"customer": customer_id},
        )
    )
    rows = answer.table.to_pylist()
    return answer, rows[0] if rows else None


def invoices(ask: Ask, customer_id: str) -> tuple[Answer, list[dict[str, Any]]]:
    """Every invoice of a customer, the newest first."""
    answer = ask(
        Statement(
            """
select order_id, ordered_at, country, is_order, is_cancellation, line_count, unit_count, net_amount
from core.fct_orders
where customer_id = $customer
order by ordered_at desc, order_id desc""",
            {"customer": customer_id},
        )
    )
    return answer, answer.table.to_pylist()


def similar_numbers(ask: Ask, customer_id: str, limit: int = 5) -> list[str]:
    """Numbers that begin as `customer_id` does, for who mistyped one."""
    answer = ask(
        Statement(
            f"""
select customer_id from core.dim_customers
where starts_with(customer_id, $start) order by customer_id limit {limit}""",
            {"start": customer_id[:3]},
        )
    )
    found: list[str] = answer.table["customer_id"].to_pylist()
    return found


def _segments(chosen: Filters, of: str) -> str:
    return "" if chosen.segment is None else _SEGMENTED.format(of=of).strip()


def _where(chosen: Filters, of: str) -> str:
    where = "" if chosen.country is None else f"and {of}.country = $country"
    if chosen.segment is not None:
        where += " and coalesce(segments.segment, 'none') = $segment"
    return where


def _parameters(chosen: Filters, period: Period) -> dict[str, Value]:
    segment = groups.SEGMENTS[chosen.segment] if chosen.segment else None
    return {**days(period), "country": chosen.country, "segment": segment}


def _months(month: date) -> int:
    return month.year * 12 + month.month
