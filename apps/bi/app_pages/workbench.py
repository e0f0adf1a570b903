"""The SQL workbench: a statement, and its answer."""

import streamlit as st

from apps.bi import source, states
from apps.bi.view import lake_view
from apps.bi.workbench import asking, editor, outcome, shelves, telling, toolbar
from lakehouse.errors import QueryError
from lakehouse.query.published_watch import Condition

this = lake_view()
if this.published.condition is Condition.NO_LAKE:
    states.no_lake(this.settings)
    st.stop()

tables = toolbar.names(this.settings, this.published)
editor.begin_with(asking.asked())
bar = st.container(horizontal=True, vertical_alignment="bottom", key="workbench_bar")
execution = None
if shown := st.query_params.get(asking.EXECUTION):
    try:
        execution = source.desk().execution(shown)
    except QueryError:
        outcome.gone(shown)
pressed = editor.editor(tables, outcome.mark(execution) if execution else None)
with bar:
    toolbar.draw(pressed=pressed)
if execution is not None:
    outcome.show(this, execution)
elif tables:
    this.say(telling.offered(tables))

about, saved, history = st.tabs(
    ["Tables", "Saved", "History"], key="shelf", on_change="rerun", bind="query-params"
)
with about:
    if about.open:
        shelves.tables(tables)
with saved:
    if saved.open:
        shelves.saved(shelves.saved_queries().listed())
with history:
    if history.open:
        shelves.history()
