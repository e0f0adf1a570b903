"""What lies beside the editor: the tables, the saved queries, and the history."""

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from apps.bi import source, states, wording
from apps.bi.workbench import asking, telling
from lakehouse.errors import QueryError
from lakehouse.query.executions.journal import FOLDER
from lakehouse.query.executions.saved import SavedQueries, SavedQuery
from lakehouse.query.names import NamedTable

_SHOWN = 100


def saved_queries() -> SavedQueries:
    """The saved queries of the home, which `lakehouse queries saved` lists, too."""
    return SavedQueries(source.watch().settings.home / FOLDER / "saved")


def tables(found: Sequence[NamedTable]) -> None:
    """A table to choose, and its columns."""
    if not found:
        st.info("There is no table yet.")
        return
    table = st.selectbox(
        "Table",
        found,
        format_func=lambda each: each.full_name,
        key="table",
        help="Type a part of its name",
    )
    if table.comment:
        st.caption(wording.plain(table.comment))
    st.button(
        "Its first rows",
        icon=":material/table_view:",
        on_click=asking.open_text,
        args=(f"SELECT *\nFROM {table.full_name}\nLIMIT 100",),
    )
    if table.columns:
        st.dataframe(
            pa.table(
                {
                    "Column": [column.name for column in table.columns],
                    "Type": [column.type for column in table.columns],
                    "Comment": [column.comment for column in table.columns],
                }
            ),
            hide_index=True,
            alt=f"The columns of {table.full_name}",
        )


def saved(queries: Sequence[SavedQuery]) -> None:
    """The saved queries, each to open or to remove."""
    if not queries:
        st.info("Nothing is saved yet: **Save** keeps what is in the editor under a name.")
    for query in queries:
        with st.container(border=True, key=f"saved_{query.name}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                told = f" — {wording.plain(query.description)}" if query.description else ""
                st.markdown(f"**{wording.plain(query.name)}**{told}", width="stretch")
                st.button(
                    "Open", key=f"open_{query.name}", on_click=asking.open_text, args=(query.sql,)
                )
                with st.popover("Remove", type="tertiary"):
                    st.button(
                        f"Remove {query.name}",
                        key=f"remove_{query.name}",
                        on_click=_remove,
                        args=(query.name,),
                    )
            st.caption(telling.one_line(query.sql))


def _remove(name: str) -> None:
    try:
        saved_queries().remove(name)
    except QueryError as e:
        st.toast(states.told(e), icon=":material/error:")


def history() -> None:
    """The newest executions of the home; one that is chosen is shown again."""
    found = source.desk().history(_SHOWN)
    if not found:
        st.info("Nothing was executed yet.")
        return

    def chosen() -> None:
        rows = st.session_state["history"].selection.rows
        try:
            if rows:
                asking.open_execution(found[rows[0]].id)
        except QueryError as e:  # forgotten meanwhile
            st.toast(states.told(e), icon=":material/error:")

    st.dataframe(
        pa.table(
            {
                "At": [each.submitted_at.replace(tzinfo=None) for each in found],
                "State": [each.state.value.title() for each in found],
                "Statement": [" ".join(each.sql.split())[:300] for each in found],
                "Rows": pa.array([each.rows for each in found], pa.int64()),
                "Took": [telling.duration(each.seconds or 0.0) for each in found],
                "Scanned": [telling.size(each.bytes_scanned) for each in found],
                "Workgroup": [each.workgroup for each in found],
            }
        ),
        column_config={
            "At": st.column_config.DatetimeColumn(format="D MMM, HH:mm:ss"),
            "Statement": st.column_config.TextColumn(width=420),
            "Rows": st.column_config.NumberColumn(format="localized"),
        },
        hide_index=True,
        key="history",
        on_select=chosen,
        selection_mode="single-row",
        alt="The newest query executions",
    )
    st.caption("Times are UTC. Choose one to see what it answered.")
