"""What the filters mean in SQL: which mart answers, and which of its rows count."""

from dataclasses import dataclass
from enum import Enum

from apps.bi import groups
from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.statement import Value


class By(Enum):
    """What rows can be told apart by: the column of that name in `rows_of`."""

    DAY = "order_date"
    COUNTRY = "country"
    SEGMENT = "segment"
    GROUP = "product_group"
    PRODUCT = "product_id"


@dataclass(frozen=True)
class Narrowed:
    """A FROM clause, the WHERE that goes with it, and the values of their parameters.

    The rows have order_date, country, net_amount, gross_amount, return_amount and unit_count;
    `by_orders` tells that they also have order_count, which products alone can't tell.
    """

    rows: str
    where: str
    parameters: dict[str, Value]
    by_orders: bool


_PRICED = f"""(
    select sold.*, {groups.PRICE_BAND_SQL} as product_group
    from reports.{{report}} as sold
    join core.dim_products as products on products.product_id = sold.product_id
) as sales"""


def narrowed(
    chosen: Filters, by: By = By.DAY, *, ignoring: By | None = None, products: bool = False
) -> Narrowed:
    """The rows that `chosen` leaves, told apart by `by`; the days are not narrowed yet.

    A leaderboard is `ignoring` its own filter, so that the others stay in sight. `products` are
    wanted also where all of them are: then services and write-offs are left out.
    """
    country = None if ignoring is By.COUNTRY else chosen.country
    segment = None if ignoring is By.SEGMENT else chosen.segment
    group = None if ignoring is By.GROUP else chosen.group
    told_by_product = products or group is not None or by in {By.GROUP, By.PRODUCT}
    told_by_segment = segment is not None or by is By.SEGMENT
    where = []
    if country is not None:
        where.append("country = $country")
    if segment is not None:
        where.append("segment = $segment")
    if group is not None:
        where.append("product_group = $group")
    parameters: dict[str, Value] = {
        "country": country,
        "segment": segment and groups.SEGMENTS[segment],
        "group": group,
    }
    rows = _rows(told_by_product=told_by_product, told_by_segment=told_by_segment)
    condition = "".join(f" and {each}" for each in where)
    return Narrowed(rows, condition, parameters, by_orders=not told_by_product)


def _rows(*, told_by_product: bool, told_by_segment: bool) -> str:
    if told_by_product:
        report = "rpt_daily_segment_product_sales" if told_by_segment else "rpt_daily_product_sales"
        return _PRICED.format(report=report)
    return f"reports.rpt_daily_{'segment_' if told_by_segment else ''}sales as sales"


def days(period: Period, before: Period | None = None) -> dict[str, Value]:
    """The parameters $first, $last and, of the period compared with, $start, $until."""
    return {
        "first": period.first,
        "last": period.last,
        "start": before.first if before else None,
        "until": before.last if before else None,
    }
