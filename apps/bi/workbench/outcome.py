"""What became of an execution: it runs, its rows, or why there are none."""

import streamlit as st

from apps.bi import source, states, wording
from apps.bi.view import LakeView
from apps.bi.workbench import asking, result_chart, telling, text
from apps.bi.workbench.editor import Mark
from apps.bi.workbench.result import PAGE_ROWS, is_number, page_of
from apps.bi.workbench.result_chart import Kind
from apps.bi.workbench.routes import url
from lakehouse.errors import QueryError
from lakehouse.query.executions import Execution, State
from lakehouse.query.executions.kept import Place, place_of

_FOLLOW_SECONDS = 0.5


def mark(execution: Execution) -> Mark | None:
    """Where in the editor the error of an execution is."""
    found = text.position_in(execution.error or "")
    if execution.state is not State.FAILED or found is None:
        return None
    return Mark(*asking.place(execution.id, found), execution.error or "")


def show(this: LakeView, execution: Execution) -> None:
    """Draw it."""
    match execution.state:
        case State.QUEUED | State.RUNNING:
            _follow(execution.id)
        case State.CANCELLED:
            _failed(execution, "Cancelled")
        case State.FAILED:
            _failed(execution, execution.error_code or "The statement failed")
        case State.SUCCEEDED:
            this.say(telling.ended(execution))
            if execution.result_id is not None:
                _kept(execution)


@st.fragment(run_every=_FOLLOW_SECONDS)
def _follow(execution_id: str) -> None:
    execution = source.desk().execution(execution_id)
    if execution.state.ended:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        doing = "Waiting" if execution.state is State.QUEUED else "Running"
        st.markdown(f":material/hourglass_top: {doing}", width="content")
        st.button("Cancel", icon=":material/stop:", on_click=_stop, args=(execution_id,))


def _stop(execution_id: str) -> None:
    source.desk().stop(execution_id)


def _failed(execution: Execution, title: str) -> None:
    error = source.desk().error(execution)
    st.error(states.told(error), title=title, icon=":material/error:")
    found = text.position_in(error.message)
    if found is not None and (shown := text.marked(execution.sql, found)):
        st.code(shown, language=None)


def _kept(execution: Execution) -> None:
    try:
        _rows(execution)
    except QueryError as e:
        st.warning(states.told(e), title="The answer is gone", icon=":material/history:")


def _rows(execution: Execution) -> None:
    place = place_of(execution)
    if place.described()["plan"]:
        lines = place.page(0, PAGE_ROWS).columns[-1].to_pylist()
        st.code("\n".join(map(str, lines)), language=None)
        return
    rows, chart = st.tabs(["Rows", "Chart"], key="view", bind="query-params", on_change="rerun")
    if rows.open:
        with rows:
            _grid(execution, place)
    if chart.open:
        with chart:
            _chart(place)


def _grid(execution: Execution, place: Place) -> None:
    count = execution.rows or 0
    pages = max(1, -(-count // PAGE_ROWS))
    page = 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if pages > 1:
            page = st.pagination(pages, key=f"page_{execution.id}")
            first = (page - 1) * PAGE_ROWS
            last = min(first + PAGE_ROWS, count)
            st.caption(f"Rows {first + 1:,} to {last:,} of {count:,}", width="content")
        for form, label in (("csv", "CSV"), ("parquet", "Parquet")):
            st.link_button(
                label, url(place.id, form), icon=":material/download:", help=f"All rows as {label}"
            )
    shown = page_of(place, page)
    st.dataframe(
        shown, hide_index=True, height="auto" if count <= 10 else 420, placeholder="NULL",
        key=f"rows_{execution.id}_{page}", alt=f"{count:,} rows of the statement",
    )  # fmt: skip


def _chart(place: Place) -> None:
    rows = page_of(place, 1)
    numbers = [field.name for field in rows.schema if is_number(field.type)]
    if not numbers:
        st.info("No column holds numbers, so there is nothing to draw.")
        return
    names = rows.schema.names
    x_first = next((name for name in names if name not in numbers), names[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Draw", list(Kind), default=Kind.BAR, required=True, key="chart", bind="query-params",
            format_func=lambda each: each.value.title(),
        )  # fmt: skip
        x = st.selectbox("Along", names, index=names.index(x_first), key="x", bind="query-params")
        others = [name for name in numbers if name != x] or numbers
        ys = st.multiselect(
            "Figures", numbers, default=others[:1], key="y", bind="query-params",
            max_selections=result_chart.MOST_SERIES,
        )  # fmt: skip
    if not ys:
        st.info("Choose the figures to draw.")
        return
    chosen = Kind(kind or Kind.BAR)
    st.echarts_chart(
        result_chart.drawn(rows, chosen, x, ys), alt=result_chart.told(rows, chosen, x, ys),
        height=380,
    )  # fmt: skip
    if place.described()["rows"] > PAGE_ROWS:
        st.caption(f"The first {PAGE_ROWS:,} rows are drawn.")


def gone(asked: str) -> None:
    """The link names an execution that is none."""
    st.warning(
        f"There is no query execution **{wording.plain(asked[:60])}**, or it is forgotten; run the "
        "statement again.",
        title="This link asks for something that is not there",
        icon=":material/link_off:",
    )
