"""The statement that is asked: it and its answer stand in the URL, so that a link shows both."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

import streamlit as st

from apps.bi import source
from apps.bi.workbench import editor
from lakehouse.errors import QueryError

STATEMENT, VALUE, EXECUTION = "q", "value", "execution"
# Longer links are cut by mail programs and refused by servers; the execution has the text, too.
LONGEST = 6000
# So quick an answer is waited for, and shown without a sign that something is under way.
QUICK_SECONDS = 1.5
FIRST = "-- Ctrl+Enter runs the statement, or what is selected of it\n"
_BEFORE = "what stood before what ran"


def asked() -> str:
    """The statement that the link names, its execution's, or none."""
    if named := st.query_params.get(STATEMENT):
        return named
    try:
        return source.desk().execution(st.query_params.get(EXECUTION, "")).sql
    except QueryError:
        return FIRST


def ask(values: Sequence[str], *, explain: bool = False) -> None:
    """Run what is in the editor. Raises CatalogError when nothing can be."""
    now = editor.written()
    statement = now.chosen.strip()
    handle = source.desk().start(f"EXPLAIN {statement}" if explain else statement, values)
    handle.wait(QUICK_SECONDS)
    st.session_state[_BEFORE] = (handle.id, now.before, len("EXPLAIN ") if explain else 0)
    show(handle.id, now.text, values)


def show(execution_id: str, text: str, values: Sequence[str] = ()) -> None:
    """Make the URL that of an execution."""
    st.query_params[EXECUTION] = execution_id
    st.query_params[VALUE] = list(values)
    if len(quote(text)) <= LONGEST:
        st.query_params[STATEMENT] = text
    else:
        st.query_params.pop(STATEMENT, None)


def open_text(text: str) -> None:
    """Put a statement into the editor; for callbacks."""
    editor.write(text)
    for name in (STATEMENT, VALUE, EXECUTION):
        st.query_params.pop(name, None)


def open_execution(execution_id: str) -> None:
    """Show an execution again: what was asked, and its answer; for callbacks."""
    found = source.desk().execution(execution_id)
    editor.write(found.sql)
    show(found.id, found.sql, found.parameters)


def link() -> str:
    """The link that shows what is shown."""
    return f"{st.context.url or 'sql'}?{urlencode(st.query_params.to_dict(), doseq=True)}"


def place(execution_id: str, position: tuple[int, int]) -> tuple[int, int]:
    """Where a position of the statement that ran lies in the editor's text."""
    ran, before, prefix = st.session_state.get(_BEFORE, ("", "", 0))
    line, column = position
    if ran != execution_id:
        return position
    if line > 1:
        return line + before.count("\n"), column
    return line + before.count("\n"), column - prefix + len(before) - before.rfind("\n") - 1
