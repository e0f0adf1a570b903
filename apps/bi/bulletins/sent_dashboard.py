"""A saved dashboard as it is sent: the answer of each card as a table, or as figures."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from apps.bi.bulletins.asked_state import lake_moment
from apps.bi.bulletins.choosing import one_of, refuse_others
from apps.bi.bulletins.sheets import Column, rows_as_sheet
from apps.bi.dashboards import files, listed, telling
from apps.bi.dashboards.files import Card, Show
from apps.bi.workbench.desk import Desk
from apps.bi.workbench.result import is_number, page_of
from lakehouse.notices.content import Figure, Page, Sheet
from lakehouse.notices.definitions import PageFilters
from lakehouse.query.executions.journal import FOLDER
from lakehouse.query.executions.kept import place_of
from lakehouse.query.executions.saved import SavedQueries

_SHOWN = 20


def is_dashboard(name: str) -> bool:
    """Whether a report's page is a saved dashboard's: its path begins so."""
    return name.strip("/").startswith(listed.PATH)


def sent_dashboard(desk: Desk, path: str, wanted: PageFilters) -> Page:
    """The dashboard of that path. Raises ConfigError, and QueryError for a card that fails."""
    home = desk.settings.home
    pages = {page.path: (name, page) for name, page in listed.pages(home).items()}
    name, page = pages[one_of(path.strip("/"), pages, "page")]
    refuse_others(page, wanted)
    board = files.read(home, name)
    sentences, figures, sheets = list[str](), list[Figure](), list[Sheet]()
    for number, card in enumerate(board.cards, 1):
        title = card.title or card.query
        rows, count = _answer(desk, card)
        sentences.append(telling.told(card, title, rows, count))
        if card.show is Show.FIGURE and count:
            figures += _figures(title, rows)
        else:
            sheets.append(_sheet(title, rows, count, f"card{number}"))
    return Page(
        title=board.title,
        question=board.question,
        sentence=sentences[0] if sentences else "There is no card on it yet.",
        moment=lake_moment(page, wanted, datetime.now(UTC)),
        figures=tuple(figures),
        sheets=tuple(sheets),
    )


def _answer(desk: Desk, card: Card) -> tuple[pa.Table, int]:
    """The first rows of a card's answer as a browser would show them, and how many there are."""
    query = SavedQueries(desk.settings.home / FOLDER / "saved").find(card.query)
    handle = desk.start(query.sql, card.values)
    handle.ended()
    return page_of(place_of(handle.execution), 1), handle.execution.rows or 0


def _figures(title: str, rows: pa.Table) -> list[Figure]:
    found = []
    for field in rows.schema:
        if is_number(field.type):
            value = rows[field.name][0].as_py()
            number = None if value is None else Decimal(str(value))
            label = title if len(rows.schema) == 1 else f"{title}: {field.name}"
            text = telling.amount(value)
            found.append(Figure(name=field.name, label=label, value=number, text=text))
    return found


def _sheet(title: str, rows: pa.Table, count: int, file: str) -> Sheet:
    columns = [
        Column(
            field.name,
            [_cell(value) for value in rows[field.name].to_pylist()],
            numeric=is_number(field.type),
        )
        for field in rows.schema
    ]
    drawn = rows_as_sheet(title, rows, columns, file, shown=_SHOWN)
    return drawn.model_copy(update={"left_out": max(count - _SHOWN, 0)})


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    return f"{value:,}" if isinstance(value, int | float | Decimal) else str(value)
