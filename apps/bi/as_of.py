"""Which state a page shows: the newest, or that after an earlier publication."""

from collections.abc import Sequence

import streamlit as st

from apps.bi import wording
from lakehouse.query.published_moment import Publication

AS_OF = "as_of"
_CHOICE = "as of"
_NEWEST = "The newest"


def asked() -> int | str | None:
    """The publication that the URL names: its number, None for the newest, nonsense as it is."""
    named = st.query_params.get(AS_OF, "")
    if not named:
        return None
    return int(named) if named.isdecimal() and len(named) < 10 else named


def selector(publications: Sequence[Publication], shown: int | None) -> None:
    """Draw the choice of the state; `shown` is the number of an earlier one."""
    earlier = {_told(each): each.number for each in reversed(publications)}
    options = [_NEWEST, *earlier]
    index = next((i for i, o in enumerate(options) if earlier.get(o) == shown), 0)

    def chosen() -> None:
        number = earlier.get(st.session_state[_CHOICE])
        if number is None:
            back_to_newest()
        else:
            st.query_params[AS_OF] = str(number)

    # The URL holds what is chosen, by number; the widget is told every time.
    st.session_state[_CHOICE] = options[index]
    st.selectbox("Show the page as of", options, key=_CHOICE, on_change=chosen)


def back_to_newest() -> None:
    """Show the newest state again."""
    st.query_params.pop(AS_OF, None)


def _told(publication: Publication) -> str:
    at = publication.published_at
    return f"Publication {publication.number}, {wording.day(at.date())}, {at:%H:%M:%S} UTC"
