"""What the forecast page is about: what can be chosen, and what is foretold of the choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.bi import wording
from apps.bi.forecast_wording import Outlook
from apps.bi.periods import Period
from apps.bi.queries import forecasts
from apps.bi.queries.forecasts import Level
from apps.bi.statement import Answer, Ask

MEASURES: Mapping[str, str] = {"revenue": "Revenue", "units": "Units"}
LEVELS: Mapping[str, str] = {
    "total_daily": "The shop, by day",
    "total_weekly": "The shop, by week",
    "country_daily": "A country",
    "product_weekly": "A product",
}
# The levels that have several series.
OF: Mapping[str, str] = {"country_daily": "Demand from", "product_weekly": "Demand for"}
WEEKS: Mapping[str, str] = {str(n): f"{n} week{'s' if n > 1 else ''}" for n in (4, 3, 2, 1)}


@dataclass(frozen=True)
class Looked:
    """A series ahead and past, with the answers that it was made of."""

    outlook: Outlook
    ahead: Answer
    past: Answer
    history: Sequence[Mapping[str, Any]]
    backtests: Answer


def look(ask: Ask, of: Level, series_id: str, called: str, weeks: int) -> Looked:
    """What is foretold of a series of a level; `called` is its name in capitals."""
    name = f"{OF[of.name]} {wording.title(called)}" if of.name in OF else "Demand"
    until = of.days.first + timedelta(7 * weeks - 1)
    asked_ahead, ahead = forecasts.ahead(ask, of, series_id, until)
    asked_past, history = forecasts.past(ask, of, series_id)
    asked_tests, tests = forecasts.backtests(ask, of)
    before = Period(
        of.days.first - (until + timedelta(1) - of.days.first), of.days.first - timedelta(1)
    )
    inside = [row["value"] for row in history if before.first <= row["period_start"] <= before.last]
    outlook = Outlook(
        of,
        name,
        ahead,
        sum(map(Decimal, inside), Decimal(0)),
        bool(history) and history[0]["period_start"] <= before.first,
        tests,
        forecasts.whole(ask, of, series_id) if weeks == len(WEEKS) else None,
    )
    return Looked(outlook, asked_ahead, asked_past, history, asked_tests)
