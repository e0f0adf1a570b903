"""What can be done with the statement in the editor."""

from pathlib import Path
from typing import Any

import streamlit as st

from apps.bi import source, states
from apps.bi.dashboards import files
from apps.bi.dashboards.files import Card, Show
from apps.bi.workbench import asking, editor, shelves, text
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.layout import laid_out
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.query.access.checking import visible
from lakehouse.query.access.viewer import narrowed
from lakehouse.query.executions.saved import SavedQuery
from lakehouse.query.names import NamedTable, named_tables
from lakehouse.query.published_watch import Published

# A table that appears without a build is known after so long.
_NAMES_SECONDS = 60


def names(settings: Settings, published: Published) -> list[NamedTable]:
    """What can be named, as of the state that is published. Raises CatalogError."""
    version = published.marts.version if published.marts else ""
    found = _names(settings.model_dump_json(), version, settings)
    scope = narrowed(source.viewer())
    return found if scope is None else visible(scope, found)


@st.cache_data(ttl=_NAMES_SECONDS, show_spinner=False, max_entries=4)
def _names(lake: str, version: str, _settings: Settings) -> list[NamedTable]:
    return named_tables(_settings)


def draw(*, pressed: bool) -> None:
    """The buttons; `pressed` when Ctrl+Enter asks to run."""
    values = _values(text.question_marks(editor.written().chosen))
    run = st.button("Run", icon=":material/play_arrow:", key="run", help="Ctrl+Enter")
    explain = st.button("Explain", icon=":material/account_tree:", key="explain")
    st.button("Format", icon=":material/format_align_left:", key="format", on_click=_lay_out)
    _save()
    _put()
    _share()
    if run or explain or pressed:
        with st.spinner("Opening a session", show_time=False):
            asking.ask(values, explain=explain)
        st.rerun()


def _values(count: int) -> list[str]:
    linked = st.query_params.get_all(asking.VALUE)
    values = []
    for number in range(count):
        first = linked[number] if number < len(linked) else ""
        values.append(
            st.text_input(
                f"Value {number + 1}",
                first,
                key=f"value_{number}",
                placeholder="'France'",
                help="What the question mark stands for, as SQL writes it: 12, 'France', "
                "DATE '2011-12-09'",
                width=160,
            )
        )
    return values


def _lay_out() -> None:
    try:
        editor.write(laid_out(editor.written().text).rstrip())
    except AthenaError as e:
        st.toast(states.told(e), icon=":material/error:")


def _save() -> None:
    with st.popover("Save", icon=":material/bookmark:"):
        name = st.text_input("Name", key="save_name", placeholder="revenue_by_country")
        told = st.text_input("Description", key="save_description")
        replace = st.checkbox("Replace one of that name", key="save_replace")
        if st.button("Save", key="save"):
            query = SavedQuery(name, editor.written().text, told)
            try:
                file = shelves.saved_queries().save(query, replace=replace)
            except LakehouseError as e:
                st.error(f"{e.message}: {e.hint}")
            else:
                st.success(f"Saved as {file.name}")


def _put() -> None:
    menu = st.popover("Add to dashboard", icon=":material/dashboard:", key="put", on_change="rerun")
    if not menu.open:
        return
    with menu:
        home = source.watch().settings.home
        saved = [query.name for query in shelves.saved_queries().listed()]
        if not saved:
            st.info("Save the query first: a card shows a saved query.")
            return
        query = st.selectbox("Saved query", saved, key="put_query")
        board = st.selectbox(
            "Dashboard", files.names(home), index=None, key="put_board", accept_new_options=True,
            placeholder="Choose one, or name a new one",
        )  # fmt: skip
        title = st.text_input("Title", key="put_title", placeholder=query)
        show = st.segmented_control(
            "Show", list(Show), default=Show.TABLE, required=True, key="put_show",
            format_func=lambda each: each.value.title(),
        )  # fmt: skip
        if st.button("Add", key="put_add", disabled=not board):
            _add(home, board or "", Card(
                query=query, title=title or None, show=show or Show.TABLE, **_columns(query)
            ))  # fmt: skip


def _columns(query: str) -> dict[str, Any]:
    """The columns that the chart of the result draws, if it is the query's."""
    shown = shelves.saved_queries().find(query).sql.strip() == editor.written().text.strip()
    if not shown or not st.session_state.get("y"):
        return {}
    return {"x": st.session_state.get("x"), "y": tuple(st.session_state["y"])}


def _add(home: Path, board: str, card: Card) -> None:
    try:
        file = files.add(home, board, card)
    except LakehouseError as e:
        st.error(states.told(e))
    else:
        st.success(f"Added to {file.name}; the navigation lists it on the next page.")


def _share() -> None:
    with st.popover("Share", icon=":material/link:"):
        st.caption("Whoever opens this link sees the statement, and its answer while it is kept.")
        st.code(asking.link(), language=None, wrap_lines=True)
