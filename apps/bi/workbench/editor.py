"""The editor: CodeMirror as a component, and what is written in it.

Its source is `editor_source/`; `make editor` bundles it. The browser fetches the bundle once, from
the route that serves it: Streamlit would send an inline script again at every run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from apps.bi.workbench.routes import EDITOR
from lakehouse.athena.functions.table import FUNCTIONS
from lakehouse.query.names import NamedTable

KEY = "editor"
_KEPT = "text of the editor"
_LOADER = f"""
const bundle = import(new URL("{EDITOR}", window.location.origin))
export default function (component) {{
  let end = null, ended = false
  bundle.then((editor) => {{ if (!ended) end = editor.default(component) }})
  return () => {{ ended = true; if (end) end() }}
}}
"""
_CSS = "#editor { min-height: 9.5rem; } .cm-editor { min-height: 9.5rem; max-height: 60vh; }"
_EDITOR = st.components.v2.component(
    "sql_editor", html='<div id="editor"></div>', css=_CSS, js=_LOADER
)


@dataclass(frozen=True)
class Written:
    """What is in the editor: all of it, what is selected, and what stands before that."""

    text: str
    selected: str = ""
    before: str = ""

    @property
    def chosen(self) -> str:
        """What is to run: the selection, or everything."""
        return self.selected if self.selected.strip() else self.text


@dataclass(frozen=True)
class Mark:
    """A place in the text that an error is about."""

    line: int
    column: int
    message: str


def written() -> Written:
    """What is in the editor now; also within a callback."""
    number, text = st.session_state[_KEPT]
    sent = st.session_state.get(KEY) or {}
    state = sent.get("written")
    if not state or state["number"] != number:
        return Written(text)
    return Written(state["text"], state["selected"], state["before"])


def begin_with(text: str) -> None:
    """What the editor holds when it is first opened."""
    st.session_state.setdefault(_KEPT, (0, text))


def write(text: str) -> None:
    """Replace what is in the editor; for callbacks, or before it is drawn."""
    number, _ = st.session_state.get(_KEPT, (0, ""))
    st.session_state[_KEPT] = (number + 1, text)


def editor(tables: Sequence[NamedTable], mark: Mark | None) -> bool:
    """Draw it; returns whether Ctrl+Enter was pressed."""
    number, _ = st.session_state[_KEPT]
    now = written().text
    # Streamlit forgets a component of a page that is left.
    st.session_state[_KEPT] = (number, now)
    result = _EDITOR(
        key=KEY,
        data={
            "number": number,
            "text": now,
            "names": _names(tables),
            "functions": sorted(FUNCTIONS),
            "mark": mark and {"line": mark.line, "column": mark.column, "message": mark.message},
        },
        on_written_change=_noted,
        on_run_change=_noted,
    )
    return bool(result.run)


def _names(tables: Sequence[NamedTable]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for table in tables:
        columns = [[c.name, c.type, c.comment] for c in table.columns]
        names.setdefault(table.database, {})[table.name] = columns
    return names


def _noted() -> None:
    """Streamlit keeps a component's state only where somebody listens."""
