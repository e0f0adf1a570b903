"""The figures of the pages by name: `overview.net_revenue`, `customers.repeat_rate`."""

import re
from collections.abc import Sequence

from apps.bi import wording
from apps.bi.bulletins.asked_state import State
from apps.bi.bulletins.choosing import one_of
from apps.bi.bulletins.sent_forecast import forecast_kpis, outlook_of
from apps.bi.customer_kpis import buyer_kpis
from apps.bi.kpis import Kpi, kpis
from apps.bi.pages import PageSpec
from apps.bi.periods import Period
from apps.bi.product_kpis import product_kpis
from apps.bi.queries import customers, products, sales
from lakehouse.errors import ConfigError
from lakehouse.notices.content import Figure, Measured, Moment
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.published import Marts


def measured(marts: Marts, page: PageSpec, name: str, wanted: PageFilters) -> Measured:
    """The figure of that name. Raises ConfigError when there is none, CatalogError."""
    state = State.of(page, marts, wanted)
    found = {figure.name: figure for figure in map(figure_of, kpis_of(state))}
    if not found:
        raise ConfigError(f"the page {page.path} has no figures", hint="it can be sent as a report")
    figure = found[one_of(name, found, "figure")]
    return Measured(figure=figure, moment=moment_of(state))


def moment_of(state: State) -> Moment:
    """Which state it is, and what is shown of it; of a forecast the days ahead."""
    if state.page.path != "forecast":
        return state.moment()
    ahead = wording.span(outlook_of(state).outlook.days)
    return state.moment().model_copy(update={"days": ahead})


def kpis_of(state: State) -> list[Kpi]:
    """The figures at the top of the page, as the page has them."""
    match state.page.path:
        case "overview":
            return _of_sales(state)
        case "customers":
            return _of_customers(state)
        case "forecast":
            return forecast_kpis(state)
        case "recommendations":
            return []
    return _of_product(state)


def figure_of(kpi: Kpi) -> Figure:
    """A figure of a page as it is told."""
    change = None
    if kpi.figure is not None and kpi.before is not None:
        fraction = wording.change(kpi.figure, kpi.before)
        change = None if fraction is None else fraction * 100
    return Figure(
        name=name_of(kpi.label),
        label=kpi.label,
        value=kpi.figure,
        text=kpi.value,
        before=kpi.before,
        before_text=kpi.against.removeprefix("vs ")
        if kpi.before is not None and kpi.against
        else None,
        change=change,
        change_text=None if change is None else wording.percent(change / 100, sign=True),
        less_is_better=kpi.less_is_better,
    )


def name_of(label: str) -> str:
    """The name of a figure: Net revenue is net_revenue."""
    return "_".join(re.findall(r"[a-z0-9]+", label.lower()))


def _of_sales(state: State) -> list[Kpi]:
    period, before = state.chosen.period, state.chosen.before
    now, sold = _totals(state, period)
    earlier = _totals(state, before)[0] if before else None
    return kpis(now, earlier, sales.steps(period, sold))


def _totals(state: State, period: Period) -> tuple[sales.Totals, Sequence[sales.Day]]:
    _, sold = sales.daily(state.ask, state.chosen, period)
    return sales.total(sales.within(period, sold)), sold


def _of_customers(state: State) -> list[Kpi]:
    chosen = state.chosen
    _, now = customers.buyers(state.ask, chosen, chosen.period)
    before = customers.buyers(state.ask, chosen, chosen.before)[1] if chosen.before else None
    return buyer_kpis(now, before)


def _of_product(state: State) -> list[Kpi]:
    code = (state.wanted.product or "").upper()
    if not code:
        hint = 'filters.product names one, as in product = "22423"'
        raise ConfigError("the page products has figures of one product only", hint=hint)
    _, found = products.product(state.ask, code)
    if found is None:
        similar = products.similar(state.ask, code)
        hint = f"codes that begin alike: {', '.join(similar)}" if similar else ""
        raise ConfigError(f"filters.product: there is no product {code!r}", hint=hint)
    _, days = products.history(state.ask, state.chosen, code)
    return product_kpis(found, days)
