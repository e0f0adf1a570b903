"""The sentence at the top of a page: what happened, and who did it."""

from collections.abc import Sequence

from apps.bi import wording
from apps.bi.queries.sales import Seller, Totals


def compared(now: Totals, before: Totals, sellers: Sequence[Seller]) -> str:
    """One sentence of Markdown: how net revenue changed, and the two that changed it most.

    `sellers` are all countries, or the products that moved most. Named are those whose change
    goes the way of the whole.
    """
    gain = now.net - before.net
    if gain == 0:
        return f"{_measure(now)} is **unchanged** at {wording.money(now.net)}."
    way = "up" if gain > 0 else "down"
    fraction = wording.change(now.net, before.net)
    by = wording.short_money(abs(gain)) if fraction is None else wording.percent(abs(fraction))
    sentence = f"{_measure(now)} is **{way} {by}**"
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
    sentence = f"{_measure(now)} is **{rate} a day** over {days}"
    best = max(sellers, key=lambda s: s.net, default=None)
    if best is not None and now.net > 0 and best.net > 0:
        share = wording.percent(best.net / now.net)
        sentence += f"; **{_name(best)}** brought the most, {share} of it"
    return f"{sentence}."


def _measure(sums: Totals) -> str:
    return "Product revenue" if sums.orders is None else "Net revenue"


def _name(seller: Seller) -> str:
    return wording.plain(wording.title(seller.name))
