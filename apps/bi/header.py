"""The head of every page: its title and question, what the data covers, and which state it is.

It follows the published state: a page whose state was replaced is drawn again, whole.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.bi import as_of, source, wording
from apps.bi.pages import PageSpec
from apps.bi.queries.coverage import Coverage
from lakehouse.query.published import Marts
from lakehouse.query.published_moment import REPORTS, SOURCE
from lakehouse.query.published_seen import SeenMarts
from lakehouse.query.published_watch import Condition, Published

FOLLOW_SECONDS = 2
FIRST_LOAD_SECONDS = 60


def head(page: PageSpec) -> tuple[Published, DeltaGenerator, DeltaGenerator]:
    """Draw the head; returns what there is to show, and where freshness and answer go."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right"):
        st.title(page.title, anchor=False, width="stretch")
        freshness = st.container(
            horizontal=True,
            vertical_alignment="center",
            width="content",
            gap="small",
            key="freshness",
        )
    answer = st.container(gap=None, key="answer")
    answer.caption(page.question)
    with st.skeleton(height=400):
        published = source.watch().wait_for(lambda seen: seen.looked, FIRST_LOAD_SECONDS)
    with freshness:
        _follow(_state(published))
    return published, freshness, answer


def tell_state(
    freshness: DeltaGenerator, marts: Marts | SeenMarts, covered: Coverage, of: int | None
) -> None:
    """Say what the data covers and which state it is, with the choice of another."""
    last = covered.last_order_at
    through = f"{wording.weekday(last.date())}, {wording.clock(last)}"
    with freshness:
        st.caption(f"Data through **{through}**", width="content")
        with st.popover(
            f"Snapshot {marts.version}" + (f" · as of publication {of}" if of else ""),
            type="tertiary",
            icon=":material/history:" if of else None,
        ):
            as_of.selector(marts.moment.publications, of)
            st.caption(_origin(marts))


def tell_of_now(freshness: DeltaGenerator, page: PageSpec) -> None:
    """Say that a page shows no earlier state, and why; also to who asks for one in the URL."""
    with freshness:
        st.caption("As it is now", help=page.of_now, width="content")
    if as_of.asked() is not None:
        st.info(
            f"{page.of_now} The link's `as_of` is for the other pages.",
            title="This page has no earlier state",
            icon=":material/history:",
        )


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow(shown: tuple[str, Condition, str]) -> None:
    """Draw the page again once there is another state, other rules, or a reason for having none."""
    if _state(source.watch().published) != shown:
        st.rerun()


def _state(published: Published) -> tuple[str, Condition, str]:
    # Not the marts themselves: a tab that was left open would keep them in memory.
    version = published.marts.version if published.marts else ""
    return version, published.condition, source.rules_seen()


def _origin(marts: Marts | SeenMarts) -> str:
    at = marts.published_at
    pinned = marts.moment.snapshots
    tables = [f"- `{table}`: {pinned[table].snapshot_id}" for table in (SOURCE, *REPORTS)]
    intro = f"Built {wording.day(at.date())}, {wording.clock(at)} UTC; read at the snapshots"
    return "\n".join([intro, *tables])
