"""What stands before the pages: the login, and why somebody sees nothing."""

import shlex
from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitMissingAuthlibError

from apps.bi import source, states, wording
from apps.bi.access.who import NotLoggedInError
from lakehouse.errors import AccessError, LakehouseError
from lakehouse.query.access.audit import entry
from lakehouse.query.access.provider import check_provider
from lakehouse.query.access.viewer import Viewer

_ENTERED = "entered"


def let_in() -> Viewer | None:
    """Who looks at the page; ends it for who may not, with what helps."""
    if not source.watch().settings.access.login:
        return None
    try:
        viewer = source.viewer()
    except NotLoggedInError as e:
        _login(e)
        st.stop()
    except AccessError as e:
        with states.card("You can't see anything now"):
            st.markdown(states.told(e))
            _logout()
        st.stop()
    if viewer is None:
        return None
    if viewer.scope.nothing:
        _note_login(viewer, allowed=False)
        _uninvited(viewer)
        st.stop()
    _note_login(viewer, allowed=True)
    with st.sidebar:
        st.caption(wording.plain(viewer.person.name))
        _logout()
    return viewer


def _login(why: NotLoggedInError) -> None:
    st.title("Cadabra", anchor=False)
    with states.card("Please log in"):
        if st.user.get("is_logged_in"):
            st.markdown(states.told(why))
        else:
            st.markdown("What you see here depends on who you are.")
        if st.button("Log in", icon=":material/login:", key="login"):
            _go_to_provider()


def _go_to_provider() -> None:
    try:
        check_provider(source.watch().settings.access)
        st.login()
    except LakehouseError as e:
        st.error(states.told(e), title="Nobody can log in now", icon=":material/error:")
    except StreamlitMissingAuthlibError:
        st.error(
            "Authlib is not installed: `pip install -r requirements/base.txt` does that.",
            title="Nobody can log in now",
            icon=":material/error:",
        )
    except StreamlitAuthError as e:
        st.error(wording.plain(str(e)), title="Nobody can log in now", icon=":material/error:")


def _logout() -> None:
    st.button("Log out", icon=":material/logout:", key="logout", on_click=st.logout)


def _uninvited(viewer: Viewer) -> None:
    person = viewer.person
    with states.card("There is nothing here for you yet"):
        groups = ", ".join(sorted(person.groups))
        known = f" (of the groups {groups})" if groups else ""
        st.markdown(
            f"You are logged in as **{wording.plain(person.name)}**{wording.plain(known)}, and no "
            "rule says what you may see. Whoever keeps this lakehouse lets you see all rows with"
        )
        settings = source.watch().settings
        grant = states.command(settings, f"access grant {shlex.quote(person.name)}")
        st.code(grant, language="bash")
        st.markdown("or those of one country with")
        st.code(f"{grant} --rows country=France", language="bash")
        st.caption("Then this page fills by itself.")
        _logout()
        _look_again()


@st.fragment(run_every=2)
def _look_again() -> None:
    try:
        viewer = source.viewer()
    except AccessError:
        return
    if viewer is None or not viewer.scope.nothing:
        st.rerun()


def _note_login(viewer: Viewer, *, allowed: bool) -> None:
    """Enter in the audit that somebody came, once a session and state of the rules."""
    key = (viewer.person.name, allowed)
    if st.session_state.get(_ENTERED) != key:
        told: Mapping[str, str] = {} if allowed else {"reason": "no rule is for this person"}
        source.audit().enter(entry(viewer, "login", allowed=allowed, **told))
        st.session_state[_ENTERED] = key
