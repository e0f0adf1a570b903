"""The cards of a saved dashboard: each the answer of a saved query."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from apps.bi import source, states, wording
from apps.bi.card import show_sql, sql_menu
from apps.bi.dashboards import telling
from apps.bi.dashboards.files import Card, Show
from apps.bi.view import LakeView
from apps.bi.workbench import asking, result_chart
from apps.bi.workbench.desk import Desk
from apps.bi.workbench.result import PAGE_ROWS, is_number, page_of
from apps.bi.workbench.result_chart import Kind
from apps.bi.workbench.routes import url
from apps.bi.workbench.shelves import saved_queries
from lakehouse.errors import LakehouseError
from lakehouse.query.executions import Handle
from lakehouse.query.executions.kept import place_of
from lakehouse.query.executions.saved import SavedQuery

# An answer is shown again for so long before it is asked whether it still holds; one that was made
# of the same states of the same tables is used again then.
_FRESH_SECONDS = 300
_REUSE = timedelta(days=30)
_WAIT_SECONDS = 2.0
_FOLLOW_SECONDS = 1.0


def start(this: LakeView, query: SavedQuery, values: tuple[str, ...]) -> Handle:
    """The execution that answers a card. Raises CatalogError."""
    version = this.published.marts.version if this.published.marts else ""
    asked = (str(this.settings.home), version, source.rules_seen(), query.sql, values)
    handle = _started(*asked, source.desk())
    if handle.state.ended and handle.execution.result_id is None:
        _started.clear(*asked, source.desk())  # a failure is tried again
    return handle


@st.cache_resource(ttl=_FRESH_SECONDS, max_entries=500, show_spinner=False)
def _started(
    lake: str, version: str, rules: str, sql: str, values: tuple[str, ...], _desk: Desk
) -> Handle:
    return _desk.start(sql, values, _REUSE)


@st.fragment(run_every=_FOLLOW_SECONDS)
def follow(handles: list[Handle]) -> None:
    """Draw the page again when one of those that still ran has ended."""
    if any(handle.state.ended for handle in handles):
        st.rerun()


@dataclass(frozen=True)
class Drawn:
    """A card that was drawn: its execution, and what it says, where there is one."""

    handle: Handle | None = None
    told: str | None = None


def draw(this: LakeView, card: Card, key: str) -> Drawn:
    """A card with its answer, or why there is none."""
    with st.container(border=True, height="stretch", key=f"card_{key}"):
        try:
            query = saved_queries().find(card.query)
            handle = start(this, query, card.values)
        except LakehouseError as e:
            st.header(wording.plain(card.title or card.query), anchor=False)
            st.error(states.told(e), icon=":material/error:")
            return Drawn()
        _head(card, query, handle, key)
        handle.wait(_WAIT_SECONDS)
        if not handle.state.ended:
            st.skeleton(height=240)
            return Drawn(handle)
        try:
            handle.ended()
            rows = page_of(place_of(handle.execution), 1)
        except LakehouseError as e:
            st.error(states.told(e), icon=":material/error:")
            return Drawn(handle)
        _answer(card, rows, key)
    name = card.title or query.name
    return Drawn(handle, telling.told(card, name, rows, handle.execution.rows or 0))


def _head(card: Card, query: SavedQuery, handle: Handle, key: str) -> None:
    title = wording.plain(card.title or query.name)
    with st.container(horizontal=True, vertical_alignment="center", gap=None):
        st.header(
            title, anchor=False, width="stretch", help=wording.plain(query.description) or None
        )
        with st.container(width="content"):
            _menu(title, card, query, handle, key)


@st.fragment
def _menu(title: str, card: Card, query: SavedQuery, handle: Handle, key: str) -> None:
    """The button with the SQL and the files, as other cards have it."""
    menu = sql_menu(title, key)
    if not menu.open:
        return
    link = {asking.STATEMENT: query.sql, asking.VALUE: card.values, asking.EXECUTION: handle.id}
    with menu:
        show_sql(query.sql, f"sql?{urlencode(link, doseq=True)}")
        if handle.execution.result_id is None:
            return
        place = place_of(handle.execution)
        with st.container(horizontal=True):
            for form, label in (("csv", "CSV"), ("parquet", "Parquet")):
                st.link_button(label, url(place.id, form), icon=":material/download:")


def _answer(card: Card, rows: pa.Table, key: str) -> None:
    if absent := [name for name in (card.x, *card.y) if name and name not in rows.schema.names]:
        known = ", ".join(f"`{name}`" for name in rows.schema.names)
        st.warning(f"The query has no column `{absent[0]}`; it has {known}.")
    elif not rows.num_rows:
        st.info("The query found no row.")
    elif card.show is Show.TABLE:
        st.dataframe(
            rows,
            hide_index=True,
            placeholder="NULL",
            key=f"rows_{key}",
            alt=card.title or card.query,
        )
    else:
        _drawn(card, rows)


def _drawn(card: Card, rows: pa.Table) -> None:
    numbers = [field.name for field in rows.schema if is_number(field.type)]
    x = card.x or next((each for each in rows.schema.names if each not in numbers), None)
    ys = card.y or tuple(name for name in numbers if name != x)[: result_chart.MOST_SERIES]
    if not ys or not set(ys) <= set(numbers):
        st.warning("There are no numbers to show; `y` names the columns that hold them.")
        return
    if card.show is Show.FIGURE:
        with st.container(horizontal=True):
            for y in ys:
                value = rows[y][0].as_py()
                st.metric(wording.plain(y), "NULL" if value is None else f"{value:,}")
        return
    kind = Kind(card.show.value)
    x = x or ys[0]
    st.echarts_chart(
        result_chart.drawn(rows, kind, x, ys), alt=result_chart.told(rows, kind, x, ys), height=300
    )
    if rows.num_rows == PAGE_ROWS:
        st.caption(f"The first {PAGE_ROWS:,} rows are drawn.")
