"""Every question that the pages ask, under filters of one's choice."""

from datetime import timedelta

from apps.bi.filters import Filters
from apps.bi.queries import customers, forecasts, lines, products, recommendations, sales
from apps.bi.queries.lines import Drill, Of
from apps.bi.queries.narrowing import By
from apps.bi.statement import Answer, Ask, Statement
from lakehouse.query.published import Marts


def asker(marts: Marts) -> Ask:
    """What pages ask a state by."""
    return lambda statement: Answer(statement, marts.query(statement.sql, statement.parameters))


def ask_everything(ask: Ask, chosen: Filters, customer: str, product: str) -> list[Answer]:
    """The answers to all of it."""
    answers = ask_marts(ask, chosen, customer, product)
    return answers + ask_models(ask, chosen, customer, product)


def ask_marts(ask: Ask, chosen: Filters, customer: str, product: str) -> list[Answer]:
    """The answers to what needs no models."""
    answers: list[Answer] = []
    noting = _noting(ask, answers)
    day = chosen.period.last.isoformat()
    sales.daily(noting, chosen, chosen.period)
    sales.open_days(noting, chosen.period)
    for by in (By.COUNTRY, By.SEGMENT, By.GROUP):
        sales.sellers(noting, chosen, by)
    sales.products(noting, chosen, 3)
    sales.movers(noting, chosen)
    customers.buyers(noting, chosen, chosen.period)
    customers.cohorts(noting, chosen)
    customers.segments(noting, chosen)
    customers.best(noting, chosen, 3)
    customers.customer(noting, customer)
    customers.invoices(noting, customer)
    customers.similar_numbers(noting, customer)
    products.sold(noting, chosen, "b a")
    products.product(noting, product)
    products.history(noting, chosen, product)
    products.prices(noting, product)
    products.partners(noting, chosen, product, 3)
    products.similar(noting, product)
    for drill in (Drill(Of.DAY, day), Drill(Of.PRODUCT, product), Drill(Of.ORDER, "50000")):
        lines.lines(noting, chosen, drill)
    return answers


def ask_models(ask: Ask, chosen: Filters, customer: str, product: str) -> list[Answer]:
    """The answers to what is asked of forecasts and recommendations."""
    answers: list[Answer] = []
    noting = _noting(ask, answers)
    _, level = forecasts.level(noting, "country_daily", "revenue")
    assert level is not None
    forecasts.series(noting, "product_weekly")
    forecasts.ahead(noting, level, "Norway", chosen.period.last + timedelta(9))
    forecasts.whole(noting, level, "Norway")
    forecasts.past(noting, level, "Norway")
    forecasts.backtests(noting, level)
    recommendations.lists(noting, customer)
    recommendations.popular(noting)
    recommendations.scores(noting)
    recommendations.shipped(noting)
    recommendations.partners(noting, product)
    recommendations.neighbours(noting, product)
    recommendations.audience(noting, product)
    return answers


def _noting(ask: Ask, answers: list[Answer]) -> Ask:
    def noted(statement: Statement) -> Answer:
        answers.append(ask(statement))
        return answers[-1]

    return noted
