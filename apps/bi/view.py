"""What a page is handed: the state it shows, what was chosen, and where its answer goes."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from streamlit.delta_generator import DeltaGenerator

from apps.bi import source
from apps.bi.filters import Filters
from apps.bi.pages import PageSpec
from apps.bi.queries.coverage import Coverage
from apps.bi.statement import Answer, Statement
from lakehouse.config import Settings
from lakehouse.errors import AccessError
from lakehouse.query.access.audit import entry
from lakehouse.query.access.viewer import Viewer
from lakehouse.query.published import Marts, tables_named
from lakehouse.query.published_seen import SeenMarts
from lakehouse.query.published_watch import Published


@dataclass(frozen=True)
class LakeView:
    """What a page about the lake itself is handed: it works also where there are no marts."""

    page: PageSpec
    settings: Settings
    published: Published
    sentence: DeltaGenerator
    viewer: Viewer | None

    def say(self, sentence: str) -> None:
        """Answer the page's question in one sentence of Markdown, at its top."""
        self.sentence.markdown(f":material/lightbulb: {sentence}")

    def snapshots(self) -> Mapping[str, int]:
        """The snapshots to name in SQL that shall find the same state later, by table."""
        return {}


@dataclass(frozen=True)
class View(LakeView):
    """What a page about the business is handed: one published state, and the filters on it.

    `as_of` is the number of the publication when it is not the newest that is shown.
    """

    marts: Marts | SeenMarts
    covered: Coverage
    chosen: Filters
    as_of: int | None

    def ask(self, statement: Statement) -> Answer:
        """What the state answers. Raises UnpublishedError, CatalogError, AccessError."""
        asked = partial(self.marts.query, statement.sql, statement.parameters)
        if self.viewer is None:
            return Answer(statement, asked())
        tables = tuple(dict.fromkeys(tables_named(statement.sql)))
        told = {"page": self.page.path, "statement": statement.text, "tables": tables}
        try:
            rows = asked()
        except AccessError as e:
            source.audit().enter(
                entry(self.viewer, "page", **told, allowed=False, reason=e.message)
            )
            raise
        source.audit().enter(entry(self.viewer, "page", **told, row_count=rows.num_rows))
        return Answer(statement, rows)

    def snapshots(self) -> Mapping[str, int]:
        """The snapshots to name in SQL that shall find the same state later, by table."""
        if self.as_of is None:
            return {}
        return {table: s.snapshot_id for table, s in self.marts.moment.snapshots.items()}


# Streamlit runs page scripts by path, in the thread of the frame that draws them.
_CURRENT: ContextVar[LakeView] = ContextVar("view")


def hand_over(view: LakeView) -> None:
    """Make `view` that of the page that is run next."""
    _CURRENT.set(view)


def view() -> View:
    """The view of this page; for pages that show marts."""
    current = _CURRENT.get()
    assert isinstance(current, View)  # noqa: S101 - the registry of pages says so
    return current


def lake_view() -> LakeView:
    """The view of this page; for pages about the lake."""
    return _CURRENT.get()
