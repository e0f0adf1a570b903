"""The head of every page: its title, what the data covers, and the state it is about.

It follows the published state: a page whose state was replaced is drawn again, whole.
"""

import streamlit as st

from apps.bi import queries, source, states, wording
from apps.bi.queries import Coverage
from lakehouse.query.published import Marts
from lakehouse.query.published_watch import Condition, Published

FOLLOW_SECONDS = 2
FIRST_LOAD_SECONDS = 60


def page_header(title: str) -> tuple[Marts, Coverage]:
    """Draw the head; returns the state to show. Without one, says why and ends the page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right"):
        st.title(title, anchor=False, width="stretch")
        freshness = st.container(width="content")
    with st.skeleton(height=400):
        published = source.watch().wait_for(lambda seen: seen.looked, FIRST_LOAD_SECONDS)
    with freshness:
        _follow(_state(published))
    if published.marts is None:
        _explain(published)
        st.stop()
    covered = queries.coverage(published.marts)
    if covered is None:
        states.no_orders(source.watch().settings)
        st.stop()
    freshness.caption(_freshness(published.marts, covered), help=_origin(published.marts))
    _warn(published)
    return published.marts, covered


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow(shown: tuple[str, Condition]) -> None:
    """Draw the page again once there is another state, or another reason for having none."""
    if _state(source.watch().published) != shown:
        st.rerun()


def _state(published: Published) -> tuple[str, Condition]:
    # Not the marts themselves: a tab that was left open would keep them in memory.
    return published.marts.version if published.marts else "", published.condition


def _explain(published: Published) -> None:
    match published.condition:
        case Condition.NO_LAKE:
            states.no_lake(source.watch().settings)
        case Condition.NO_MARTS:
            states.no_marts(source.watch().settings, published.missing)
        case Condition.FAILED if published.error is not None:
            states.failed(published.error)
        case _:
            states.loading()


def _warn(published: Published) -> None:
    if published.condition is not Condition.READY:
        states.outdated(published)


def _freshness(marts: Marts, covered: Coverage) -> str:
    last = covered.last_order_at
    through = f"{wording.weekday(last.date())}, {wording.clock(last)}"
    return f"Data through **{through}** · Snapshot **{marts.version}**"


def _origin(marts: Marts) -> str:
    at = marts.published_at
    tables = [f"- `{table}`: {s.snapshot_id}" for table, s in sorted(marts.snapshots.items())]
    intro = f"Built {wording.day(at.date())}, {wording.clock(at)} UTC; read at the snapshots"
    return "\n".join([intro, *tables])
