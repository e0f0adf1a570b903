"""Answers to questions about the lake, all from one published state."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache

from apps.bi.bulletins import answered_query, figures, sent_operations
from apps.bi.bulletins.choosing import page_named
from apps.bi.bulletins.sent_dashboard import is_dashboard, sent_dashboard
from apps.bi.bulletins.sent_pages import sent_page
from apps.bi.workbench.desk import Desk
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError, LakehouseError
from lakehouse.notices.asking import Answer, Question, refused
from lakehouse.notices.content import Measured, Page
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.published import Marts, open_marts
from lakehouse.query.published_moment import UnpublishedError


class Answerer:
    """Answers questions about one lake; the state and the sessions are opened when needed."""

    def __init__(self, desk: Desk, marts: Callable[[], Marts]) -> None:
        self._desk = desk
        self._marts = marts

    def answer(self, question: Question) -> Answer:
        """The answer to one question, or why there is none."""
        try:
            return self._answer(question)
        except LakehouseError as e:
            return Answer(refusal=refused(e))
        except UnpublishedError as e:
            names = ", ".join(e.tables)
            message, hint = f"the marts are not built yet: {names}", "run `lakehouse build`"
            return Answer(refusal=refused(CatalogError(message, hint=hint)))

    def _answer(self, question: Question) -> Answer:
        alert, report = question.alert, question.report
        if report is not None:
            return Answer(page=self._page(report.page, report.filters))
        assert alert is not None  # noqa: S101 - a question is about one or the other
        if alert.kpi is None:
            return Answer(measured=answered_query.measured(self._desk, alert))
        return Answer(measured=self._figure(alert.kpi, alert.filters))

    def _page(self, name: str, filters: PageFilters) -> Page:
        if is_dashboard(name):
            return sent_dashboard(self._desk, name, filters)
        page = page_named(name)
        if page.about_the_lake:
            return sent_operations.sent_operations(self._desk.settings, page, filters)
        return sent_page(self._marts(), page, filters)

    def _figure(self, kpi: str, filters: PageFilters) -> Measured:
        path, dot, name = kpi.partition(".")
        if not dot:
            hint = 'a figure is like "overview.net_revenue"'
            raise ConfigError(f"{kpi!r} names no page", hint=hint)
        page = page_named(path)
        if page.about_the_lake:
            return sent_operations.measured(self._desk.settings, page, name, filters)
        return figures.measured(self._marts(), page, name, filters)


def answers(settings: Settings, questions: Sequence[Question]) -> list[Answer]:
    """An answer to each question. What can't be answered is refused, and stops no other."""
    with closing(Desk.of_owner(settings)) as desk:
        answerer = Answerer(desk, cache(lambda: open_marts(settings)))
        return [answerer.answer(question) for question in questions]
