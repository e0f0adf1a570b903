"""Every question the pages ask of a published state. Amounts are exact decimals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from apps.bi.periods import Period
from lakehouse.query.published import Marts

# The rows of a period, of one country or (null) of all.
_CHOSEN = """order_date between $first and $last
             and ($country::varchar is null or country = $country)"""


@dataclass(frozen=True)
class Coverage:
    """What the data covers: from the first to the last day of the trading period with sales.

    `last_order_at` is the last order of the last day. What a clock that was wrong dated otherwise
    is in no period, unless somebody picks its days.
    """

    days: Period
    last_order_at: datetime
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Totals:
    """The sums of a period. `orders` are invoices with a sale line."""

    net: Decimal
    gross: Decimal
    returns: Decimal
    orders: int
    lines: int
    days_with_sales: int


@dataclass(frozen=True)
class Step:
    """The sums of a day or a week on the way through a period."""

    days: Period
    net: Decimal
    orders: int
    returns: Decimal


@dataclass(frozen=True)
class Seller:
    """A country or a product: its net revenue in a period and in the one compared with."""

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


def coverage(marts: Marts) -> Coverage | None:
    """What the data covers, or None while the marts are empty."""
    (row,) = marts.query(
        """select min(order_date) as first, max(order_date) as last,
                  list(distinct country order by country) as countries,
                  (select ordered_at from last_order) as last_order_at
           from daily_sales where order_date in (from trading_days)"""
    ).to_pylist()
    if row["first"] is None:
        return None
    days = Period(row["first"], row["last"])
    return Coverage(days, row["last_order_at"], tuple(row["countries"]))


def totals(marts: Marts, period: Period, country: str | None) -> Totals:
    """The sums of `period`, in `country` or (None) everywhere."""
    (row,) = marts.query(
        f"""select coalesce(sum(net_amount), 0) as net,
                   coalesce(sum(gross_amount), 0) as gross,
                   coalesce(sum(return_amount), 0) as returns,
                   coalesce(sum(order_count), 0)::bigint as orders,
                   coalesce(sum(line_count), 0)::bigint as lines,
                   count(distinct order_date) as days_with_sales
            from daily_sales where {_CHOSEN}""",
        _chosen(period, country),
    ).to_pylist()
    return Totals(**row)


def daily(marts: Marts, period: Period, country: str | None) -> pa.Table:
    """Every day of `period`, sales or not: day, net, average, open.

    `net` is 0 on a day without sales, `average` the mean of the seven days that end with it
    (null until there are seven), `open` whether anybody anywhere bought something that day.
    """
    return marts.query(
        """with sales as (
                select order_date as day, sum(net_amount) as net
                from daily_sales
                where order_date between $first::date - 6 and $last
                  and ($country::varchar is null or country = $country)
                group by order_date
            ), spine as (
                select unnest(generate_series($first::date - 6, $last::date, interval 1 day))::date
                    as day
            ), averaged as (
                select day, coalesce(net, 0) as net,
                       avg(coalesce(net, 0)) over (order by day rows 6 preceding) as average
                from spine left join sales using (day)
            )
            select day, net,
                   case when day - 6 >= (select min(order_date) from daily_sales) then average end
                       as average,
                   day in (select order_date from daily_sales) as open
            from averaged where day >= $first order by day""",
        _chosen(period, country),
    )


def steps(marts: Marts, period: Period, country: str | None) -> list[Step]:
    """The sums of `period` step by step: days, or in more than a month the weeks to its end.

    Days before the first whole week are left out: a week of fewer days would look like a fall.
    """
    length = _step_days(period)
    rows = marts.query(
        f"""with sales as (
                select ($last::date - order_date) // $step as back, sum(net_amount) as net,
                       sum(order_count) as orders, sum(return_amount) as returns
                from daily_sales where {_CHOSEN} group by 1
            )
            select back, coalesce(net, 0) as net, coalesce(orders, 0)::bigint as orders,
                   coalesce(returns, 0) as returns
            from (select unnest(range($count)) as back) left join sales using (back)
            order by back desc""",
        _stepped(period, country),
    ).to_pylist()
    newest = Period(period.last - timedelta(length - 1), period.last)
    return [Step(newest.shifted(-length * row.pop("back")), **row) for row in rows]


def countries(marts: Marts, period: Period, before: Period | None) -> list[Seller]:
    """Every country that bought something in `period` or in `before`, the biggest first."""
    rows = marts.query(
        """select country as name,
                  coalesce(sum(net_amount) filter (order_date between $first and $last), 0) as net,
                  coalesce(sum(net_amount) filter (order_date between $from and $until), 0)
                      as before
           from daily_sales
           where order_date between $first and $last or order_date between $from and $until
           group by country order by net desc, name""",
        _compared(period, before),
    ).to_pylist()
    return [Seller(**row) for row in rows]


def shortened(sellers: Sequence[Seller], limit: int, always: str | None) -> list[Seller]:
    """The first `limit` countries, `always` among them, then one row for all the others.

    A single country left over is shown itself.
    """
    kept = [s for s in sellers[:limit] if s.name != always][: limit - (always is not None)]
    kept += [s for s in sellers if s.name == always]
    others = [s for s in sellers if s not in kept]
    kept.sort(key=sellers.index)
    if len(others) < 2:
        return [*kept, *others]
    net = sum((s.net for s in others), Decimal(0))
    before = sum((s.before for s in others), Decimal(0))
    return [*kept, Seller(f"{len(others)} others", net, before)]


def products(
    marts: Marts, period: Period, before: Period | None, country: str | None, limit: int
) -> list[Product]:
    """The `limit` products of the highest net revenue in `period`, the biggest first."""
    rows = marts.query(
        f"""with best as (
                select product_id, sum(net_amount) as net, sum(unit_count)::bigint as units,
                       arg_max(description, order_date) as name
                from daily_product_sales where {_CHOSEN}
                group by product_id order by net desc, product_id limit $limit
            ), step as (
                select product_id, ($last::date - order_date) // $step as back,
                       sum(net_amount) as net
                from daily_product_sales semi join best using (product_id)
                where {_CHOSEN} group by all
            ), trend as (
                select product_id, list(coalesce(step.net, 0) order by back desc) as trend
                from best cross join (select unnest(range($count)) as back)
                left join step using (product_id, back)
                group by product_id
            ), earlier as (
                select product_id, sum(net_amount) as before
                from daily_product_sales
                where order_date between $from and $until
                  and ($country::varchar is null or country = $country)
                group by product_id
            )
            select product_id, name, net, coalesce(before, 0) as before, units, trend
            from best join trend using (product_id) left join earlier using (product_id)
            order by net desc, product_id""",
        {**_stepped(period, country), **_compared(period, before), "limit": limit},
    ).to_pylist()
    return [Product(**{**row, "trend": tuple(row["trend"])}) for row in rows]


def movers(
    marts: Marts, period: Period, before: Period, country: str | None, limit: int = 2
) -> list[Seller]:
    """The `limit` products whose net revenue rose most, then the `limit` that fell most."""
    rows = marts.query(
        """with sold as (
               select arg_max(description, order_date) as name,
                      coalesce(sum(net_amount) filter (order_date between $first and $last), 0)
                          as net,
                      coalesce(sum(net_amount) filter (order_date between $from and $until), 0)
                          as before
               from daily_product_sales
               where (order_date between $first and $last or order_date between $from and $until)
                 and ($country::varchar is null or country = $country)
               group by product_id
           )
           (select * from sold where net > before order by net - before desc, name limit $limit)
           union all
           (select * from sold where net < before order by net - before, name limit $limit)""",
        {**_compared(period, before), "country": country, "limit": limit},
    ).to_pylist()
    return [Seller(**row) for row in rows]


def _chosen(period: Period, country: str | None) -> dict[str, Any]:
    return {"first": period.first, "last": period.last, "country": country}


def _compared(period: Period, before: Period | None) -> dict[str, Any]:
    return {
        "first": period.first,
        "last": period.last,
        "from": before and before.first,
        "until": before and before.last,
    }


def _step_days(period: Period) -> int:
    return 1 if period.days <= 31 else 7


def _stepped(period: Period, country: str | None) -> dict[str, Any]:
    step = _step_days(period)
    return {**_chosen(period, country), "step": step, "count": period.days // step}
