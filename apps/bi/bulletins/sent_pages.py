"""The pages as they are sent: the sentence, the figures, the tables and the chart of each."""

from collections.abc import Callable, Mapping, Sequence

from apps.bi import insight, wording
from apps.bi.bulletins.asked_state import State
from apps.bi.bulletins.figures import figure_of, kpis_of, moment_of
from apps.bi.bulletins.picture import days_drawn
from apps.bi.bulletins.sent_forecast import forecast
from apps.bi.bulletins.sent_recommendations import recommended
from apps.bi.bulletins.sheets import Column, Parts, sheet
from apps.bi.groups import SEGMENTS
from apps.bi.pages import PageSpec
from apps.bi.queries import customers, products, sales
from apps.bi.queries.narrowing import By
from apps.bi.queries.sales import Seller
from apps.bi.statement import Answer
from lakehouse.errors import ConfigError
from lakehouse.notices.content import Page, Sheet
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.published import Marts

SHOWN = 10


def sent_page(marts: Marts, page: PageSpec, wanted: PageFilters) -> Page:
    """The page, narrowed. Raises ConfigError, CatalogError, UnpublishedError."""
    state = State.of(page, marts, wanted)
    has_figures = state.page.path != "products" or wanted.product is not None
    found = kpis_of(state) if has_figures and wanted.customer is None else []
    sentence, sheets, pictures = _PARTS[state.page.path](state)
    return Page(
        title=state.page.title,
        question=state.page.question,
        sentence=sentence,
        moment=moment_of(state),
        figures=tuple(figure_of(kpi) for kpi in found),
        sheets=tuple(sheets),
        pictures=tuple(pictures),
    )


def _overview(state: State) -> Parts:
    ask, chosen, period = state.ask, state.chosen, state.chosen.period
    daily, sold = sales.daily(ask, chosen, period)
    now = sales.total(sales.within(period, sold))
    if now.days_with_sales == 0:
        return _nothing_sold(state), (), ()
    boards = {
        title: sales.sellers(ask, chosen, by)
        for title, by in (
            ("Countries", By.COUNTRY),
            ("Customer segments", By.SEGMENT),
            ("Product groups", By.GROUP),
        )
    }
    countries = boards["Countries"][1]
    best_asked, best = sales.products(ask, chosen, SHOWN)
    if chosen.before:
        _, sold_before = sales.daily(ask, chosen, chosen.before)
        earlier = sales.total(sales.within(chosen.before, sold_before))
        movers = countries if chosen.country is None else sales.movers(ask, chosen)
        sentence = insight.compared(now, earlier, movers)
    else:
        sentence = insight.alone(now, countries if chosen.country is None else best)
    sheets = [_sellers(state, title, *found) for title, found in boards.items()]
    sheets.append(_sellers(state, "Top products", best_asked, best))
    trading = sales.open_days(ask, state.covered.days)
    drawn = sales.every_day(period, sold, trading, state.covered.days.first)
    sheets.append(sheet(f"{now.measure} per day", daily, (), "days", shown=0))
    return sentence, sheets, [days_drawn(f"{now.measure} per day", drawn)]


def _customers(state: State) -> Parts:
    ask, chosen = state.ask, state.chosen
    if state.wanted.customer:
        return _customer(state, state.wanted.customer)
    _, now = customers.buyers(ask, chosen, chosen.period)
    if now.customers == 0:
        return _nothing_sold(state), (), ()
    _, cohorts = customers.cohorts(ask, chosen)
    by_segment, segments = customers.segments(ask, chosen)
    best_asked, best = customers.best(ask, chosen, 2 * SHOWN)
    labels = {value: label for label, value in SEGMENTS.items()}
    columns = (
        Column("Segment", [each.name for each in segments]),
        Column("Customers", [f"{each.customers:,}" for each in segments], numeric=True),
        Column("Days since", [f"{each.recency_days:.0f}" for each in segments], numeric=True),
        Column("Orders", [f"{each.orders:.1f}" for each in segments], numeric=True),
    )
    best_columns = (
        Column("Customer", [each["customer_id"] for each in best]),
        Column("Net revenue", [wording.money(each["net_amount"]) for each in best], numeric=True),
        Column("Orders", [f"{each['order_count']:,}" for each in best], numeric=True),
        Column("Segment", [labels[each["segment"]] for each in best]),
        Column("Country", [each["country"] for each in best]),
    )
    sheets = (
        sheet("Segments", by_segment, columns, "segments"),
        sheet("Best customers", best_asked, best_columns, "best", shown=2 * SHOWN),
    )
    return insight.customers(now, cohorts, segments, state.covered.days.last), sheets, ()


def _customer(state: State, number: str) -> Parts:
    _, found = customers.customer(state.ask, number)
    if found is None:
        similar = customers.similar_numbers(state.ask, number)
        hint = f"numbers that begin alike: {', '.join(similar)}" if similar else ""
        raise ConfigError(f"filters.customer: nobody has the number {number!r}", hint=hint)
    asked, rows = customers.invoices(state.ask, number)
    columns = (
        Column("Order", [each["order_id"] for each in rows]),
        Column("When", [f"{each['ordered_at']:%Y-%m-%d %H:%M}" for each in rows]),
        Column("Units", [f"{each['unit_count']:,}" for each in rows], numeric=True),
        Column("Net revenue", [wording.money(each["net_amount"]) for each in rows], numeric=True),
    )
    sentence = (
        f"Customer **{wording.plain(number)}** brought **{wording.money(found['net_amount'])}** "
        f"in {found['order_count']:,} orders."
    )
    return sentence, [sheet("Orders", asked, columns, "orders")], ()


def _products(state: State) -> Parts:
    if state.wanted.product:
        return _product(state, state.wanted.product.upper())
    words = state.wanted.find or ""
    asked, found = products.sold(state.ask, state.chosen, words)
    if not found:
        return _nothing_sold(state), (), ()
    columns = [
        Column("Code", [each.product_id for each in found]),
        Column("Product", [wording.title(each.name) for each in found]),
        Column("Product revenue", [wording.money(each.net) for each in found], numeric=True),
        *_changes(state, [Seller(each.name, each.net, each.before) for each in found]),
        Column("Units", [f"{each.units:,}" for each in found], numeric=True),
    ]
    listed = sheet(f"{len(found):,} products", asked, columns, "products", shown=2 * SHOWN)
    return insight.products(found, words), [listed], ()


def _product(state: State, code: str) -> Parts:
    _, found = products.product(state.ask, code)
    asked, days = products.history(state.ask, state.chosen, code)
    partner_asked, baskets, partners = products.partners(state.ask, state.chosen, code, SHOWN)
    name = wording.plain(wording.title(found["description"] if found else code))
    columns = (
        Column("Product", [wording.title(each.name) for each in partners]),
        Column("Orders together", [f"{each.together:,}" for each in partners], numeric=True),
    )
    sheets = (
        sheet("Bought together", partner_asked, columns, "partners"),
        sheet("Product revenue per day", asked, (), "days", shown=0),
    )
    return insight.product(name, days, baskets, partners), sheets, ()


def _sellers(state: State, title: str, asked: Answer, found: Sequence[Seller]) -> Sheet:
    columns = (
        Column("Name", [wording.title(each.name) for each in found]),
        Column("Net revenue", [wording.money(each.net) for each in found], numeric=True),
        *_changes(state, found),
    )
    return sheet(title, asked, columns, title.lower().replace(" ", "_"))


def _changes(state: State, found: Sequence[Seller]) -> list[Column]:
    if state.chosen.before is None:
        return []
    changes = [wording.change(each.net, each.before) for each in found]
    told = ["" if each is None else wording.percent(each, sign=True) for each in changes]
    return [Column("Change", told, numeric=True)]


def _nothing_sold(state: State) -> str:
    narrowed = "".join(f" of **{wording.plain(each)}**" for each in state.moment().narrowed)
    return f"There were no sales{narrowed} in these days."


_PARTS: Mapping[str, Callable[[State], Parts]] = {
    "overview": _overview,
    "customers": _customers,
    "products": _products,
    "forecast": forecast,
    "recommendations": recommended,
}
