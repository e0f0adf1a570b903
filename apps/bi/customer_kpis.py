"""The four figures at the top of the customers page."""

from decimal import Decimal

from apps.bi import wording
from apps.bi.kpis import Kpi, delta
from apps.bi.queries.customers import Buyers


def buyer_kpis(now: Buyers, before: Buyers | None) -> list[Kpi]:
    """Customers, new ones, the repeat rate, and what a customer brought."""
    rate, each = now.repeat_rate, now.amount_each
    rate_before = before.repeat_rate if before else None
    each_before = before.amount_each if before else None
    return [
        _count("Customers", now.customers, before.customers if before else None, "Who ordered."),
        _count(
            "New customers",
            now.new,
            before.new if before else None,
            "Whose first order ever was in these days.",
        ),
        Kpi(
            "Repeat rate",
            wording.DASH if rate is None else wording.percent(rate),
            delta(rate, rate_before),
            None if rate_before is None else f"vs {wording.percent(rate_before)}",
            [],
            f"**{now.repeat:,} of {now.customers:,}** had ordered before, or ordered again in "
            "these days.",
            figure=_in_percent(rate),
            before=_in_percent(rate_before),
        ),
        Kpi(
            "Revenue per customer",
            wording.DASH if each is None else wording.short_money(each),
            delta(each, each_before),
            None if each_before is None else f"vs {wording.short_money(each_before)}",
            [],
            f"Their net revenue, **{wording.money(now.amount)}**, divided by customers; what they "
            "cancelled is taken off.",
            figure=each,
            before=each_before,
        ),
    ]


def _count(label: str, now: int, before: int | None, meaning: str) -> Kpi:
    change = None if before is None else delta(Decimal(now), Decimal(before))
    against = None if before is None else f"vs {before:,}"
    past = None if before is None else Decimal(before)
    return Kpi(label, f"{now:,}", change, against, [], meaning, figure=Decimal(now), before=past)


def _in_percent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate * 100
