"""What a published state covers."""

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from apps.bi.periods import Period
from lakehouse.query.published import Marts
from lakehouse.query.published_seen import SeenMarts


@dataclass(frozen=True)
class Coverage:
    """What the data covers: from the first to the last day of the trading period with sales.

    `last_order_at` is the last order of the last day. What a clock that was wrong dated otherwise
    is in no period, unless somebody picks its days.
    """

    days: Period
    last_order_at: datetime
    countries: tuple[str, ...]


def coverage(marts: Marts | SeenMarts) -> Coverage | None:
    """What the data covers, or None while the marts are empty."""
    rows = marts.query(
        """select country, min(order_date) as first, max(order_date) as last
           from reports.rpt_daily_sales
           where order_date in (select date_day from core.dim_dates where is_in_trading_period)
           group by country order by country"""
    ).to_pylist()
    if not rows:
        return None
    days = Period(min(row["first"] for row in rows), max(row["last"] for row in rows))
    latest = marts.last_order_on(days.last)
    if latest is None:
        return None
    return Coverage(days, latest, tuple(row["country"] for row in rows))


_KNOWN: WeakKeyDictionary[object, Coverage | None] = WeakKeyDictionary()


def covered_by(marts: Marts | SeenMarts) -> Coverage | None:
    """The same, asked once of a state."""
    if marts.key not in _KNOWN:
        _KNOWN[marts.key] = coverage(marts)
    return _KNOWN[marts.key]
