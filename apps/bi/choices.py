"""A choice that stands in the URL by its key, whatever it reads like on the page."""

from collections.abc import Mapping

import streamlit as st

from apps.bi import wording


def choice(name: str, label: str, options: Mapping[str, str], *, width: int = 170) -> str | None:
    """Draw a choice among `options` (key to text); returns the key that is chosen.

    The first is chosen where the URL names none. Returns None when it names one that is not
    there: then nothing is chosen, and the page says so.
    """
    asked = st.query_params.get(name) or next(iter(options))
    widget = f"{name} chosen"

    def chosen() -> None:
        value = st.session_state[widget]
        if value is not None:
            st.query_params[name] = value

    # The URL holds what is chosen; the widget is told every time.
    known = asked in options
    st.session_state[widget] = asked if known else None
    st.selectbox(
        label,
        list(options),
        index=0 if known else None,
        format_func=lambda key: options[key],
        key=widget,
        on_change=chosen,
        placeholder=label,
        label_visibility="collapsed",
        width=width,
    )
    return asked if known else None


def asked_for(name: str) -> str:
    """What the URL asks of a choice, as Markdown that shows it as it is."""
    return wording.plain(st.query_params.get(name, "")[:60])


def choose(name: str, key: str) -> None:
    """Choose `key`, for a button."""
    st.query_params[name] = key


def forget(name: str) -> None:
    """Choose the first again, for a button."""
    st.query_params.pop(name, None)
