"""The sentence at the top of a page: what happened, and who did it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.bi import wording
from apps.bi.queries.customers import Buyers, Cohort, Segment
from apps.bi.queries.products import Partner, Sold
from apps.bi.queries.sales import Seller, Totals


def compared(now: Totals, before: Totals, sellers: Sequence[Seller]) -> str:
    """One sentence of Markdown: how net revenue changed, and the two that changed it most.

    `sellers` are all countries, or the products that moved most. Named are those whose change
    goes the way of the whole.
    """
    gain = now.net - before.net
    if gain == 0:
        return f"{now.measure} is **unchanged** at {wording.money(now.net)}."
    way = "up" if gain > 0 else "down"
    fraction = wording.change(now.net, before.net)
    by = wording.short_money(abs(gain)) if fraction is None else wording.percent(abs(fraction))
    sentence = f"{now.measure} is **{way} {by}**"
    if fraction is not None:
        sentence += f" ({wording.short_gain(gain)})"
    movers = sorted((s for s in sellers if s.gain * gain > 0), key=lambda s: -abs(s.gain))[:2]
    if movers:
        named = [f"**{_name(s)}** ({wording.short_gain(s.gain)})" for s in movers]
        sentence += f", led by {' and '.join(named)}"
    return f"{sentence}."


def alone(now: Totals, sellers: Sequence[Seller]) -> str:
    """One sentence of Markdown on a period that is compared with none: its rate and its best."""
    days = f"{now.days_with_sales:,} day{'' if now.days_with_sales == 1 else 's'} with sales"
    rate = wording.short_money(now.net / now.days_with_sales)
    sentence = f"{now.measure} is **{rate} a day** over {days}"
    best = max(sellers, key=lambda s: s.net, default=None)
    if best is not None and now.net > 0 and best.net > 0:
        share = wording.percent(best.net / now.net)
        sentence += f"; **{_name(best)}** brought the most, {share} of it"
    return f"{sentence}."


def customers(
    now: Buyers, cohorts: Sequence[Cohort], segments: Sequence[Segment], until: date
) -> str:
    """One sentence of Markdown: how many come back, how soon, and who brings most.

    `until` is the last day of the data: who was new in the month before it still may come back.
    """
    rate = wording.percent(now.repeat_rate or Decimal(0))
    sentence = f"**{rate}** of the {now.customers:,} customers had ordered before or came again"
    first_month = [
        cohort
        for cohort in cohorts
        if len(cohort.active) > 1 and _months_later(cohort.month, 2) <= until + timedelta(1)
    ]
    if first_month:
        size = sum(cohort.size for cohort in first_month)
        back = Decimal(sum(cohort.active[1] for cohort in first_month)) / size
        sentence += f"; **{wording.percent(back)}** of new ones come back the month after"
    amount = sum((each.amount for each in segments), Decimal(0))
    best = max(segments, key=lambda each: each.amount, default=None)
    if best is not None and amount > 0 and best.amount > 0:
        share = wording.percent(best.amount / amount)
        sentence += f", and **{best.name.lower()}** bring {share} of all that is ordered"
    return f"{sentence}."


def products(found: Sequence[Sold], words: str) -> str:
    """One sentence of Markdown: which sells best, and how much the ten best make up."""
    net = sum((each.net for each in found), Decimal(0))
    named = f" with **{wording.plain(words)}** in the name" if words else ""
    first = found[0]
    best = f"**{wording.plain(wording.title(first.name))}** ({wording.short_money(first.net)})"
    if net <= 0 or len(found) <= 10:
        return f"Of {len(found):,} products{named}, {best} brought the most."
    share = wording.percent(sum((each.net for each in found[:10]), Decimal(0)) / net)
    return (
        f"Of {len(found):,} products{named}, {best} brought the most; the ten best make up "
        f"**{share}** of {wording.short_money(net)} product revenue."
    )


def product(
    name: str, days: Sequence[dict[str, Any]], baskets: int, partners: Sequence[Partner]
) -> str:
    """One sentence of Markdown on a product, whose `name` is Markdown: its sum and its partner."""
    if not days:
        return f"**{name}** was neither sold nor given back in these days."
    net = sum((day["net_amount"] for day in days), Decimal(0))
    plural = "" if len(days) == 1 else "s"
    sentence = f"**{name}** brought **{wording.money(net)}** on {len(days):,} day{plural}"
    if partners:
        share = wording.percent(Decimal(partners[0].together) / baskets)
        with_it = wording.plain(wording.title(partners[0].name))
        sentence += f"; {share} of its {baskets:,} orders also have **{with_it}**"
    return f"{sentence}."


def _months_later(month: date, count: int) -> date:
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def _name(seller: Seller) -> str:
    return wording.plain(wording.title(seller.name))
