"""The drawer with the order lines behind a figure, down to the line of the log.

What is drilled into stands in the URL, `?lines=day:2011-12-05`, so that it can be linked to.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import streamlit as st

from apps.bi import wording
from apps.bi.card import sql_and_data
from apps.bi.queries.lines import SHOWN, Drill, Lines, Of, lines
from apps.bi.view import View

LINES = "lines"
_CLICKS = "drills"


def into(drill: Drill) -> None:
    """Open the drawer, by the next run of the page."""
    st.query_params[LINES] = str(drill)


def clicked_key(name: str) -> str:
    """The key of a table or chart that drills: new after every click, so that none stays marked."""
    return f"{name}_{st.session_state.get(_CLICKS, 0)}"


def row_clicked(key: str, of: Of, values: Sequence[str]) -> Callable[[], None]:
    """What happens when a row of the table `key` is chosen: the lines of its value open."""

    def open_lines() -> None:
        for row in st.session_state[key].selection.rows:
            into(Drill(of, values[row]))
        st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1

    return open_lines


def bar_clicked(key: str, of: Of, values: Sequence[str]) -> Callable[[], None]:
    """The same for the bars of a chart."""

    def open_lines() -> None:
        for selected in st.session_state[key].selection.selected:
            into(Drill(of, values[selected["data_indices"][0]]))
        st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1

    return open_lines


def open_if_asked(view: View) -> None:
    """Draw the drawer when the URL asks for one."""
    asked = st.query_params.get(LINES)
    if not asked:
        return
    drill = Drill.parsed(asked)
    title = "Order lines" if drill is None else f"Order lines · {_named(drill)}"
    drawer = st.dialog(title, width="large", position="right", on_dismiss=_close)(_drawer)
    drawer(view, drill, asked)


def _close() -> None:
    st.query_params.pop(LINES, None)


def _named(drill: Drill) -> str:
    if drill.of is Of.DAY:
        return wording.weekday(date.fromisoformat(drill.value))
    return f"{drill.of} {wording.plain(drill.value[:40])}"


def _drawer(view: View, drill: Drill | None, asked: str) -> None:
    if drill is None:
        st.warning(
            f"**{wording.plain(asked[:60])}** names no day, product or order. A link to lines ends "
            "with `lines=day:2011-12-05`, `lines=product:22423` or `lines=order:536365`.",
            title="This link asks for something that is not there",
        )
        return
    found = lines(view.ask, view.chosen, drill)
    if not found.count:
        filtered = "" if drill.of is Of.ORDER else " under the filters of the page"
        st.info(f"There is no order line of {_named(drill)}{filtered}.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_summed_up(found), width="stretch")
        with st.container(width="content"):
            sql_and_data("Order lines", (found.answer,), view.snapshots(), "lines")
    chosen = st.dataframe(
        found.answer.table.drop_columns(["order_line_id", "source_file", "source_line"]),
        column_config=_columns(),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="line_chosen",
        alt=f"Order lines of {_named(drill)}",
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(found.rows):
        _origin(view, found.rows[rows[0]])
    else:
        st.caption("Choose a line to see where in the logs it stands.")


def _summed_up(found: Lines) -> str:
    shown = f", the first {SHOWN} of them here" if found.count > SHOWN else ""
    plural = "" if found.count == 1 else "s"
    return f"**{found.count:,} line{plural}**{shown}, together **{wording.money(found.net)}**"


def _origin(view: View, row: dict[str, Any]) -> None:
    """Where a line came from, and its text, if the log is still there."""
    # Imported late: most visits never come here, and the readers of logs take memory.
    from ingest.originals import original_line  # noqa: PLC0415

    name, number = row["source_file"], row["source_line"]
    st.markdown(f"Line **{number:,}** of **{wording.plain(name)}**, as it stands there:")
    if view.viewer is not None and view.viewer.scope.hidden:
        st.info("The line holds every column, and some are hidden from you.")
        return
    text = original_line(view.settings.streams, name, number)
    if text is None:
        st.info(
            f"The log {wording.plain(name)} is not where the streams read from now, so only what "
            "was landed from it can be shown. `[streams.orders] source` in lakehouse.toml says "
            "where that is.",
            title="The log is not at hand",
        )
    else:
        st.code(text, language=None, wrap_lines=True)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "order_id": column.TextColumn("Order"),
        "ordered_at": column.DatetimeColumn("When", format="D MMM YYYY, HH:mm"),
        "customer_id": column.TextColumn("Customer"),
        "country": column.TextColumn("Country"),
        "product_id": column.TextColumn("Code"),
        "description": column.TextColumn("Description"),
        "line_type": column.TextColumn("Type"),
        "quantity": column.NumberColumn("Units", format="localized"),
        "unit_price": column.NumberColumn(f"Price ({wording.CURRENCY})", format="%,.2f"),
        "net_amount": column.NumberColumn(f"Net ({wording.CURRENCY})", format="%,.2f"),
    }
