"""The operations page as it is sent, and its figures. It works without marts, and is of now."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from apps.bi import described
from apps.bi.bulletins.asked_state import lake_moment
from apps.bi.bulletins.choosing import one_of, refuse_others
from apps.bi.bulletins.figures import figure_of
from apps.bi.bulletins.sheets import Column, sheet
from apps.bi.operations_kpis import HOURS, PER_MILLE, Health, figures, health
from apps.bi.pages import PageSpec
from apps.bi.queries import operations
from apps.bi.queries.operations import Ask
from apps.bi.statement import Answer
from lakehouse.config import Settings
from lakehouse.notices import markdown
from lakehouse.notices.content import Figure, Measured, Page, Sheet
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.operations import open_operations

_SHOWN = 20


def measured(settings: Settings, page: PageSpec, name: str, wanted: PageFilters) -> Measured:
    """The figure of that name. Raises ConfigError when there is none, CatalogError."""
    with _health(settings, page, wanted) as (_, found):
        told = {each.name: each for each in _figures(found)}
        figure = told[one_of(name, told, "figure")]
        return Measured(figure=figure, moment=lake_moment(page, wanted, found.now))


def sent_operations(settings: Settings, page: PageSpec, wanted: PageFilters) -> Page:
    """The page. Raises ConfigError for its filters, CatalogError."""
    with _health(settings, page, wanted) as (ask, found):
        return Page(
            title=page.title,
            question=page.question,
            sentence=found.sentence,
            moment=lake_moment(page, wanted, found.now),
            figures=tuple(_figures(found)),
            sheets=tuple(_sheets(ask, found)),
        )


@contextmanager
def _health(
    settings: Settings, page: PageSpec, wanted: PageFilters
) -> Iterator[tuple[Ask, Health]]:
    refuse_others(page, wanted)
    stale = wanted.stale and one_of(wanted.stale, HOURS, "limit", "stale")
    rejects = wanted.rejects and one_of(wanted.rejects, PER_MILLE, "limit", "rejects")
    with open_operations(settings) as about_itself:
        ask = operations.asking(about_itself)
        yield ask, health(settings, ask, stale, rejects)


def _figures(found: Health) -> list[Figure]:
    return [figure_of(kpi) for kpi in figures(found)]


def _sheets(ask: Ask, found: Health) -> Iterator[Sheet]:
    if found.alarms:
        names = Column("Alarm", [each.name for each in found.alarms])
        told = Column("What", [markdown.as_text(each.told) for each in found.alarms])
        yield sheet("Alarms", None, (names, told), "alarms", shown=_SHOWN)
    yield sheet("Deliveries", found.asked, _deliveries(found), "deliveries", shown=_SHOWN)
    asked, rows = operations.rejects(ask)
    yield sheet("Rejected by reason", asked, _rejects(rows), "rejects")
    asked, rows = operations.publications(ask)
    yield sheet("Publications", asked, _publications(rows), "publications")
    yield _tables(described.tables(found.tables), found)


def _rejects(rows: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    return (
        Column("Stream", [row["stream"] for row in rows]),
        Column("Why", [row["reason"] for row in rows]),
        Column("Lines", [f"{row['lines']:,}" for row in rows], numeric=True),
    )


def _publications(rows: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    return (
        Column("#", [str(row["publication_id"]) for row in rows], numeric=True),
        Column("Published (UTC)", [f"{row['published_at']:%Y-%m-%d %H:%M:%S}" for row in rows]),
        Column("Tables", [f"{row['tables']:,}" for row in rows], numeric=True),
        Column("Rows", [f"{row['row_count']:,}" for row in rows], numeric=True),
    )


def _deliveries(found: Health) -> tuple[Column, ...]:
    streams = found.streams
    return (
        Column("Stream", [each.name for each in streams]),
        Column("Last (UTC)", [f"{each.last_at:%Y-%m-%d %H:%M:%S}" for each in streams]),
        Column("Landed", [f"{each.landed:,}" for each in streams], numeric=True),
        Column("Rejected", [f"{each.rejected:,}" for each in streams], numeric=True),
        Column("Dropped", [f"{each.dropped:,}" for each in streams], numeric=True),
    )


def _tables(asked: Answer, found: Health) -> Sheet:
    most = sorted(found.tables, key=lambda each: (-each.files, each.namespace, each.table))
    rows = ["" if each.rows is None else f"{each.rows:,}" for each in most]
    columns = (
        Column("Table", [f"{each.namespace}.{each.table}" for each in most]),
        Column("Rows", rows, numeric=True),
        Column("Files", [f"{each.files:,}" for each in most], numeric=True),
        Column("Size", [described.size(each.bytes) for each in most], numeric=True),
    )
    return sheet("Tables", asked, columns, "tables")
