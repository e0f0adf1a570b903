"""What the sales overview asks. Amounts are exact decimals.

Where a product group is chosen, amounts are product revenue: postage, fees and write-offs belong
to no group, and an order to many.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries.narrowing import By, Narrowed, days, narrowed
from apps.bi.statement import Answer, Ask, Statement

_NOTHING = Decimal(0)
# Every day is averaged with the six before it.
_WEEK = timedelta(6)


@dataclass(frozen=True)
class Totals:
    """The sums of some days. `orders` are invoices with a sale line; None: not told apart."""

    net: Decimal
    gross: Decimal
    returns: Decimal
    orders: int | None
    units: int
    days_with_sales: int

    @property
    def measure(self) -> str:
        """What the amounts are."""
        return "Product revenue" if self.orders is None else "Net revenue"


@dataclass(frozen=True)
class Day(Totals):
    """The sums of one day."""

    day: date


@dataclass(frozen=True)
class Step(Totals):
    """The sums of a day or a week on the way through a period."""

    days: Period


@dataclass(frozen=True)
class Seller:
    """A country, a group or a product: its net revenue in a period and in the one compared with."""

    name: str
    net: Decimal
    before: Decimal

    @property
    def gain(self) -> Decimal:
        """By how much its net revenue grew."""
        return self.net - self.before


@dataclass(frozen=True)
class Product(Seller):
    """A product, with the units sold and its net revenue step by step through the period."""

    product_id: str
    units: int
    trend: tuple[Decimal, ...]


def daily(ask: Ask, chosen: Filters, period: Period) -> tuple[Answer, list[Day]]:
    """The days of `period` and of the week before it with a sale or a return, in order."""
    from_ = narrowed(chosen)
    answer = ask(
        Statement(
            f"""
select order_date, sum(net_amount) as net_amount, sum(gross_amount) as gross_amount,
    sum(return_amount) as return_amount, {_orders(from_)} as order_count,
    cast(sum(unit_count) as bigint) as unit_count
from {from_.rows}
where order_date between $first and $last{from_.where}
group by order_date
order by order_date""",
            {**from_.parameters, **days(Period(period.first - _WEEK, period.last))},
        )
    )
    rows = zip(*(column.to_pylist() for column in answer.table.columns), strict=True)
    return answer, [
        Day(net, gross, returns, orders, units, 1, day)
        for day, net, gross, returns, orders, units in rows
    ]


def every_day(
    period: Period, sold: Sequence[Day], trading: Collection[date], since: date
) -> pa.Table:
    """Every day of `period`, sales or not: day, net, average, open.

    `net` is 0 on a day without sales, `average` the mean of the seven days that end with it (null
    until there are seven after `since`), `open` whether it is one of the `trading` days.
    """
    nets = {each.day: each.net for each in sold}
    listed = [period.first + timedelta(n) for n in range(period.days)]
    weeks = [[nets.get(day - timedelta(back), _NOTHING) for back in range(7)] for day in listed]
    averages = [
        sum(week, _NOTHING) / 7 if day - _WEEK >= since else None
        for day, week in zip(listed, weeks, strict=True)
    ]
    return pa.table(
        {
            "day": listed,
            "net": pa.array([week[0] for week in weeks], pa.decimal128(38, 4)),
            "average": [None if each is None else float(each) for each in averages],
            "open": [day in trading for day in listed],
        }
    )


def within(period: Period, sold: Sequence[Day]) -> list[Day]:
    """Those days that are of `period`."""
    return [each for each in sold if period.first <= each.day <= period.last]


def total(of: Sequence[Totals]) -> Totals:
    """What they come to together."""
    orders = [each.orders for each in of if each.orders is not None]
    return Totals(
        sum((each.net for each in of), _NOTHING),
        sum((each.gross for each in of), _NOTHING),
        sum((each.returns for each in of), _NOTHING),
        sum(orders) if len(orders) == len(of) else None,
        sum(each.units for each in of),
        sum(each.days_with_sales for each in of),
    )


def steps(period: Period, sold: Sequence[Day]) -> list[Step]:
    """The sums of `period` step by step: days, or in more than a month the weeks to its end.

    Days before the first whole week are left out: a week of fewer days would look like a fall.
    """
    length = _step_days(period)
    newest = Period(period.last - timedelta(length - 1), period.last)
    spans = [newest.shifted(-length * back) for back in reversed(range(period.days // length))]
    sums = [total(within(span, sold)) for span in spans]
    return [Step(**vars(each), days=span) for each, span in zip(sums, spans, strict=True)]


def open_days(ask: Ask, period: Period) -> set[date]:
    """The days on which anybody anywhere bought or gave back something."""
    answer = ask(
        Statement(
            """
select distinct order_date from reports.rpt_daily_sales
where order_date between $first and $last""",
            days(period),
        )
    )
    return set(answer.table["order_date"].to_pylist())


def sellers(ask: Ask, chosen: Filters, by: By) -> tuple[Answer, list[Seller]]:
    """Everything of one kind that sold in the period or the one compared with, biggest first.

    Its own filter is ignored.
    """
    from_ = narrowed(chosen, by, ignoring=by)
    answer = ask(
        Statement(
            f"""
select {by.value},
    coalesce(sum(net_amount) filter (where {_NOW}), 0) as net_amount,
    {_before(chosen)} as net_amount_before
from {from_.rows}
where {_either(chosen)}{from_.where}
group by {by.value}
order by net_amount desc, {by.value}""",
            {**from_.parameters, **days(chosen.period, chosen.before)},
        )
    )
    names = {value: label for label, value in groups.SEGMENTS.items()} if by is By.SEGMENT else {}
    columns = (answer.table[i].to_pylist() for i in range(3))
    return answer, [
        Seller(names.get(name, name), *sums) for name, *sums in zip(*columns, strict=True)
    ]


def shortened(of: Sequence[Seller], limit: int, always: str | None) -> list[Seller]:
    """The first `limit` countries, `always` among them, then one row for all the others.

    A single country left over is shown itself.
    """
    kept = [s for s in of[:limit] if s.name != always][: limit - (always is not None)]
    kept += [s for s in of if s.name == always]
    others = [s for s in of if s not in kept]
    kept.sort(key=of.index)
    if len(others) < 2:
        return [*kept, *others]
    net = sum((s.net for s in others), _NOTHING)
    before = sum((s.before for s in others), _NOTHING)
    return [*kept, Seller(f"{len(others)} others", net, before)]


def products(ask: Ask, chosen: Filters, limit: int) -> tuple[Answer, list[Product]]:
    """The `limit` products of the highest net revenue in the period, the biggest first."""
    from_ = narrowed(chosen, By.PRODUCT)
    parameters = {**from_.parameters, **days(chosen.period, chosen.before)}
    answer = ask(
        Statement(
            f"""
select sales.product_id, coalesce(max(named.description), sales.product_id) as description,
    sum(net_amount) filter (where {_NOW}) as net_amount,
    {_before(chosen)} as net_amount_before,
    cast(sum(unit_count) filter (where {_NOW}) as bigint) as unit_count
from {from_.rows}
join (select product_id, description from core.dim_products) as named
    on named.product_id = sales.product_id
where ({_either(chosen)}){from_.where}
group by sales.product_id
having sum(net_amount) filter (where {_NOW}) is not null
order by 3 desc, sales.product_id
limit {limit}""",
            parameters,
        )
    )
    rows = answer.table.to_pylist()
    trends = _trends(ask, chosen.period, from_, [row["product_id"] for row in rows])
    return answer, [
        Product(
            row["description"],
            row["net_amount"],
            row["net_amount_before"],
            row["product_id"],
            row["unit_count"],
            trends[row["product_id"]],
        )
        for row in rows
    ]


def movers(ask: Ask, chosen: Filters, limit: int = 2) -> list[Seller]:
    """The `limit` products whose net revenue rose most, then the `limit` that fell most."""
    from_ = narrowed(chosen, By.PRODUCT)
    answer = ask(
        Statement(
            f"""
select coalesce(max(named.description), sales.product_id) as name,
    coalesce(sum(net_amount) filter (where {_NOW}), 0) as net, {_before(chosen)} as before
from {from_.rows}
join (select product_id, description from core.dim_products) as named
    on named.product_id = sales.product_id
where ({_either(chosen)}){from_.where}
group by sales.product_id""",
            {**from_.parameters, **days(chosen.period, chosen.before)},
        )
    )
    moved = [Seller(**row) for row in answer.table.to_pylist()]
    moved.sort(key=lambda seller: (-seller.gain, seller.name))
    rose = [seller for seller in moved[:limit] if seller.gain > 0]
    fell = [seller for seller in reversed(moved[-limit:]) if seller.gain < 0]
    return rose + fell


def _trends(
    ask: Ask, period: Period, from_: Narrowed, product_ids: Sequence[str]
) -> dict[str, tuple[Decimal, ...]]:
    """Net revenue of some products, step by step through the period."""
    length, count = _step_days(period), period.days // _step_days(period)
    # Stock codes are text of the logs: they go in as parameters, whatever they hold.
    names = {f"product_{chr(97 + i)}": each for i, each in enumerate(product_ids)}
    listed = ", ".join(f"${name}" for name in names) or "null"
    answer = ask(
        Statement(
            f"""
select product_id, order_date, sum(net_amount) as net_amount
from {from_.rows}
where order_date between $first and $last and product_id in ({listed}){from_.where}
group by product_id, order_date""",
            {**from_.parameters, **days(period), **names},
        )
    )
    trends = {product: [_NOTHING] * count for product in product_ids}
    for product, day, net in zip(
        *(column.to_pylist() for column in answer.table.columns), strict=True
    ):
        back = (period.last - day).days // length
        if back < count:
            trends[product][count - 1 - back] += net
    return {product: tuple(trend) for product, trend in trends.items()}


_NOW = "order_date between $first and $last"
_THEN = "order_date between $start and $until"


def _either(chosen: Filters) -> str:
    return f"({_NOW} or {_THEN})" if chosen.before else _NOW


def _before(chosen: Filters) -> str:
    if chosen.before is None:
        return "cast(0 as decimal(18, 4))"
    return f"coalesce(sum(net_amount) filter (where {_THEN}), 0)"


def _orders(from_: Narrowed) -> str:
    return "cast(sum(order_count) as bigint)" if from_.by_orders else "cast(null as bigint)"


def _step_days(period: Period) -> int:
    return 1 if period.days <= 31 else 7
