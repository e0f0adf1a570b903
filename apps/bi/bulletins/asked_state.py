"""The published state that is asked, with what was chosen of it."""

from dataclasses import dataclass
from datetime import datetime

from apps.bi import wording
from apps.bi.bulletins.choosing import chosen
from apps.bi.filters import Filters
from apps.bi.pages import PAGES, PageSpec
from apps.bi.queries.coverage import Coverage, covered_by
from apps.bi.statement import Answer, Statement
from lakehouse.errors import CatalogError
from lakehouse.notices.content import Moment
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.published import Marts
from lakehouse.query.published_seen import SeenMarts


@dataclass(frozen=True)
class State:
    """One page of one published state, narrowed."""

    page: PageSpec
    marts: Marts | SeenMarts
    covered: Coverage
    wanted: PageFilters
    chosen: Filters

    @classmethod
    def of(cls, page: PageSpec, marts: Marts | SeenMarts, wanted: PageFilters) -> "State":
        """The page, narrowed. Raises ConfigError for its filters, CatalogError for empty marts."""
        covered = covered_by(marts)
        if covered is None:
            raise CatalogError("no orders have landed yet", hint="run `lakehouse build`")
        return cls(page, marts, covered, wanted, chosen(page, wanted, covered))

    def ask(self, statement: Statement) -> Answer:
        """What the state answers. Raises UnpublishedError, CatalogError."""
        return Answer(statement, self.marts.query(statement.sql, statement.parameters))

    def moment(self) -> Moment:
        """Which state it is, and what is shown of it."""
        last, query = self.covered.last_order_at, self.wanted.as_query()
        # The first page is where the app itself is.
        path = "" if self.page == PAGES[0] else self.page.path
        before, wanted = self.chosen.before, self.wanted
        searched = (wanted.product, wanted.find, wanted.customer, wanted.metric, wanted.series)
        return Moment(
            version=self.marts.version,
            published_at=self.marts.published_at,
            through=f"{wording.weekday(last.date())}, {wording.clock(last)}",
            days=wording.span(self.chosen.period),
            compared=wording.span(before) if before else None,
            narrowed=(*self.chosen.narrowed, *(each for each in searched if each)),
            path=f"{path}{f'?{query}' if query else ''}",
        )


def lake_moment(page: PageSpec, wanted: PageFilters, now: datetime) -> Moment:
    """Of a page about the lake itself: when it was looked at."""
    query = wanted.as_query()
    days = f"{wording.day(now.date())}, {wording.clock(now)} UTC"
    return Moment(days=days, path=f"{page.path}{f'?{query}' if query else ''}")
